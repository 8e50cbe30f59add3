import type { Milliseconds, Random } from "../kernel/index.ts";
import type { Route } from "../traffic/index.ts";
import type { Instance } from "./instance.ts";
import type { ReleaseFigures } from "./metrics.ts";

/** A release with a share of a route's requests. */
export interface ActiveTarget {
  readonly weight: number;
  readonly instances: readonly Instance[];
  readonly figures: ReleaseFigures;
}

/** A route as it is in force. */
export interface ActiveRoute {
  readonly route: Route;
  /** Those with a weight above 0 and an instance. */
  readonly targets: readonly ActiveTarget[];
}

export interface Choice {
  readonly target: ActiveTarget;
  readonly instance: Instance;
}

/**
 * Chooses where a request goes: a release by weight, then the one with less in flight of two instances drawn at
 * random. Instances in `tried` are never chosen; sick ones only where there is nothing else.
 */
export function choose(
  route: ActiveRoute,
  tried: readonly Instance[],
  random: Random,
  now: Milliseconds,
): Choice | undefined {
  const only = route.targets.length === 1 ? route.targets[0] : undefined;
  if (only !== undefined && tried.length === 0) {
    const instance = pick(only.instances, random, now);
    return instance === undefined ? undefined : { target: only, instance };
  }
  const candidates = route.targets
    .map((target) => ({ target, instances: target.instances.filter((one) => !tried.includes(one)) }))
    .filter(({ instances }) => instances.length > 0);
  let total = 0;
  for (const { target } of candidates) total += target.weight;
  let drawn = random.next() * total;
  for (const { target, instances } of candidates) {
    drawn -= target.weight;
    if (drawn >= 0) continue;
    const instance = pick(instances, random, now);
    if (instance !== undefined) return { target, instance };
  }
  return undefined;
}

function pick(all: readonly Instance[], random: Random, now: Milliseconds): Instance | undefined {
  const well = all.some((instance) => instance.isSick(now)) ? all.filter((one) => !one.isSick(now)) : all;
  const instances = well.length > 0 ? well : all;
  const count = instances.length;
  if (count < 2) return instances[0];
  const first = Math.floor(random.next() * count);
  const second = (first + 1 + Math.floor(random.next() * (count - 1))) % count;
  const one = instances[first];
  const other = instances[second];
  if (one === undefined || other === undefined) return one ?? other;
  return other.inFlight.size < one.inFlight.size ? other : one;
}
