import type {
  ControlState,
  ControlTransaction,
  InstanceRecord,
  ReleaseContent,
  RouteTable,
} from "../../src/fleets/index.ts";
import type { FleetId, InstanceId, Milliseconds } from "../../src/kernel/index.ts";
import { instancesIn } from "./proxy.ts";
import type { World } from "./world.ts";

/** An instance that something happened to excuses a lack of capacity for so long: back-off, boot, checks. */
const EXCUSE: Milliseconds = 240_000;
/** More instances take so long, with a back-off of a minute before them. */
const SCALING: Milliseconds = 90_000;
/** In a crash loop there is always one that retires; drain and stop timeout are seven seconds together. */
const LONGEST_RETIREMENT: Milliseconds = 15_000;
const OPEN = new Set(["preparing", "prepared", "switching", "baking", "voted"]);

interface Requirement {
  readonly fleet: FleetId;
  readonly count: number;
}

/** What names a simulated release's content: its version, an environment variable. */
function differsFromRelease(state: ControlState, record: InstanceRecord, content: ReleaseContent): boolean {
  const release = state.releases.get(`${record.fleet}#${record.release}`);
  return release !== undefined && release.content.environment["VERSION"] !== content.environment["VERSION"];
}

/** The laws of one machine, checked against the durable records, the runtime and the table in force. */
export class Laws {
  readonly violations: string[] = [];
  readonly #world: World;
  readonly #healthyOnce = new Set<InstanceId>();
  /** Instances that something was done to from outside, and when. */
  readonly #blamed = new Map<InstanceId, Milliseconds>();
  readonly #blamedFleets = new Map<InstanceId, FleetId>();
  readonly #committed = new Set<string>();
  readonly #required = new Map<number, readonly Requirement[]>();
  readonly #wanted = new Map<FleetId, { readonly at: Milliseconds; readonly count: number }[]>();
  #inForce: RouteTable = { epoch: 0, version: 0, routes: [] };

  constructor(world: World) {
    this.#world = world;
    world.store.onWrite = (before, after, transaction) => this.#checkWrite(before, after, transaction);
    world.proxy.onTable = (table) => this.#checkTable(table);
    world.onProbe = (id, healthy) => {
      if (healthy) this.#healthyOnce.add(id);
      else if (this.#healthyOnce.has(id)) this.blame(id);
    };
    world.runtime.watch(({ id }) => this.blame(id));
    world.onRest = () => this.#checkRest();
  }

  /** Something happened to the instance that Kiln did not do. */
  blame(id: InstanceId): void {
    const fleet = this.#world.store.durable.instances.get(id)?.fleet;
    if (fleet === undefined) return;
    this.#blamed.set(id, this.#world.clock.now());
    this.#blamedFleets.set(id, fleet);
  }

  #break(law: string, what: string): void {
    const text = `${law}: ${what}`;
    if (!this.violations.includes(text)) this.violations.push(text);
  }

  #excused(fleet: FleetId): number {
    const since = this.#world.clock.now() - EXCUSE;
    let count = 0;
    for (const [id, at] of this.#blamed) {
      if (at >= since && this.#blamedFleets.get(id) === fleet) count += 1;
    }
    return count;
  }

  /** Before a stop takes effect. */
  checkStop(id: InstanceId): void {
    const { store, runtime, proxy } = this.#world;
    const state = store.durable;
    const record = state.instances.get(id);
    const found = runtime.instances().find((one) => one.id === id);
    if (found === undefined || found.state === "ended" || record === undefined) return;
    if (record.phase.kind !== "retiring" && record.phase.kind !== "gone") {
      this.#break("law 5", `${id} is stopped, and its record says ${record.phase.kind}`);
    }
    if (found.state !== "running") return;
    if (instancesIn(proxy.table).includes(id)) this.#break("F8", `${id} is stopped while it is in the table`);
    else if (proxy.isBusy(id)) this.#break("F8", `${id} is stopped with requests in flight`);
  }

  /** An instance begins to go: may the old release do without it? */
  #checkRetirement(id: InstanceId, state: ControlState): void {
    const { runtime } = this.#world;
    const running = new Set(runtime.instances().flatMap((one) => (one.state === "running" ? [one.id] : [])));
    const record = state.instances.get(id);
    if (record === undefined || !running.has(id) || this.#blamed.has(id)) return;
    for (const { fleet, base, apply, phase } of state.rollouts.values()) {
      if (fleet !== record.fleet || base !== record.release || !OPEN.has(phase.kind)) continue;
      if (record.cause === apply) continue;
      const declared = state.fleets.get(fleet);
      const wanted = declared?.scaledTo ?? declared?.specification.replicas ?? 0;
      const others = [...state.instances.values()].filter(
        (one) =>
          one.fleet === fleet &&
          one.release === base &&
          one.cause !== apply &&
          one.phase.kind === "verified" &&
          running.has(one.id),
      );
      if (others.length + this.#excused(fleet) < wanted) {
        this.#break("law 3", `${id} of release ${base} goes before the verdict, ${others.length} are left`);
      }
    }
  }

  #checkWrite(before: ControlState, after: ControlState, transaction: ControlTransaction): void {
    let decided = false;
    for (const apply of after.applies.values()) {
      const old = before.applies.get(apply.id);
      const decision = old?.decision.kind ?? "open";
      const verdict = old?.verdict.kind ?? "none";
      if (decision !== apply.decision.kind || verdict !== apply.verdict.kind) decided = true;
      if (decision !== "open" && decision !== apply.decision.kind) {
        this.#break("one decision", `${apply.id} was ${decision}, is ${apply.decision.kind}`);
      }
      if (verdict !== "none" && verdict !== apply.verdict.kind) {
        this.#break("one verdict", `${apply.id} was ${verdict}, is ${apply.verdict.kind}`);
      }
      if (apply.verdict.kind !== "none" && apply.decision.kind !== "commit") {
        this.#break("verdict needs commit", apply.id);
      }
      const rollouts = [...after.rollouts.values()].filter((rollout) => rollout.apply === apply.id);
      if (decision === "open" && apply.decision.kind === "commit") {
        for (const { fleet, target } of rollouts) this.#committed.add(`${fleet}#${target}`);
      }
      if (verdict === "none" && apply.verdict.kind === "kept") {
        for (const rollout of rollouts) {
          if (after.table.acknowledgedVersion < (rollout.tableVersion ?? 0)) {
            this.#break("F2", `${apply.id} is kept before its table was acknowledged`);
          }
        }
      }
    }
    for (const change of transaction.changes) {
      if (change.collection !== "instances" || change.record?.phase.kind !== "retiring") continue;
      if (before.instances.get(change.key)?.phase.kind === "verified")
        this.#checkRetirement(change.key, after);
    }
    if (before.table.wanted.version !== after.table.wanted.version) {
      this.#checkWanted(before, after, decided);
    }
    if (transaction.epoch !== after.epoch) this.#break("F19", `a write of epoch ${transaction.epoch}`);
  }

  #checkWanted(before: ControlState, after: ControlState, decided: boolean): void {
    const releases = (state: ControlState) =>
      new Map(state.table.wanted.routes.map((route) => [route.fleet, route.targets[0]?.release]));
    const old = releases(before);
    for (const [fleet, release] of releases(after)) {
      if (old.has(fleet) && old.get(fleet) !== release && !decided) {
        this.#break("table and decision", `${fleet} goes to release ${release} without a decision`);
      }
    }
    const required: Requirement[] = [];
    for (const fleet of after.fleets.values()) {
      const active = [...after.rollouts.values()].find(
        (rollout) => rollout.fleet === fleet.id && OPEN.has(rollout.phase.kind),
      );
      const now = fleet.scaledTo ?? fleet.specification.replicas;
      const next = active === undefined ? now : (active.scaledTo ?? active.specification.replicas);
      if (fleet.specification.listen === undefined) continue;
      const count = this.#leastWanted(fleet.id, Math.min(now, next));
      if (!fleet.destroying && fleet.serving !== undefined) required.push({ fleet: fleet.id, count });
    }
    this.#required.set(after.table.wanted.version, required);
  }

  /** What was wanted all the time since scaling up could have been done: a new number takes its time. */
  #leastWanted(fleet: FleetId, count: number): number {
    const now = this.#world.clock.now();
    const history = (this.#wanted.get(fleet) ?? []).filter((_, index, all) => {
      const next = all[index + 1];
      return next === undefined || next.at >= now - SCALING;
    });
    if (history.at(-1)?.count !== count) history.push({ at: now, count });
    this.#wanted.set(fleet, history);
    return Math.min(...history.map((one) => one.count));
  }

  /** A table comes in force. */
  #checkTable(table: RouteTable): void {
    const old = this.#inForce;
    this.#inForce = table;
    const { runtime } = this.#world;
    const running = new Set(runtime.instances().flatMap((one) => (one.state === "running" ? [one.id] : [])));
    for (const { fleet, count } of this.#required.get(table.version) ?? []) {
      const before = instancesIn({ ...old, routes: old.routes.filter((route) => route.fleet === fleet) });
      const after = instancesIn({ ...table, routes: table.routes.filter((route) => route.fleet === fleet) });
      const left = before.filter((id) => !after.includes(id) && running.has(id) && !this.#blamed.has(id));
      if (left.length > 0 && after.length + this.#excused(fleet) < count) {
        this.#break(
          "law 6",
          `${fleet}: ${left.join(" ")} left the table, ${after.length} of ${count} are in it`,
        );
      }
    }
  }

  /** After each event. */
  #checkRest(): void {
    const { store, runtime, proxy } = this.#world;
    const found = new Map(runtime.instances().map((one) => [one.id, one]));
    for (const one of found.values()) {
      if (one.state === "ended") continue;
      const record = store.durable.instances.get(one.id);
      if (record === undefined) this.#break("law 5", `${one.id} is ${one.state}, and no record names it`);
      else if (differsFromRelease(store.durable, record, one.request.content)) {
        this.#break("law 2", `${one.id} is made of something else than release ${record.release}`);
      } else if (record.phase.kind === "gone")
        this.#break("law 5", `${one.id} is ${one.state} under a tombstone`);
    }
    for (const route of proxy.table.routes) {
      const targets = route.targets.filter((target) => target.weight > 0 && target.instances.length > 0);
      if (targets.length > 1) this.#break("law 1", `${route.name}: two releases get requests`);
      for (const target of targets) {
        if (!this.#committed.has(`${route.fleet}#${target.release}`)) {
          this.#break("law 1", `${route.name}: release ${target.release} gets requests without a decision`);
        }
        for (const { id, port } of target.instances) {
          const one = found.get(id);
          if (one === undefined && !this.#blamed.has(id))
            this.#break("law 1", `${id} gets requests, and is stopped`);
          if (one?.state === "starting") this.#break("law 1", `${id} gets requests, and only starts`);
          if (one !== undefined && one.port !== port) this.#break("law 1", `${id} is not at port ${port}`);
          if (!this.#healthyOnce.has(id)) this.#break("law 1", `${id} gets requests, and was never verified`);
        }
      }
    }
  }

  /** At the end of a fair run: nothing is under way that no person is waited for, and nothing lacks. */
  unfinished(): string[] {
    const found: string[] = [];
    const { store, runtime, proxy } = this.#world;
    const state = store.durable;
    for (const { apply, fleet, phase } of state.rollouts.values()) {
      if (phase.kind !== "complete" && phase.kind !== "aborted") {
        found.push(`law 4: the rollout of ${fleet} in ${apply} is still ${phase.kind}`);
      }
    }
    for (const { id, phase } of state.instances.values()) {
      const overdue = phase.kind === "retiring" && this.#world.clock.now() - phase.since > LONGEST_RETIREMENT;
      if (phase.kind === "retiring" && overdue) found.push(`law 4: ${id} is still retiring: ${phase.reason}`);
      if (
        phase.kind !== "gone" &&
        phase.kind !== "retiring" &&
        phase.kind !== "intent" &&
        !runtime.instances().some((one) => one.id === id)
      ) {
        found.push(`law 5: ${id} is ${phase.kind}, and does not exist`);
      }
    }
    if (
      proxy.table.version !== state.table.wanted.version ||
      proxy.table.epoch !== state.table.wanted.epoch
    ) {
      found.push("law 4: the wanted table is not in force");
    }
    for (const fleet of state.fleets.values()) {
      if (fleet.destroying) found.push(`law 4: ${fleet.id} is still being destroyed`);
      if (fleet.serving === undefined) continue;
      const version =
        state.releases.get(`${fleet.id}#${fleet.serving}`)?.content.environment["VERSION"] ?? "";
      // A release that cannot live was promoted by hand: its fleet is in a crash loop, and says so.
      if (this.#world.behaviours.has(version) && version !== "slow" && version !== "stubborn") continue;
      const declared = fleet.scaledTo ?? fleet.specification.replicas;
      if (fleet.specification.listen === undefined) continue;
      const routed = instancesIn({
        ...proxy.table,
        routes: proxy.table.routes.filter((route) => route.fleet === fleet.id),
      });
      for (const one of runtime.instances()) {
        if (routed.includes(one.id) && one.drift.length > 0) {
          found.push(`law 2: ${one.id} was changed, and still gets requests`);
        }
      }
      if (routed.length !== declared) {
        found.push(`law 6: ${fleet.id}: ${routed.length} of ${declared} instances serve at the end`);
      }
    }
    return found;
  }
}
