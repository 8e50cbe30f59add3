import type {
  DrainResult,
  ListenAddress,
  RouteTable,
  TableResult,
  Traffic,
  TrafficReport,
} from "../../src/fleets/index.ts";
import { errorDiagnostic } from "../../src/kernel/index.ts";
import type { Clock, Diagnostic, InstanceId, Milliseconds } from "../../src/kernel/index.ts";

/** A data plane in memory: one table in force, and requests in flight that end some time after. */
export class SimulatedProxy implements Traffic {
  readonly #clock: Clock;
  #table: RouteTable = { epoch: 0, version: 0, routes: [] };
  /** When the last request of an instance that left the table ends. */
  readonly #busyUntil = new Map<InstanceId, Milliseconds>();
  /** Ports that somebody else has. */
  readonly taken = new Set<number>();
  /** Says what happens to the next call. `unreachable`: no effect; `lost_reply`: effect, and an error. */
  fault: (call: "check" | "apply" | "drain" | "report") => "none" | "unreachable" | "lost_reply" = () =>
    "none";
  /** How long a table takes to be in force everywhere, and how long requests last. */
  delay: () => Milliseconds = () => 2;
  requestTime: () => Milliseconds = () => 30;
  onTable: (table: RouteTable) => void = () => {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The table in force. */
  get table(): RouteTable {
    return this.#table;
  }

  async check(listen: ListenAddress): Promise<Diagnostic | undefined> {
    if (this.fault("check") !== "none") throw new Error("simulated: the proxy is unreachable");
    return this.#conflict(listen);
  }

  #conflict({ host, port }: ListenAddress): Diagnostic | undefined {
    if (!this.taken.has(port)) return undefined;
    return errorDiagnostic("Address already in use", `Something else listens on ${host}:${port}.`);
  }

  async apply(table: RouteTable): Promise<TableResult> {
    const fault = this.fault("apply");
    if (fault === "unreachable") throw new Error("simulated: the proxy is unreachable");
    await this.#clock.sleep(this.delay());
    const { epoch, version } = this.#table;
    if (table.epoch < epoch || (table.epoch === epoch && table.version < version)) {
      return { kind: "superseded", epoch, version };
    }
    for (const route of table.routes) {
      const diagnostic = this.#conflict(route.listen);
      if (diagnostic !== undefined) return { kind: "refused", diagnostic };
    }
    const left = new Set(instancesIn(this.#table));
    for (const id of instancesIn(table)) left.delete(id);
    for (const id of left) this.#busyUntil.set(id, this.#clock.now() + this.requestTime());
    this.#table = table;
    this.onTable(table);
    if (fault === "lost_reply") throw new Error("simulated: the acknowledgement was lost");
    return { kind: "acknowledged" };
  }

  async report(): Promise<TrafficReport> {
    if (this.fault("report") !== "none") throw new Error("simulated: the proxy is unreachable");
    const { epoch, version } = this.#table;
    return { epoch, version, releases: [], inFlight: [], lost: [], connectFailures: [] };
  }

  async drain(instances: readonly InstanceId[], deadline: Milliseconds): Promise<DrainResult> {
    const fault = this.fault("drain");
    if (fault === "unreachable") throw new Error("simulated: the proxy is unreachable");
    const now = this.#clock.now();
    const until = Math.max(now, ...instances.map((id) => this.#busyUntil.get(id) ?? now));
    await this.#clock.sleep(Math.min(deadline, until - now));
    const cut = instances
      .filter((id) => (this.#busyUntil.get(id) ?? 0) > this.#clock.now())
      .map((instance) => ({ instance, method: "GET", path: "/", age: deadline }));
    for (const id of instances) this.#busyUntil.delete(id);
    if (fault === "lost_reply") throw new Error("simulated: the reply was lost");
    return { cut };
  }

  /** Whether a request of the instance may still be in flight. */
  isBusy(id: InstanceId): boolean {
    return (this.#busyUntil.get(id) ?? 0) > this.#clock.now();
  }
}

/** The instances that a table sends requests to. */
export function instancesIn(table: RouteTable): InstanceId[] {
  return table.routes.flatMap((route) =>
    route.targets
      .filter((target) => target.weight > 0)
      .flatMap((target) => target.instances.map(({ id }) => id)),
  );
}
