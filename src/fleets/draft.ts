import { newId, seededRandom } from "../kernel/index.ts";
import type { ApplyId, FleetEvent, FleetId, InstanceId, Milliseconds, Random } from "../kernel/index.ts";
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
import { releaseKey, rolloutKey, StateCopy } from "./store.ts";
import type { RecordChange } from "./store.ts";
import type { RouteTable } from "./table.ts";
import { instancesIn } from "./views.ts";

/**
 * The state while a step changes it, the changes that must be written, and the events. Lives within one step;
 * the state that it began with is not touched.
 */
export class Draft {
  readonly at: Milliseconds;
  readonly node: string;
  readonly events: FleetEvent[] = [];
  readonly #copy: StateCopy;
  readonly #changes = new Map<string, RecordChange>();
  readonly #random: Random;
  #writes = 0;
  /** Kept as long as the table is the same: whole releases leave it at once. */
  #routed: { readonly table: RouteTable; readonly instances: ReadonlySet<InstanceId> } | undefined;

  constructor(state: ControlState, at: Milliseconds, node: string, seed: number) {
    this.#copy = new StateCopy(state);
    this.at = at;
    this.node = node;
    this.#random = seededRandom(seed);
  }

  /** As it is now, also for those who asked for it before a write. */
  get state(): ControlState {
    return this.#copy.state;
  }

  /** The instances in the wanted table. */
  get routed(): ReadonlySet<InstanceId> {
    const { wanted } = this.state.table;
    if (this.#routed?.table !== wanted) this.#routed = { table: wanted, instances: instancesIn(wanted) };
    return this.#routed.instances;
  }

  /** Grows with every write, so that a caller can see whether a pass changed anything. */
  get writes(): number {
    return this.#writes;
  }

  /** The last change of each record, in the order of their first changes. */
  changes(): readonly RecordChange[] {
    return [...this.#changes.values()];
  }

  emit(event: FleetEvent): void {
    this.events.push(event);
  }

  newInstanceId(): InstanceId {
    return newId<"instance">({ now: () => this.at, sleep: async () => {} }, this.#random);
  }

  putApply(record: ApplyRecord): void {
    this.#write({ collection: "applies", key: record.id, record });
  }

  forgetApply(id: ApplyId): void {
    this.#write({ collection: "applies", key: id });
  }

  putFleet(record: FleetRecord): void {
    this.#write({ collection: "fleets", key: record.id, record });
  }

  forgetFleet(id: FleetId): void {
    this.#write({ collection: "fleets", key: id });
  }

  putRelease(record: ReleaseRecord): void {
    this.#write({ collection: "releases", key: releaseKey(record.fleet, record.number), record });
  }

  forgetRelease(record: ReleaseRecord): void {
    this.#write({ collection: "releases", key: releaseKey(record.fleet, record.number) });
  }

  putRollout(record: RolloutRecord): void {
    this.#write({ collection: "rollouts", key: rolloutKey(record.apply, record.fleet), record });
  }

  forgetRollout(record: RolloutRecord): void {
    this.#write({ collection: "rollouts", key: rolloutKey(record.apply, record.fleet) });
  }

  putInstance(record: InstanceRecord): void {
    this.#write({ collection: "instances", key: record.id, record });
  }

  /**
   * Counters of health checks: they change with every check, are worth no transaction of their own, and are
   * counted anew after a crash.
   */
  noteInstance(record: InstanceRecord): void {
    const change: RecordChange = { collection: "instances", key: record.id, record };
    this.#copy.write(change);
    const key = `${change.collection} ${change.key}`;
    if (this.#changes.has(key)) this.#changes.set(key, change);
  }

  forgetInstance(id: InstanceId): void {
    this.#write({ collection: "instances", key: id });
  }

  putLineage(record: LineageRecord): void {
    this.#write({ collection: "lineages", key: record.lineage, record });
  }

  putTable(record: TableRecord): void {
    this.#write({ collection: "table", key: "table", record });
  }

  #write(change: RecordChange): void {
    this.#writes += 1;
    this.#copy.write(change);
    this.#changes.set(`${change.collection} ${change.key}`, change);
  }
}
