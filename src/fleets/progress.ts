import type { Milliseconds } from "../kernel/index.ts";
import { decideAbort, decideCommit, objections, vote } from "./decisions.ts";
import type { Draft } from "./draft.ts";
import { lastLines, noteFailure, countFailure, ofFleet, retireInstance } from "./instances.ts";
import type { ApplyRecord, ControlState, InstanceRecord, RolloutRecord } from "./records.ts";
import { isMadeBy, isOnTargetSide, sidesOf } from "./sides.ts";
import { rolloutKey } from "./store.ts";
import {
  activeRollout,
  healthOf,
  instancesOf,
  isFlagged,
  isSettingsOnly,
  isVerified,
  releaseOf,
  targetReplicas,
} from "./views.ts";

/** Starting and verifying may take two start deadlines (the call, the checks) and this much more. */
const PREPARE_SLACK: Milliseconds = 30_000;

/** When a rollout that is still preparing is given up. */
export function prepareDeadline(state: ControlState, rollout: RolloutRecord): Milliseconds | undefined {
  if (rollout.phase.kind !== "preparing") return undefined;
  const content = releaseOf(state, rollout.fleet, rollout.target)?.content;
  if (content === undefined) return undefined;
  return rollout.phase.since + 2 * content.health.startDeadline + PREPARE_SLACK;
}

/** Moves the rollout one phase on, where it may go. */
export function advanceRollout(draft: Draft, rollout: RolloutRecord): void {
  switch (rollout.phase.kind) {
    case "preparing":
    case "prepared":
      advancePreparation(draft, rollout);
      break;
    case "switching":
      startBake(draft, rollout);
      break;
    case "baking":
      endBake(draft, rollout, rollout.phase);
      break;
    case "aborting":
      endAbort(draft, rollout, rollout.phase.reason, rollout.phase.switched);
      break;
    case "voted":
    case "complete":
    case "aborted":
      break;
  }
}

/** The good, verified instances that the rollout can switch to. */
function readyTargets(state: ControlState, rollout: RolloutRecord): InstanceRecord[] {
  const fleet = state.fleets.get(rollout.fleet);
  if (fleet === undefined) return [];
  const side = sidesOf(state, fleet).find(
    (one) => one.rollout?.apply === rollout.apply && one.role !== "base",
  );
  return (side?.instances ?? []).filter((instance) => isVerified(instance) && !isFlagged(state, instance));
}

function advancePreparation(draft: Draft, rollout: RolloutRecord): void {
  const fleet = draft.state.fleets.get(rollout.fleet);
  const apply = draft.state.applies.get(rollout.apply);
  if (fleet === undefined || apply === undefined) return;
  const ready = readyTargets(draft.state, rollout).length >= targetReplicas(rollout);
  if (rollout.phase.kind === "preparing" && ready) {
    draft.putRollout({ ...rollout, phase: { kind: "prepared", since: draft.at } });
    draft.emit({ kind: "rollout_prepared", ...ofFleet(fleet), apply: apply.id, target: rollout.target });
  } else if (rollout.phase.kind === "prepared" && !ready) {
    draft.putRollout({ ...rollout, phase: { kind: "preparing", since: draft.at } });
  } else {
    const deadline = prepareDeadline(draft.state, rollout);
    if (deadline !== undefined && draft.at >= deadline) {
      decideAbort(draft, apply, `${fleet.specification.name} was not ready in time`);
    }
  }
}

/** An operator's own apply, and one that was handed over and promoted, are decided here. */
export function decideAlone(draft: Draft, apply: ApplyRecord): void {
  if (apply.decision.kind !== "open" || apply.coordinator.kind !== "daemon") return;
  if (apply.coordinator.handedOver && apply.promoted === undefined) return;
  if (objections(draft.state, apply.id, draft.at).length === 0) decideCommit(draft, apply);
}

function startBake(draft: Draft, rollout: RolloutRecord): void {
  const { state } = draft;
  const fleet = state.fleets.get(rollout.fleet);
  const apply = state.applies.get(rollout.apply);
  if (fleet === undefined || apply?.decision.kind !== "commit") return;
  if (state.table.acknowledgedVersion < (rollout.tableVersion ?? 0)) return;
  const elapsed = draft.at - apply.decision.at;
  const phase = { kind: "baking" as const, since: draft.at, until: draft.at + rollout.bake };
  draft.putRollout({ ...rollout, switchedIn: elapsed, phase });
  const from = rollout.base === undefined ? {} : { from: rollout.base };
  draft.emit({ kind: "switched", ...ofFleet(fleet), apply: apply.id, ...from, to: rollout.target, elapsed });
  if (rollout.bake === 0) return;
  draft.emit({
    kind: "bake_started",
    ...ofFleet(fleet),
    apply: apply.id,
    target: rollout.target,
    duration: rollout.bake,
  });
}

function endBake(
  draft: Draft,
  rollout: RolloutRecord,
  { since, until }: { readonly since: Milliseconds; readonly until: Milliseconds },
): void {
  if (draft.at < until || rollout.paused !== undefined) return;
  if (rollout.bake > 0 && !hasYoungChecks(draft, rollout, since)) return;
  vote(draft, rollout, "passed", rollout.bake > 0 ? "healthy to the end of the bake" : "no bake");
}

/** No data is no pass: each instance was checked since the switch, and lately, and was well. */
function hasYoungChecks(draft: Draft, rollout: RolloutRecord, since: Milliseconds): boolean {
  const health = releaseOf(draft.state, rollout.fleet, rollout.target)?.content.health;
  if (health === undefined) return false;
  const young = readyTargets(draft.state, rollout).filter(
    ({ phase }) =>
      phase.kind === "verified" &&
      phase.failures === 0 &&
      phase.lastCheck > since &&
      draft.at - phase.lastCheck <= health.interval + health.timeout,
  );
  return young.length >= targetReplicas(rollout);
}

function endAbort(draft: Draft, rollout: RolloutRecord, reason: string, switched: boolean): void {
  const { state } = draft;
  const fleet = state.fleets.get(rollout.fleet);
  if (fleet === undefined) return;
  if (switched && state.table.acknowledgedVersion < (rollout.tableVersion ?? 0)) return;
  const left = instancesOf(state, fleet.id).some(
    (instance) => isMadeBy(rollout, instance) && instance.phase.kind !== "gone",
  );
  if (left && !isSettingsOnly(rollout)) return;
  draft.putRollout({ ...rollout, phase: { kind: "aborted", reason, switched, at: draft.at } });
  draft.emit({
    kind: "rollout_ended",
    ...ofFleet(fleet),
    apply: rollout.apply,
    outcome: "aborted",
    switched,
    target: rollout.target,
    reason,
  });
}

/**
 * An instance failed: its start, its process, or its checks. Before the decision that aborts the rollout which
 * made it, in the bake it is the vote of its fleet, and otherwise healing replaces it.
 */
export function failInstance(
  draft: Draft,
  instance: InstanceRecord,
  reason: string,
  output: string,
  how: "ended" | "unhealthy" | "runs",
): void {
  noteFailure(draft, instance, reason, output);
  const failed = draft.state.instances.get(instance.id);
  if (failed === undefined) return;
  const rollout = activeRollout(draft.state, instance.fleet);
  const apply = rollout === undefined ? undefined : draft.state.applies.get(rollout.apply);
  const lines = lastLines(output);
  const told = `instance ${instance.id} of release ${instance.release} ${reason}${lines === "" ? "" : `\n${lines}`}`;
  if (how !== "unhealthy") retireInstance(draft, failed, reason, how === "ended");
  if (rollout !== undefined && apply?.decision.kind === "open" && isMadeBy(rollout, instance)) {
    decideAbort(draft, apply, told);
    return;
  }
  const baked =
    rollout !== undefined &&
    !isSettingsOnly(rollout) &&
    isOnTargetSide(rollout, instance) &&
    (rollout.phase.kind === "switching" || rollout.phase.kind === "baking");
  if (baked && instance.phase.kind === "verified") {
    const current = draft.state.rollouts.get(rolloutKey(rollout.apply, rollout.fleet));
    if (current !== undefined) vote(draft, current, "failed", told);
    return;
  }
  countFailure(draft, instance);
}

/** When an instance that was started must have passed its checks. */
export function startDeadline(state: ControlState, instance: InstanceRecord): Milliseconds | undefined {
  if (instance.phase.kind !== "started") return undefined;
  const health = healthOf(state, instance);
  return health === undefined ? undefined : instance.phase.at + health.startDeadline;
}

/** Started instances that did not get ready in time have failed. */
export function expireStarts(draft: Draft): void {
  for (const instance of draft.state.instances.values()) {
    const deadline = startDeadline(draft.state, instance);
    if (deadline === undefined || draft.at < deadline || instance.phase.kind !== "started") continue;
    const last = instance.phase.lastReason === undefined ? "" : `: ${instance.phase.lastReason}`;
    failInstance(draft, instance, `was not healthy in time${last}`, instance.failure?.output ?? "", "runs");
  }
}

/** An engine that is gone cannot decide any more: its lease ran out (rule F4: only while undecided). */
export function expireLeases(draft: Draft): void {
  for (const apply of draft.state.applies.values()) {
    if (apply.decision.kind !== "open" || apply.coordinator.kind !== "engine") continue;
    if (draft.at >= apply.coordinator.leaseUntil)
      decideAbort(draft, apply, "the lease of its engine ran out");
  }
}
