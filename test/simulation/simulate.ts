import type { FleetSpecification, Machine, RolloutMessage } from "../../src/fleets/index.ts";
import { fleetId, seededRandom } from "../../src/kernel/index.ts";
import type { ApplyId, FleetId, Milliseconds, Random } from "../../src/kernel/index.ts";
import { Laws } from "./laws.ts";
import { LINEAGE, specificationOf, World } from "./world.ts";

const ADDRESSES = ["kiln_fleet.web", "kiln_fleet.api"] as const;
const FLEETS = ADDRESSES.map((address) => fleetId(LINEAGE, address));
const GOOD = ["1", "2", "3", "4"];
const VERSIONS = [...GOOD, "unstartable", "exits", "never", "sickens", "dies", "slow", "stubborn"];
const ASKED = { who: "ana", why: "simulation" };
const TURNS = 20;

/** What one seed came to. */
export interface Outcome {
  readonly violations: readonly string[];
  /** (phase of a fleet x what happened), and how often. */
  readonly coverage: ReadonlyMap<string, number>;
}

/** One run: engines, operators and faults at random, then a fair end; the laws are checked after each event. */
export async function simulate(seed: number, machine?: Machine): Promise<Outcome> {
  const run = new Run(seed, machine);
  try {
    await run.play();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    run.laws.violations.push(text.startsWith("law") ? text : `the run broke: ${text}`);
  }
  return { violations: run.laws.violations, coverage: run.coverage };
}

class Run {
  readonly world: World;
  readonly laws: Laws;
  readonly coverage = new Map<string, number>();
  readonly #random: Random;
  /** The second fleet has no address. */
  readonly #workers: boolean;
  #fair = false;
  #engines = 0;
  /** How likely each call fails in this run. */
  readonly #weather: {
    readonly store: number;
    readonly runtime: number;
    readonly proxy: number;
    readonly wire: number;
  };

  constructor(seed: number, machine?: Machine) {
    this.#random = seededRandom(seed);
    this.world = new World(seed ^ 0x5eed, machine);
    this.laws = new Laws(this.world);
    const level = () => this.#pick([0, 0, 0.02, 0.1]);
    this.#weather = { store: level(), runtime: level(), proxy: level(), wire: level() };
    this.#workers = this.#random.next() < 0.2;
    this.#setBehaviours();
    this.#setFaults();
  }

  #pick<Value>(values: readonly Value[]): Value {
    const value = values[Math.floor(this.#random.next() * values.length)];
    if (value === undefined) throw new Error("nothing to choose from");
    return value;
  }

  #chance(probability: number): boolean {
    return !this.#fair && this.#random.next() < probability;
  }

  #setBehaviours(): void {
    const { behaviours } = this.world;
    behaviours.set("unstartable", { startFailure: "no such executable" });
    behaviours.set("exits", { exitAfter: 5, output: "panic\n" });
    behaviours.set("never", { healthyAfter: 1e12 });
    behaviours.set("sickens", { unhealthyAfter: 4000 });
    behaviours.set("dies", { exitAfter: 5000 });
    behaviours.set("slow", { startDelay: 3000 });
    behaviours.set("stubborn", { ignoresTerm: true });
  }

  #setFaults(): void {
    const { world } = this;
    world.store.fault = () => {
      if (!this.#chance(this.#weather.store)) return "none";
      this.#count("full disk");
      return "full";
    };
    world.runtimeFault = (call, id) => {
      if (call === "stop" && id !== undefined) this.laws.checkStop(id);
      if (!this.#chance(this.#weather.runtime)) return "none";
      const fault =
        call === "start" || call === "stop"
          ? this.#pick(["lost_reply", "refused", "hangs"] as const)
          : "refused";
      this.#count(`${call} ${fault}`);
      return fault;
    };
    world.proxy.fault = (call) => {
      if (!this.#chance(this.#weather.proxy)) return "none";
      const fault = this.#pick(["unreachable", "lost_reply"] as const);
      this.#count(`${call} ${fault}`);
      return fault;
    };
    world.proxy.delay = () => (this.#fair ? 2 : this.#pick([1, 5, 50, 800]));
    world.proxy.requestTime = () => this.#pick([5, 50, 2000, 20_000]);
  }

  /** Counts what happened in which phase of each fleet. */
  #count(what: string): void {
    const state = this.world.store.durable;
    for (const fleet of FLEETS) {
      const phases = [...state.rollouts.values()].filter((rollout) => rollout.fleet === fleet);
      const open = phases.find(({ phase }) => phase.kind !== "complete" && phase.kind !== "aborted");
      const serving = state.fleets.get(fleet)?.serving === undefined ? "nothing" : "serving";
      const key = `${open?.phase.kind ?? serving} x ${what}`;
      this.coverage.set(key, (this.coverage.get(key) ?? 0) + 1);
    }
  }

  async play(): Promise<void> {
    await this.#startDaemon();
    if (this.#random.next() < 0.8) await this.#settleIn();
    for (let turn = 0; turn < TURNS; turn++) {
      this.#act();
      await this.world.pass(this.#pick([0, 1, 30, 300, 1000, 3000, 8000]));
      if (this.world.controller !== this.#live) await this.#startDaemon();
    }
    await this.#end();
  }

  /** Most runs begin with fleets that serve, and perhaps a release before that one. */
  async #settleIn(): Promise<void> {
    this.#fair = true;
    for (const version of this.#pick([["1"], ["2", "1"]])) {
      try {
        await this.world.until(this.#apply(ADDRESSES, version), 120_000);
      } catch (error) {
        throw new Error("law 4: a plain apply does not come to its end", { cause: error });
      }
    }
    this.#fair = false;
  }

  #live: World["controller"] | undefined;

  /** Starts what `world.controller` is until it runs: a start may meet faults itself. */
  async #startDaemon(): Promise<void> {
    const { world } = this;
    for (let attempt = 0; ; attempt++) {
      try {
        await world.start();
        this.#live = world.controller;
        return;
      } catch (error) {
        if (attempt > 50) throw error;
        await world.controller.stop();
        world.controller = world.newController();
        await world.pass(100);
      }
    }
  }

  #act(): void {
    const acts: readonly (() => void)[] = [
      () => this.#engine(),
      () => this.#engine(),
      () => this.#engine(),
      () => this.#operator(),
      () => this.#operator(),
      () => this.#fault(),
      () => this.#fault(),
      () => this.#kill(),
    ];
    this.#pick(acts)();
  }

  #kill(): void {
    const zombie = this.#chance(0.3);
    this.#count(zombie ? "second daemon" : "kill");
    // A second daemon takes over while the first still lives, and is fenced out.
    if (!zombie) void this.world.controller.stop();
    this.world.controller = this.world.newController();
  }

  #fault(): void {
    const { runtime } = this.world;
    const running = runtime.instances().filter((one) => one.state === "running");
    if (running.length === 0) return;
    const { id } = this.#pick(running);
    const kind = this.#pick(["crash", "tamper", "sicken", "sicken", "panic", "reboot"] as const);
    this.#count(kind);
    switch (kind) {
      case "crash":
        runtime.crash(id);
        break;
      case "tamper":
        runtime.tamper(id);
        this.laws.blame(id);
        break;
      case "sicken":
        runtime.sicken(id, true);
        this.laws.blame(id);
        if (this.#chance(0.5)) this.#later(() => runtime.sicken(id, false));
        break;
      case "panic":
        for (const one of running) {
          runtime.sicken(one.id, true);
          this.laws.blame(one.id);
          this.#later(() => runtime.sicken(one.id, false));
        }
        break;
      case "reboot":
        if (this.#chance(0.7)) break;
        for (const one of running) this.laws.blame(one.id);
        runtime.reboot();
        void this.world.controller.stop();
        this.world.controller = this.world.newController();
        break;
    }
  }

  #later(effect: () => void): void {
    const wait = async () => {
      await this.world.clock.sleep(this.#pick([100, 4000, 15_000]));
      effect();
    };
    void wait();
  }

  #operator(): void {
    const { world } = this;
    const fleet = this.#pick(FLEETS);
    const apply = world.newApply();
    const actions = ["pause", "resume", "promote", "abort", "retry", "restart"] as const;
    const kind = this.#pick(["rollback", "rollback", "scale", "scale", "destroy", ...actions] as const);
    if (kind === "destroy" && this.#chance(0.6)) return;
    this.#count(kind);
    const replicas = this.#pick([0, 1, 2, 3, 4, 5]);
    const send = async (): Promise<unknown> => {
      const { controller } = world;
      if (kind === "rollback") return controller.rollback({ ...ASKED, apply, fleet });
      if (kind === "scale") return controller.scale({ ...ASKED, apply, fleet, replicas });
      if (kind === "destroy") return controller.destroy({ ...ASKED, apply, fleet });
      const action: RolloutMessage["action"] = kind;
      return controller.rollout({ ...ASKED, apply, fleet, action });
    };
    void this.#send(send).catch(() => undefined);
  }

  /** A message that may be lost, doubled or late; its answer may be lost. */
  async #send<Answer>(message: () => Promise<Answer>): Promise<Answer> {
    if (this.#chance(this.#weather.wire)) {
      this.#count("message lost");
      await this.world.clock.sleep(500);
      throw new Error("simulated: the message was lost");
    }
    if (this.#chance(this.#weather.wire)) {
      this.#count("message doubled");
      this.#later(() => void message().catch(() => undefined));
    }
    const answer = await message();
    if (this.#chance(this.#weather.wire)) {
      this.#count("answer lost");
      throw new Error("simulated: the answer was lost");
    }
    return answer;
  }

  /** As a client does it: until it is answered. */
  async #insist<Answer>(message: () => Promise<Answer>, attempts = 1000): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#send(message);
      } catch (error) {
        if (attempt >= attempts) throw error;
        await this.world.clock.sleep(200);
      }
    }
  }

  #engine(): void {
    // The lock of the state: one engine at a time.
    if (this.#engines > 0) return;
    this.#engines += 1;
    const both = this.#random.next() < 0.4;
    const addresses = both ? ADDRESSES : [this.#pick(ADDRESSES)];
    this.#count("apply");
    this.#apply(addresses)
      .catch((error: unknown) => {
        this.laws.violations.push(`the engine broke: ${String(error)}`);
      })
      .finally(() => {
        this.#engines -= 1;
      });
  }

  #specification(address: string, version: string): FleetSpecification {
    const index = ADDRESSES.findIndex((one) => one === address);
    const wish = specificationOf({
      version,
      name: address.slice(-3),
      listen: 8080 + index + this.#pick([0, 0, 0, 10]),
      replicas: this.#pick([1, 2, 3, 3]),
      bake: this.#pick([0, 3000, 8000, 30_000]),
      keepWarm: this.#pick([0, 20_000, 600_000]),
    });
    const { listen: _listen, ...worker } = wish;
    const fleet = this.#workers && index === 1 ? worker : wish;
    return { ...fleet, content: { ...wish.content, health: { ...wish.content.health, interval: 2000 } } };
  }

  /** A whole apply; with a given version one that goes through to its commit. */
  async #apply(addresses: readonly string[], given?: string): Promise<void> {
    const { world } = this;
    const apply = world.newApply();
    const fleets = addresses.map((address) => fleetId(LINEAGE, address));
    let prepared = true;
    for (const address of addresses) {
      const base = world.store.durable.fleets.get(fleetId(LINEAGE, address))?.serving;
      const message = {
        ...ASKED,
        apply,
        lineage: LINEAGE,
        address,
        ...(base === undefined ? {} : { base }),
        specification: this.#specification(address, given ?? this.#pick([...VERSIONS, ...GOOD, ...GOOD])),
        lease: 20_000,
      };
      try {
        const answer = await this.#insist(() => world.controller.prepare(message), 4);
        if (answer.kind !== "accepted") prepared = false;
      } catch {
        // The engine gives up: whatever was prepared is taken back.
        prepared = false;
      }
    }
    const intention = this.#pick([
      "commit",
      "commit",
      "commit",
      "commit",
      "abort",
      "vanish",
      "handover",
    ] as const);
    if (prepared) prepared = await this.#untilPrepared(apply);
    if (intention === "vanish") return this.#recover(apply, fleets, 60_000);
    if (!prepared || intention === "abort") return this.#recover(apply, fleets, 0);
    if (intention === "handover") {
      this.#count("handover");
      await this.#insist(() => world.controller.handover({ apply, fleets }));
    } else {
      this.#count("commit");
      try {
        await this.#send(() => world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets }));
      } catch {
        // The answer is unknown: write abort, and obey what stands (rule F1).
        return this.#recover(apply, fleets, 0);
      }
    }
    return this.#finish(apply);
  }

  async #untilPrepared(apply: ApplyId): Promise<boolean> {
    const { world } = this;
    for (let attempt = 0; attempt < 60; attempt++) {
      const view = await this.#insist(() => world.controller.read({ apply }));
      if (view.apply?.decision.kind !== "open") return false;
      if (view.rollouts.every((rollout) => rollout.phase.kind === "prepared")) return true;
      await this.#insist(() => world.controller.renew({ apply, lease: 20_000 }));
      await world.clock.sleep(500);
    }
    return false;
  }

  async #recover(apply: ApplyId, fleets: readonly FleetId[], after: Milliseconds): Promise<void> {
    await this.world.clock.sleep(after);
    const standing = await this.#insist(() =>
      this.world.controller.abort({ ...ASKED, apply, lineage: LINEAGE }),
    );
    if (standing.decision.kind === "open")
      throw new Error(`the abort of ${apply} (${fleets.join(" ")}) left it open`);
    return this.#finish(apply);
  }

  /** Waits for the end of it, and settles. */
  async #finish(apply: ApplyId): Promise<void> {
    const { world } = this;
    for (let waited = 0; waited < 10_000; waited++) {
      const view = await this.#insist(() => world.controller.read({ apply }));
      if (view.apply === undefined) throw new Error(`${apply} was forgotten before it was settled`);
      const over = view.rollouts.every(({ phase }) => phase.kind === "complete" || phase.kind === "aborted");
      if (over && view.apply.decision.kind !== "open") break;
      if (view.apply.decision.kind === "open" && this.#fair) {
        // Handed over: in the end a person speaks.
        for (const { fleet } of view.rollouts) {
          const message = { ...ASKED, apply: world.newApply(), fleet, action: "promote" as const };
          await this.#insist(() => world.controller.rollout(message));
        }
      }
      await world.clock.sleep(1000);
    }
    await this.#grant(apply);
    await this.#insist(() => world.controller.settled({ apply }));
    if (this.#chance(0.5)) this.#later(() => void world.controller.settled({ apply }).catch(() => undefined));
  }

  /** Past the cut: what the old releases need is destroyed, after they are gone (rule F12). */
  async #grant(apply: ApplyId): Promise<void> {
    const { world } = this;
    const view = await this.#insist(() => world.controller.read({ apply }));
    if (view.apply?.verdict.kind !== "kept" || this.#random.next() < 0.7) return;
    const releases = view.rollouts.flatMap(({ fleet, base, target }) =>
      base === undefined || base === target ? [] : [{ fleet, release: base }],
    );
    this.#count("grant");
    for (let attempt = 0; attempt < 300; attempt++) {
      const answer = await this.#insist(() => world.controller.grant({ apply, releases }));
      if (answer.kind === "refused") return;
      if (answer.gone) {
        this.#count("granted");
        const left = world.runtime
          .instances()
          .filter(({ request }) =>
            releases.some((one) => one.fleet === request.fleet.id && one.release === request.release),
          );
        if (left.some((one) => one.state === "running"))
          this.laws.violations.push("F12: granted, and it still runs");
        return;
      }
      await world.clock.sleep(1000);
    }
    this.laws.violations.push("law 4: what was granted does not go");
  }

  /** No new faults: everything must come to an end. */
  async #end(): Promise<void> {
    const { world } = this;
    this.#fair = true;
    for (const one of world.runtime.instances()) world.runtime.heal(one.id);
    for (let waited = 0; waited < 100; waited++) {
      for (const { fleet, paused, phase } of world.controller.state().rollouts.values()) {
        if (paused === undefined || phase.kind === "complete" || phase.kind === "aborted") continue;
        const message = { ...ASKED, apply: world.newApply(), fleet, action: "resume" as const };
        await world.until(world.controller.rollout(message));
      }
      await world.pass(3000);
      if (this.#engines === 0 && waited > 5) break;
    }
    if (this.#engines > 0) this.laws.violations.push("law 4: an engine still waits at the end");
    // A back-off may last a minute, and what comes after it is booted and checked.
    for (let waited = 0; waited < 30; waited++) {
      await world.pass(5000);
      if (this.laws.unfinished().length === 0) return;
    }
    this.laws.violations.push(...this.laws.unfinished());
  }
}
