import type { ReleaseNumber } from "../kernel/index.ts";
import type { ControlState, FleetRecord, InstanceRecord, RolloutRecord } from "./records.ts";
import {
  activeRollout,
  instancesOf,
  isActive,
  isEnded,
  isLive,
  isSettingsOnly,
  releasesOf,
  replicasOf,
  rolloutsOf,
  targetReplicas,
} from "./views.ts";

/** A set of like instances that a fleet must have, and how many of them. */
export interface Side {
  readonly role: "serving" | "base" | "target";
  readonly release: ReleaseNumber;
  readonly wanted: number;
  /** So many are replaced as healing; what goes beyond is started for the rollout. Relevant where both are one side. */
  readonly healed: number;
  readonly rollout?: RolloutRecord;
  /** Live ones only. */
  readonly instances: readonly InstanceRecord[];
}

/** Whether the rollout itself started the instance. */
export function isMadeBy(rollout: RolloutRecord, instance: InstanceRecord): boolean {
  return instance.fleet === rollout.fleet && instance.cause === rollout.apply;
}

/**
 * Whether the instance stands for what the rollout brings. In a restart both sides are one release, so that
 * only the cause tells them apart.
 */
export function isOnTargetSide(rollout: RolloutRecord, instance: InstanceRecord): boolean {
  if (instance.fleet !== rollout.fleet || instance.release !== rollout.target) return false;
  return rollout.kind === "restart" ? instance.cause === rollout.apply : true;
}

/** Rollouts whose instances are being taken back. */
function takenBack(state: ControlState, fleet: FleetRecord): RolloutRecord[] {
  return rolloutsOf(state, fleet.id).filter(
    (rollout) => !isActive(rollout) && !isEnded(rollout) && !isSettingsOnly(rollout),
  );
}

/** What the fleet must have now. Live instances on no side, and not warm, have to go. */
export function sidesOf(state: ControlState, fleet: FleetRecord): Side[] {
  if (fleet.destroying) return [];
  const back = takenBack(state, fleet);
  const usable = instancesOf(state, fleet.id).filter(
    (instance) => isLive(instance) && !back.some((rollout) => isMadeBy(rollout, instance)),
  );
  const active = activeRollout(state, fleet.id);
  const before = replicasOf(fleet);
  if (active === undefined) {
    if (fleet.serving === undefined) return [];
    const instances = usable.filter((instance) => instance.release === fleet.serving);
    return [{ role: "serving", release: fleet.serving, wanted: before, healed: before, instances }];
  }
  const after = targetReplicas(active);
  if (isSettingsOnly(active)) {
    const instances = usable.filter((instance) => instance.release === active.target);
    return [
      {
        role: "serving",
        release: active.target,
        wanted: Math.max(before, after),
        healed: before,
        rollout: active,
        instances,
      },
    ];
  }
  const target: Side = {
    role: "target",
    release: active.target,
    wanted: after,
    healed: 0,
    rollout: active,
    instances: usable.filter((instance) => isOnTargetSide(active, instance)),
  };
  if (active.base === undefined) return [target];
  const base = active.base;
  return [
    {
      role: "base",
      release: base,
      wanted: before,
      healed: before,
      rollout: active,
      instances: usable.filter((instance) => instance.release === base && !isOnTargetSide(active, instance)),
    },
    target,
  ];
}

/** The live instances of releases that are kept warm and on no side. */
export function warmInstances(state: ControlState, fleet: FleetRecord): InstanceRecord[] {
  if (fleet.destroying) return [];
  const warm = new Set(
    releasesOf(state, fleet.id).flatMap(({ number, status }) => (status === "warm" ? [number] : [])),
  );
  if (warm.size === 0) return [];
  return instancesOf(state, fleet.id).filter((instance) => isLive(instance) && warm.has(instance.release));
}
