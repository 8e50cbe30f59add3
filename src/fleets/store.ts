import type {
  ApplyId,
  FleetEvent,
  FleetId,
  InstanceId,
  Lineage,
  Milliseconds,
  RecordedEvent,
  ReleaseNumber,
} from "../kernel/index.ts";
import type {
  ApplyRecord,
  ControlState,
  FleetRecord,
  InstanceRecord,
  LineageRecord,
  ReleaseRecord,
  RolloutRecord,
  TableRecord,
} from "./records.ts";

/** One record as it is after a step; without `record` it is forgotten. */
export type RecordChange =
  | { readonly collection: "applies"; readonly key: ApplyId; readonly record?: ApplyRecord }
  | { readonly collection: "fleets"; readonly key: FleetId; readonly record?: FleetRecord }
  | { readonly collection: "releases"; readonly key: string; readonly record?: ReleaseRecord }
  | { readonly collection: "rollouts"; readonly key: string; readonly record?: RolloutRecord }
  | { readonly collection: "instances"; readonly key: InstanceId; readonly record?: InstanceRecord }
  | { readonly collection: "lineages"; readonly key: Lineage; readonly record?: LineageRecord }
  | { readonly collection: "table"; readonly key: "table"; readonly record?: TableRecord };

/** What one step writes: all of it or nothing. */
export interface ControlTransaction {
  /** The writer's; a store that knows a higher one rejects the transaction (rule F19). */
  readonly epoch: number;
  readonly at: Milliseconds;
  readonly changes: readonly RecordChange[];
  readonly events: readonly FleetEvent[];
}

export interface EventQuery {
  /** Only events above this sequence number. */
  readonly after?: number;
  /** Only events that name this fleet, or an apply that the fleet is a member of. */
  readonly fleet?: FleetId;
  /** At most so many, the newest; absent: all. */
  readonly limit?: number;
}

/** The store knows a higher epoch: another daemon took over, and this one may not write any more. */
export class FencedError extends Error {
  constructor(epoch: number, current: number) {
    super(`epoch ${epoch} is over: epoch ${current} has the store`);
    this.name = "FencedError";
  }
}

/** What the controller needs of the daemon's store. */
export interface ControlStore {
  /** Raises the store's epoch by one, durably, and returns it: from now on older writers are rejected. */
  claim(): Promise<number>;
  /** All records, with the store's epoch. */
  load(): Promise<ControlState>;
  /**
   * One durable transaction. Rejects where it cannot be written (a full disk), and with a `FencedError` where the
   * epoch is too low; then nothing of it is written. Returns the events numbered.
   */
  commit(transaction: ControlTransaction): Promise<readonly RecordedEvent<FleetEvent>[]>;
  /** Oldest first. */
  events(query: EventQuery): Promise<readonly RecordedEvent<FleetEvent>[]>;
}

/** The key of a release's record. */
export function releaseKey(fleet: FleetId, release: ReleaseNumber): string {
  return `${fleet}#${release}`;
}

/** The key of a rollout's record. */
export function rolloutKey(apply: ApplyId, fleet: FleetId): string {
  return `${apply} ${fleet}`;
}

/** What a daemon knows that has never done anything. */
export function emptyControlState(epoch: number): ControlState {
  return {
    epoch,
    applies: new Map(),
    fleets: new Map(),
    releases: new Map(),
    rollouts: new Map(),
    instances: new Map(),
    lineages: new Map(),
    table: { wanted: { epoch: 0, version: 0, routes: [] }, acknowledgedVersion: 0, acknowledgedAt: 0 },
  };
}

/** A copy of a state that changes are written into; a map is copied when it is first written to, and only once. */
export class StateCopy {
  readonly #state: { -readonly [Name in keyof ControlState]: ControlState[Name] };
  readonly #copied = new Set<RecordChange["collection"]>();

  constructor(state: ControlState) {
    this.#state = { ...state };
  }

  /** The copy as it is now, also for those who asked for it earlier; the state that came in stays as it is. */
  get state(): ControlState {
    return this.#state;
  }

  write(change: RecordChange): void {
    const next = this.#state;
    switch (change.collection) {
      case "applies":
        next.applies = this.#put(change.collection, next.applies, change.key, change.record);
        break;
      case "fleets":
        next.fleets = this.#put(change.collection, next.fleets, change.key, change.record);
        break;
      case "releases":
        next.releases = this.#put(change.collection, next.releases, change.key, change.record);
        break;
      case "rollouts":
        next.rollouts = this.#put(change.collection, next.rollouts, change.key, change.record);
        break;
      case "instances":
        next.instances = this.#put(change.collection, next.instances, change.key, change.record);
        break;
      case "lineages":
        next.lineages = this.#put(change.collection, next.lineages, change.key, change.record);
        break;
      case "table":
        if (change.record !== undefined) next.table = change.record;
        break;
    }
  }

  #put<Key, Value>(
    collection: RecordChange["collection"],
    map: ReadonlyMap<Key, Value>,
    key: Key,
    value: Value | undefined,
  ): ReadonlyMap<Key, Value> {
    const own = this.#copied.has(collection) && map instanceof Map ? map : new Map(map);
    this.#copied.add(collection);
    if (value === undefined) own.delete(key);
    else own.set(key, value);
    return own;
  }
}

/** The state after the changes; a store's `load` is this over an empty state and one change for each row. */
export function applyChanges(state: ControlState, changes: Iterable<RecordChange>): ControlState {
  const copy = new StateCopy(state);
  for (const change of changes) copy.write(change);
  return copy.state;
}
