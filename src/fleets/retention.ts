import type { Milliseconds } from "../kernel/index.ts";
import { coolRelease } from "./decisions.ts";
import type { Draft } from "./draft.ts";
import { ofFleet } from "./instances.ts";
import type { ApplyRecord, FleetRecord, ReleaseRecord } from "./records.ts";
import {
  activeRollout,
  instancesOf,
  isEnded,
  isLive,
  releasesOf,
  replicasOf,
  rolloutsIn,
  rolloutsOf,
} from "./views.ts";

/** Tombstones outlive every call that may still bring their instance to life. */
const TOMBSTONE_TERM: Milliseconds = 24 * 3_600_000;
/** An operator's message that comes a second time is known for this long. */
const OPERATOR_TERM: Milliseconds = 24 * 3_600_000;
/** An instance that ran this long after the last failure ends the back-off. */
export const STABLE_AFTER: Milliseconds = 60_000;

/** Warm releases cool when their time is over; what has no instance any more is retired. */
export function ageReleases(draft: Draft, fleet: FleetRecord): void {
  const active = activeRollout(draft.state, fleet.id);
  for (const release of releasesOf(draft.state, fleet.id)) {
    const wanted = active?.target === release.number || active?.base === release.number;
    if (release.status === "warm" && !wanted) {
      const over = release.warmUntil === undefined || draft.at >= release.warmUntil;
      if (over || !hasInstances(draft, release)) coolRelease(draft, release);
    } else if (release.status === "draining" && !hasInstances(draft, release)) {
      draft.putRelease({ ...release, status: "retired" });
    }
  }
}

function hasInstances(draft: Draft, release: ReleaseRecord): boolean {
  return instancesOf(draft.state, release.fleet).some(
    (instance) => instance.release === release.number && instance.phase.kind !== "gone",
  );
}

/** The back-off starts anew when everything stayed up for a minute. */
export function calmDown(draft: Draft, fleet: FleetRecord): void {
  const until = calmAt(draft, fleet);
  if (until !== undefined && draft.at >= until) {
    draft.putFleet({ ...fleet, backoff: { failures: 0, notBefore: 0 } });
  }
}

/** When the back-off ends, as things are; undefined: there is none, or something is not up. */
export function calmAt(draft: Pick<Draft, "state">, fleet: FleetRecord): Milliseconds | undefined {
  if (fleet.backoff.failures === 0) return undefined;
  const serving = instancesOf(draft.state, fleet.id).filter(
    (instance) => instance.release === fleet.serving && isLive(instance),
  );
  if (serving.length < replicasOf(fleet)) return undefined;
  let latest = fleet.backoff.lastFailure ?? 0;
  for (const { phase } of serving) {
    if (phase.kind !== "verified") return undefined;
    latest = Math.max(latest, phase.at);
  }
  return latest + STABLE_AFTER;
}

/** A fleet that is destroyed is forgotten when nothing of it runs and the table without it is in force. */
export function finishDestroy(draft: Draft, fleet: FleetRecord): void {
  const { state } = draft;
  if (!fleet.destroying) return;
  if (instancesOf(state, fleet.id).some((instance) => instance.phase.kind !== "gone")) return;
  if (state.table.acknowledgedVersion < state.table.wanted.version) return;
  const rollouts = rolloutsOf(state, fleet.id);
  if (!rollouts.every(isEnded)) return;
  for (const release of releasesOf(state, fleet.id)) draft.forgetRelease(release);
  for (const rollout of rollouts) draft.forgetRollout(rollout);
  draft.forgetFleet(fleet.id);
  draft.emit({ kind: "fleet_destroyed", ...ofFleet(fleet), who: fleet.destroyedBy ?? "" });
}

/** Forgets what nobody can ask for any more. */
export function prune(draft: Draft): void {
  for (const apply of draft.state.applies.values()) {
    if (isForgettable(draft, apply)) draft.forgetApply(apply.id);
  }
  const last = lastRollouts(draft);
  for (const rollout of draft.state.rollouts.values()) {
    // The last one of a fleet is what `status` shows and `retry` starts again.
    const shown = last.get(rollout.fleet) === rollout.apply;
    if (isEnded(rollout) && !draft.state.applies.has(rollout.apply) && !shown) draft.forgetRollout(rollout);
  }
  for (const { id, phase } of draft.state.instances.values()) {
    if (phase.kind === "gone" && draft.at - phase.at >= TOMBSTONE_TERM) draft.forgetInstance(id);
  }
  for (const fleet of draft.state.fleets.values()) pruneReleases(draft, fleet);
}

function isForgettable(draft: Draft, apply: ApplyRecord): boolean {
  if (apply.decision.kind === "open") return false;
  if (!rolloutsIn(draft.state, apply.id).every(isEnded)) return false;
  const operators = apply.coordinator.kind === "daemon" && !apply.coordinator.handedOver;
  return operators ? draft.at - apply.openedAt >= OPERATOR_TERM : apply.settled;
}

function lastRollouts(draft: Draft): Map<string, string> {
  const last = new Map<string, string>();
  for (const { fleet, apply } of draft.state.rollouts.values()) {
    const known = last.get(fleet);
    if (known === undefined || apply > known) last.set(fleet, apply);
  }
  return last;
}

/** Keeps as many rollback targets as the fleet declares, and as many aborted releases. */
function pruneReleases(draft: Draft, fleet: FleetRecord): void {
  const limit = fleet.specification.rollout.retainReleases;
  const named = new Set<number | undefined>([fleet.serving, fleet.hold?.from, fleet.hold?.at]);
  for (const rollout of rolloutsOf(draft.state, fleet.id)) {
    if (isEnded(rollout)) continue;
    named.add(rollout.base);
    named.add(rollout.target);
  }
  const used = new Set(
    instancesOf(draft.state, fleet.id)
      .filter((instance) => instance.phase.kind !== "gone")
      .map((instance) => instance.release),
  );
  for (const status of ["retired", "aborted"] as const) {
    const others = releasesOf(draft.state, fleet.id).filter(
      (release) => !named.has(release.number) && (status === "aborted") === (release.status === "aborted"),
    );
    for (const release of others.slice(0, Math.max(0, others.length - limit))) {
      if (release.status === status && !used.has(release.number)) draft.forgetRelease(release);
    }
  }
}
