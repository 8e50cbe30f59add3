import type { ApplyId, Diagnostic, FleetId } from "../kernel/index.ts";
import type { Draft } from "./draft.ts";
import { ofFleet, retireInstance } from "./instances.ts";
import type { ApplyRecord, ControlState, FleetRecord, ReleaseRecord, RolloutRecord } from "./records.ts";
import { updateTable } from "./routing.ts";
import { isMadeBy, isOnTargetSide, sidesOf } from "./sides.ts";
import { rolloutKey } from "./store.ts";
import {
  instancesOf,
  isActive,
  isEnded,
  isLive,
  isSettingsOnly,
  releaseOf,
  releasesOf,
  rolloutsIn,
  rolloutsOf,
  targetReplicas,
} from "./views.ts";

/*
 * The two decisions of an apply: each is written once, in one change set with the table that follows from it.
 */

/** Switches: the decision `commit`, and the table with the target releases. */
export function decideCommit(draft: Draft, apply: ApplyRecord): void {
  draft.putApply({ ...apply, decision: { kind: "commit", at: draft.at } });
  draft.emit({ kind: "decided", apply: apply.id, decision: "commit", reason: "all are ready and healthy" });
  for (const rollout of rolloutsIn(draft.state, apply.id)) {
    const fleet = draft.state.fleets.get(rollout.fleet);
    if (fleet === undefined) continue;
    draft.putFleet({ ...fleet, serving: rollout.target });
    draft.putRollout({ ...rollout, phase: { kind: "switching", since: draft.at } });
    if (rollout.base === rollout.target) continue;
    setRelease(draft, fleet.id, rollout.target, { status: "serving" });
    // It can take all traffic back until the verdict (rule F2), so it stays warm without an end.
    setRelease(draft, fleet.id, rollout.base, { status: "warm" });
  }
  bindToTable(draft, apply.id);
}

/** Throws away: the decision `abort`; what was prepared is destroyed, what serves is untouched. */
export function decideAbort(draft: Draft, apply: ApplyRecord, reason: string): void {
  draft.putApply({ ...apply, decision: { kind: "abort", at: draft.at, reason } });
  draft.emit({ kind: "decided", apply: apply.id, decision: "abort", reason });
  for (const rollout of rolloutsIn(draft.state, apply.id)) {
    if (isEnded(rollout)) continue;
    draft.putRollout({ ...rollout, phase: { kind: "aborting", reason, switched: false, since: draft.at } });
    const target = releaseOf(draft.state, rollout.fleet, rollout.target);
    if (target?.status === "preparing") putBack(draft, target, reason);
    retireMade(draft, rollout, `rollout aborted: ${firstLine(reason)}`);
  }
  bindToTable(draft, apply.id);
}

/** One member's bake is over. */
export function vote(
  draft: Draft,
  rollout: RolloutRecord,
  outcome: "passed" | "failed",
  reason: string,
): void {
  const fleet = draft.state.fleets.get(rollout.fleet);
  if (fleet === undefined) return;
  draft.putRollout({ ...rollout, phase: { kind: "voted", vote: outcome, reason, since: draft.at } });
  draft.emit({ kind: "bake_ended", ...ofFleet(fleet), apply: rollout.apply, vote: outcome, reason });
  const apply = draft.state.applies.get(rollout.apply);
  if (apply === undefined || apply.verdict.kind !== "none") return;
  if (outcome === "failed") decideBack(draft, apply, `${fleet.specification.name}: ${reason}`);
  else if (rolloutsIn(draft.state, apply.id).every((member) => hasPassed(member))) decideKept(draft, apply);
}

function hasPassed(rollout: RolloutRecord): boolean {
  return rollout.phase.kind === "voted" && rollout.phase.vote === "passed";
}

/** The verdict `back`: the old table for the whole group, in one. */
export function decideBack(draft: Draft, apply: ApplyRecord, reason: string): void {
  draft.putApply({ ...apply, verdict: { kind: "back", at: draft.at, reason } });
  draft.emit({ kind: "verdict", apply: apply.id, verdict: "back", reason });
  for (const rollout of rolloutsIn(draft.state, apply.id)) {
    const fleet = draft.state.fleets.get(rollout.fleet);
    if (fleet === undefined || isEnded(rollout)) continue;
    draft.putRollout({ ...rollout, phase: { kind: "aborting", reason, switched: true, since: draft.at } });
    const { serving: _left, ...rest } = fleet;
    draft.putFleet(rollout.base === undefined ? rest : { ...rest, serving: rollout.base });
    if (rollout.base !== rollout.target) {
      const target = releaseOf(draft.state, fleet.id, rollout.target);
      if (target !== undefined) putBack(draft, target, reason);
      setRelease(draft, fleet.id, rollout.base, { status: "serving" });
    }
  }
  // The table goes first: who leaves it must wait for the acknowledgement before it ends.
  bindToTable(draft, apply.id);
  for (const rollout of rolloutsIn(draft.state, apply.id)) {
    if (rollout.phase.kind === "aborting") retireMade(draft, rollout, `switched back: ${firstLine(reason)}`);
  }
}

/** The verdict `kept`: only now may anything old be retired. */
export function decideKept(draft: Draft, apply: ApplyRecord): void {
  draft.putApply({ ...apply, verdict: { kind: "kept", at: draft.at } });
  draft.emit({ kind: "verdict", apply: apply.id, verdict: "kept", reason: "every bake passed" });
  for (const rollout of rolloutsIn(draft.state, apply.id)) {
    const fleet = draft.state.fleets.get(rollout.fleet);
    if (fleet === undefined) continue;
    const { scaledTo: _before, ...rest } = fleet;
    draft.putFleet({
      ...rest,
      specification: rollout.specification,
      serving: rollout.target,
      ...(rollout.scaledTo === undefined ? {} : { scaledTo: rollout.scaledTo }),
    });
    keepReleases(draft, rollout);
    holdAfter(draft, apply, rollout);
    if (rollout.kind === "restart") retireReplaced(draft, rollout);
    draft.putRollout({ ...rollout, phase: { kind: "complete", at: draft.at } });
    draft.emit({
      kind: "rollout_ended",
      ...ofFleet(fleet),
      apply: apply.id,
      outcome: "complete",
      switched: true,
      target: rollout.target,
      reason: "kept",
    });
  }
  updateTable(draft);
}

/** Only the last release that served well stays warm. */
function keepReleases(draft: Draft, rollout: RolloutRecord): void {
  const { fleet, base, target, specification } = rollout;
  const { reason: _reason, warmUntil: _warm, ...kept } = releaseOf(draft.state, fleet, target) ?? {};
  if ("number" in kept) draft.putRelease({ ...kept, status: "serving", good: true, spent: false });
  if (base === target) return;
  for (const release of releasesOf(draft.state, fleet)) {
    if (release.number === target) continue;
    const warm =
      release.number === base && release.good && !release.spent && specification.rollout.keepWarm > 0;
    if (warm) {
      draft.putRelease({
        ...release,
        status: "warm",
        warmUntil: draft.at + specification.rollout.keepWarm,
      });
    } else if (release.status === "warm" || release.status === "serving") {
      coolRelease(draft, release);
    }
  }
}

/** The release stops being warm: its instances go. */
export function coolRelease(draft: Draft, release: ReleaseRecord): void {
  const { warmUntil: _warm, ...rest } = release;
  draft.putRelease({ ...rest, status: "draining" });
}

/** What a rollback leaves is held; other content, or the held release itself, ends the hold. */
function holdAfter(draft: Draft, apply: ApplyRecord, rollout: RolloutRecord): void {
  const fleet = draft.state.fleets.get(rollout.fleet);
  if (fleet === undefined || rollout.kind === "restart") return;
  const { hold, ...free } = fleet;
  const from = rollout.base === undefined ? undefined : releaseOf(draft.state, fleet.id, rollout.base);
  if (rollout.kind === "rollback" && from !== undefined && hold?.from !== rollout.target) {
    // Rolled back once more: what the configuration asks for is still the release that was left first.
    const held = hold ?? { from: from.number, digest: from.digest };
    const next = { ...held, at: rollout.target, who: apply.who, since: draft.at };
    draft.putFleet({ ...free, hold: next });
    draft.emit({ kind: "held", ...ofFleet(fleet), at: next.at, from: next.from, who: next.who });
  } else if (hold !== undefined) {
    draft.putFleet(free);
    draft.emit({ kind: "hold_ended", ...ofFleet(fleet), who: apply.who });
  }
}

/** A release that did not stay: what it was before, or aborted. */
function putBack(draft: Draft, release: ReleaseRecord, reason: string): void {
  const { warmUntil: _warm, ...rest } = release;
  draft.putRelease(release.good ? { ...rest, status: "draining" } : { ...rest, status: "aborted", reason });
}

function setRelease(
  draft: Draft,
  fleet: FleetId,
  number: ReleaseRecord["number"] | undefined,
  change: Pick<ReleaseRecord, "status">,
): void {
  const release = number === undefined ? undefined : releaseOf(draft.state, fleet, number);
  if (release === undefined) return;
  const { warmUntil: _warm, ...rest } = release;
  draft.putRelease({ ...rest, ...change });
}

/** Writes the table that the decision asks for, and its version into the members. */
function bindToTable(draft: Draft, apply: ApplyId): void {
  updateTable(draft);
  for (const rollout of rolloutsIn(draft.state, apply)) {
    if (isEnded(rollout)) continue;
    draft.putRollout({ ...rollout, tableVersion: draft.state.table.wanted.version });
  }
}

function retireMade(draft: Draft, rollout: RolloutRecord, reason: string): void {
  if (isSettingsOnly(rollout)) return;
  for (const instance of instancesOf(draft.state, rollout.fleet)) {
    if (isMadeBy(rollout, instance) && isLive(instance)) retireInstance(draft, instance, reason);
  }
}

/** After a restart the instances from before cannot be told from the new ones once it is over. */
function retireReplaced(draft: Draft, rollout: RolloutRecord): void {
  for (const instance of instancesOf(draft.state, rollout.fleet)) {
    if (instance.release === rollout.target && !isOnTargetSide(rollout, instance) && isLive(instance)) {
      retireInstance(draft, instance, "restarted");
    }
  }
}

/**
 * Why the group may not be switched; empty: it may. Every member is prepared under this apply, its base still
 * serves, and the last check of every instance is young and good (rule F6).
 */
export function objections(state: ControlState, apply: ApplyId, at: number): string[] {
  const found: string[] = [];
  for (const rollout of rolloutsIn(state, apply)) {
    const fleet = state.fleets.get(rollout.fleet);
    if (fleet === undefined) continue;
    const name = fleet.specification.name;
    if (rollout.phase.kind !== "prepared") found.push(`${name} is ${rollout.phase.kind}, not prepared`);
    if (fleet.serving !== rollout.base) {
      found.push(`${name} serves ${describeRelease(fleet.serving)}, not ${describeRelease(rollout.base)}`);
    }
    if (fleet.destroying) found.push(`${name} is being destroyed`);
    if (countFit(state, fleet, rollout, at) < targetReplicas(rollout)) {
      found.push(`${name}: not every instance of release ${rollout.target} passed its last check just now`);
    }
    const other = rolloutsOf(state, fleet.id).find((one) => one.apply !== apply && !isEnded(one));
    if (other !== undefined) found.push(`${name}: another rollout (${other.apply}) is not over`);
  }
  return found;
}

function describeRelease(release: number | undefined): string {
  return release === undefined ? "no release" : `release ${release}`;
}

/** Instances of the target side whose last check is good and not older than the next one's answer. */
function countFit(state: ControlState, fleet: FleetRecord, rollout: RolloutRecord, at: number): number {
  const side = sidesOf(state, fleet).find(
    (one) => one.rollout?.apply === rollout.apply && one.role !== "base",
  );
  const health = releaseOf(state, fleet.id, rollout.target)?.content.health;
  if (side === undefined || health === undefined) return 0;
  return side.instances.filter(
    ({ phase, drifted }) =>
      phase.kind === "verified" &&
      phase.failures === 0 &&
      drifted === undefined &&
      at - phase.lastCheck <= health.interval + health.timeout,
  ).length;
}

/** A table was refused: whoever waits for it is switched back; the reason is the proxy's. */
export function refuseTable(draft: Draft, version: number, diagnostic: Diagnostic): void {
  for (const rollout of draft.state.rollouts.values()) {
    if (rollout.phase.kind !== "switching" || (rollout.tableVersion ?? 0) > version) continue;
    const current = draft.state.rollouts.get(rolloutKey(rollout.apply, rollout.fleet));
    if (current !== undefined && isActive(current)) {
      vote(draft, current, "failed", `${diagnostic.summary}: ${diagnostic.detail}`);
    }
  }
}

/** The first line of a reason that may carry an instance's output. */
export function firstLine(reason: string): string {
  return reason.split("\n", 1)[0] ?? reason;
}
