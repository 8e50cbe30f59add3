import type { ApplyId, FleetId, InstanceId, ReleaseNumber } from "../kernel/index.ts";
import type {
  ApplyRecord,
  ControlState,
  FleetRecord,
  InstanceRecord,
  ReleaseRecord,
  RolloutRecord,
} from "./records.ts";
import type { FleetSpecification, HealthCheck } from "./release.ts";
import { releaseKey } from "./store.ts";
import type { RouteTable } from "./table.ts";

/*
 * Questions about the records, asked by every part of the machine. Pure.
 */

const ACTIVE = new Set(["preparing", "prepared", "switching", "baking", "voted"]);
const DECIDED = new Set(["switching", "baking", "voted"]);

/** Whether the rollout may still end well. */
export function isActive(rollout: RolloutRecord): boolean {
  return ACTIVE.has(rollout.phase.kind);
}

/** Whether nothing of the rollout is left to do. */
export function isEnded(rollout: RolloutRecord): boolean {
  return rollout.phase.kind === "complete" || rollout.phase.kind === "aborted";
}

/** Whether it was decided to commit, and there is no verdict yet. */
export function isDecided(rollout: RolloutRecord): boolean {
  return DECIDED.has(rollout.phase.kind);
}

/** Only settings or replicas change: there is no new release, and no new instances beside the old. */
export function isSettingsOnly(rollout: RolloutRecord): boolean {
  return rollout.kind !== "restart" && rollout.base === rollout.target;
}

export function rolloutsOf(state: ControlState, fleet: FleetId): RolloutRecord[] {
  return [...state.rollouts.values()].filter((rollout) => rollout.fleet === fleet);
}

export function rolloutsIn(state: ControlState, apply: ApplyId): RolloutRecord[] {
  return [...state.rollouts.values()].filter((rollout) => rollout.apply === apply);
}

export function activeRollout(state: ControlState, fleet: FleetId): RolloutRecord | undefined {
  return rolloutsOf(state, fleet).find(isActive);
}

/** The one that is not ended, else the last. */
export function currentRollout(state: ControlState, fleet: FleetId): RolloutRecord | undefined {
  const rollouts = rolloutsOf(state, fleet).toSorted((a, b) => (a.apply < b.apply ? -1 : 1));
  return rollouts.find(isActive) ?? rollouts.find((rollout) => !isEnded(rollout)) ?? rollouts.at(-1);
}

export function releaseOf(
  state: ControlState,
  fleet: FleetId,
  release: ReleaseNumber,
): ReleaseRecord | undefined {
  return state.releases.get(releaseKey(fleet, release));
}

/** Oldest first. */
export function releasesOf(state: ControlState, fleet: FleetId): ReleaseRecord[] {
  return [...state.releases.values()]
    .filter((release) => release.fleet === fleet)
    .toSorted((a, b) => a.number - b.number);
}

/** Its instances that may serve, now or once they are ready. */
export function isLive(instance: InstanceRecord): boolean {
  return (
    instance.phase.kind === "intent" ||
    instance.phase.kind === "started" ||
    instance.phase.kind === "verified"
  );
}

export function instancesOf(state: ControlState, fleet: FleetId): InstanceRecord[] {
  return [...state.instances.values()].filter((instance) => instance.fleet === fleet);
}

export function isVerified(instance: InstanceRecord): boolean {
  return instance.phase.kind === "verified";
}

export function healthOf(state: ControlState, instance: InstanceRecord): HealthCheck | undefined {
  return releaseOf(state, instance.fleet, instance.release)?.content.health;
}

/** Verified once, and its checks fail now. */
export function isUnhealthy(state: ControlState, instance: InstanceRecord): boolean {
  if (instance.phase.kind !== "verified" || instance.phase.failures === 0) return false;
  const health = healthOf(state, instance);
  return health !== undefined && instance.phase.failures >= health.unhealthyThreshold;
}

/** It must be replaced once something stands in for it. */
export function isFlagged(state: ControlState, instance: InstanceRecord): boolean {
  return instance.drifted !== undefined || isUnhealthy(state, instance);
}

/**
 * The checks of more than half fail at once: the check itself is distrusted, and traffic goes on to all. Those
 * whose first check just failed count, since the first one to be called unhealthy is never alone for long.
 */
export function isPanic(instances: readonly InstanceRecord[]): boolean {
  const verified = instances.filter(isVerified);
  const failing = verified.filter(({ phase }) => phase.kind === "verified" && phase.failures > 0);
  return failing.length * 2 > verified.length;
}

/** The number of instances that serve when nothing is rolled out. */
export function replicasOf(fleet: FleetRecord): number {
  return fleet.scaledTo ?? fleet.specification.replicas;
}

/** The number of instances that the rollout ends with. */
export function targetReplicas(rollout: RolloutRecord): number {
  return rollout.scaledTo ?? rollout.specification.replicas;
}

/** What is in force: the rollout's once it is decided. */
export function specificationInForce(state: ControlState, fleet: FleetRecord): FleetSpecification {
  const active = activeRollout(state, fleet.id);
  return active !== undefined && isDecided(active) ? active.specification : fleet.specification;
}

/** What stands of an apply, for answers. */
export function standingOf(apply: ApplyRecord): Pick<ApplyRecord, "decision" | "verdict"> {
  return { decision: apply.decision, verdict: apply.verdict };
}

/** Every instance that a table names. */
export function instancesIn(table: RouteTable): ReadonlySet<InstanceId> {
  return new Set(
    table.routes.flatMap(({ targets }) => targets.flatMap(({ instances }) => instances.map(({ id }) => id))),
  );
}

/** No table that may be in force names it (rule F8). `routed`: the instances in the wanted one. */
export function isOutOfTraffic(
  state: ControlState,
  instance: InstanceRecord,
  routed: ReadonlySet<InstanceId>,
): boolean {
  if (routed.has(instance.id)) return false;
  return instance.lastTable === undefined || state.table.acknowledgedVersion > instance.lastTable;
}
