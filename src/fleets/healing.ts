import type { Draft } from "./draft.ts";
import { createInstance, retireInstance } from "./instances.ts";
import type { FleetRecord, InstanceRecord } from "./records.ts";
import { sidesOf, warmInstances } from "./sides.ts";
import type { Side } from "./sides.ts";
import { instancesOf, isDecided, isFlagged, isLive, isPanic, isUnhealthy, isVerified } from "./views.ts";

/** Gives every side of the fleet what it must have, and lets go what stands on none. */
export function healFleet(draft: Draft, fleet: FleetRecord): void {
  const before = instancesOf(draft.state, fleet.id).filter(isLive);
  const sides = sidesOf(draft.state, fleet);
  for (const side of sides) healSide(draft, fleet, side);
  const kept = new Set(sides.flatMap((side) => side.instances.map((instance) => instance.id)));
  const warm = new Set<string>();
  for (const instance of warmInstances(draft.state, fleet)) {
    if (kept.has(instance.id)) continue;
    if (isFlagged(draft.state, instance)) retireInstance(draft, instance, "warm, and no longer healthy");
    else warm.add(instance.id);
  }
  for (const instance of before) {
    if (kept.has(instance.id) || warm.has(instance.id)) continue;
    retireInstance(draft, instance, whyUnneeded(fleet, instance));
  }
}

function whyUnneeded(fleet: FleetRecord, instance: InstanceRecord): string {
  if (fleet.destroying) return "the fleet is destroyed";
  if (fleet.serving === undefined) return "its rollout was taken back";
  return fleet.serving === instance.release
    ? "not needed any more"
    : `release ${fleet.serving} serves instead of it`;
}

function healSide(draft: Draft, fleet: FleetRecord, side: Side): void {
  const { state } = draft;
  const flagged = side.instances.filter((instance) => isFlagged(state, instance));
  const good = side.instances.filter((instance) => !isFlagged(state, instance));
  const ready = good.filter(isVerified);
  const rising = good.length - ready.length;

  // Old before new: what is gone is replaced at once, what merely fails only as long as that is no wave.
  const gone = Math.max(0, side.wanted - side.instances.length);
  const failing = Math.max(0, side.wanted - good.length - gone);
  const panic = flagged.some((instance) => isUnhealthy(state, instance)) && isPanic(side.instances);
  const replaced = panic ? Math.min(failing, Math.max(0, 1 - rising)) : failing;
  startMissing(draft, fleet, side, good.length, gone + replaced);

  // A failing one goes when a good one stands in for it.
  const standIns = Math.max(0, side.wanted - ready.length);
  const unhealthyFirst = flagged.toSorted(
    (a, b) => Number(isUnhealthy(state, b)) - Number(isUnhealthy(state, a)),
  );
  for (const instance of unhealthyFirst.slice(0, Math.max(0, flagged.length - standIns))) {
    retireInstance(
      draft,
      instance,
      instance.drifted === undefined ? "unhealthy, replaced" : "drifted, replaced",
    );
  }

  // Too many: those that are not ready first, then the newest.
  const surplus = good.toSorted(
    (a, b) =>
      Number(isVerified(a)) - Number(isVerified(b)) || b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1),
  );
  for (const instance of surplus.slice(0, Math.max(0, good.length - side.wanted))) {
    retireInstance(draft, instance, `scaled to ${side.wanted}`);
  }
}

function startMissing(draft: Draft, fleet: FleetRecord, side: Side, good: number, count: number): void {
  const { rollout } = side;
  for (let index = 0; index < count; index++) {
    const made = rollout !== undefined && good + index >= side.healed ? rollout : undefined;
    // Before the decision a failure aborts; a rollout never waits for the back-off of what it replaces.
    const gated = made === undefined || isDecided(made);
    if (gated && draft.at < fleet.backoff.notBefore) return;
    createInstance(draft, fleet, side.release, made === undefined ? "healing" : made.apply);
  }
}
