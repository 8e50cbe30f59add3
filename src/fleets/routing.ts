import type { Draft } from "./draft.ts";
import type { ControlState, FleetRecord, InstanceRecord } from "./records.ts";
import { isMadeBy } from "./sides.ts";
import type { InstanceAddress, Route } from "./table.ts";
import {
  activeRollout,
  instancesOf,
  isDecided,
  isPanic,
  isUnhealthy,
  isVerified,
  specificationInForce,
} from "./views.ts";

/**
 * The instances that get the fleet's requests. Before the decision those that the rollout started serve nobody;
 * after it, in a restart, only they do.
 */
export function routedInstances(state: ControlState, fleet: FleetRecord): InstanceRecord[] {
  if (fleet.serving === undefined || fleet.destroying) return [];
  const active = activeRollout(state, fleet.id);
  const candidates = instancesOf(state, fleet.id).filter((instance) => {
    if (instance.release !== fleet.serving || !isVerified(instance)) return false;
    if (active === undefined) return true;
    if (!isDecided(active)) return !isMadeBy(active, instance);
    return active.kind !== "restart" || isMadeBy(active, instance);
  });
  if (isPanic(candidates)) return candidates;
  return candidates.filter((instance) => !isUnhealthy(state, instance));
}

function routesOf(state: ControlState): Route[] {
  const routes: Route[] = [];
  for (const fleet of state.fleets.values()) {
    const { listen, name } = specificationInForce(state, fleet);
    if (listen === undefined || fleet.serving === undefined || fleet.destroying) continue;
    const instances = routedInstances(state, fleet)
      .map((instance) => instance.address)
      .filter((address): address is InstanceAddress => address !== undefined)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    routes.push({
      fleet: fleet.id,
      name,
      listen,
      targets: [{ release: fleet.serving, weight: 1, instances }],
    });
  }
  return routes.toSorted((a, b) => (a.fleet < b.fleet ? -1 : 1));
}

/** Writes the table that follows from the records, where it differs from the wanted one. */
export function updateTable(draft: Draft): void {
  const routes = routesOf(draft.state);
  if (!areEqual(routes, draft.state.table.wanted.routes)) writeTable(draft, routes);
}

/** Whether two lists of routes, each in the order of `routesOf`, are the same. */
function areEqual(ours: readonly Route[], theirs: readonly Route[]): boolean {
  return sameItems(
    ours,
    theirs,
    (a, b) =>
      a.fleet === b.fleet &&
      a.name === b.name &&
      a.listen.host === b.listen.host &&
      a.listen.port === b.listen.port &&
      sameItems(
        a.targets,
        b.targets,
        (one, other) =>
          one.release === other.release &&
          one.weight === other.weight &&
          sameItems(
            one.instances,
            other.instances,
            (x, y) => x.id === y.id && x.host === y.host && x.port === y.port,
          ),
      ),
  );
}

function sameItems<Item>(
  ours: readonly Item[],
  theirs: readonly Item[],
  isSame: (a: Item, b: Item) => boolean,
): boolean {
  return (
    ours.length === theirs.length &&
    ours.every((item, index) => {
      const other = theirs[index];
      return other !== undefined && isSame(item, other);
    })
  );
}

/** Writes the wanted table under a new version of this daemon's epoch, and what its routes are now. */
export function renewTable(draft: Draft, above = 0): void {
  writeTable(draft, routesOf(draft.state), above);
}

function writeTable(draft: Draft, routes: readonly Route[], above = 0): void {
  const { table } = draft.state;
  const old = table.wanted;
  const version = Math.max(old.version, above) + 1;
  const before = draft.routed;
  draft.putTable({ ...table, wanted: { epoch: draft.state.epoch, version, routes } });
  for (const id of before) {
    // What stays in the table is named by the wanted one; only what leaves must wait for an acknowledgement.
    const instance = draft.routed.has(id) ? undefined : draft.state.instances.get(id);
    if (instance !== undefined) draft.putInstance({ ...instance, lastTable: version - 1 });
  }
}
