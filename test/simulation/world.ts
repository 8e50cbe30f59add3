import { createController } from "../../src/fleets/index.ts";
import type {
  Controller,
  ControllerParts,
  FleetSpecification,
  Machine,
  OperatorAnswer,
  Prober,
  ReleaseContent,
  RolloutMessage,
  StartRequest,
} from "../../src/fleets/index.ts";
import { fleetId, newId, parseId, seededRandom, silentLogger } from "../../src/kernel/index.ts";
import type {
  ApplyId,
  FleetEvent,
  InstanceId,
  Milliseconds,
  Random,
  ReleaseNumber,
} from "../../src/kernel/index.ts";
import { createSimulatedRuntime, wellBehaved } from "../../src/runtimes/simulated/index.ts";
import type {
  Behaviour,
  CallFault,
  RuntimeCall,
  SimulatedRuntime,
} from "../../src/runtimes/simulated/index.ts";
import { settled, VirtualClock } from "./clock.ts";
import { SimulatedProxy } from "./proxy.ts";
import { SimulatedStore } from "./store.ts";

export const LINEAGE = parseId<"lineage">("lineage");
export const ADDRESS = "kiln_fleet.web";
export const WEB = fleetId(LINEAGE, ADDRESS);
const ASKED = { who: "ana", why: "kiln apply" };
const LEASE: Milliseconds = 30_000;

/** A release's content; the version is all that tells one from the other. */
export function contentOf(version: string): ReleaseContent {
  return {
    runtime: "simulated",
    image: parseId<"image">(`sha256:${version.padStart(64, "0")}`),
    command: ["serve"],
    workdir: "/",
    environment: { VERSION: version },
    secrets: {},
    health: {
      probe: { kind: "http", path: "/healthz" },
      interval: 1000,
      timeout: 500,
      healthyThreshold: 2,
      unhealthyThreshold: 3,
      startDeadline: 10_000,
    },
    mounts: [],
    limits: {},
    stopTimeout: 2000,
  };
}

export interface Wish {
  readonly version: string;
  readonly replicas?: number;
  readonly bake?: Milliseconds;
  readonly keepWarm?: Milliseconds;
  readonly listen?: number;
  readonly name?: string;
}

export function specificationOf(wish: Wish): FleetSpecification {
  return {
    name: wish.name ?? "web",
    replicas: wish.replicas ?? 3,
    listen: { host: "127.0.0.1", port: wish.listen ?? 8080 },
    rollout: {
      strategy: "blue_green",
      bake: wish.bake ?? 3000,
      keepWarm: wish.keepWarm ?? 600_000,
      drain: 5000,
      retainReleases: 3,
    },
    content: contentOf(wish.version),
  };
}

/** Everything around a controller that outlives it, under one virtual clock. */
export class World {
  readonly clock = new VirtualClock();
  readonly store = new SimulatedStore();
  readonly proxy = new SimulatedProxy(this.clock);
  readonly runtime: SimulatedRuntime;
  readonly random: Random;
  readonly log: FleetEvent[] = [];
  readonly behaviours = new Map<string, Partial<Behaviour>>();
  /** Asked before each call of the runtime, and what laws look at. */
  runtimeFault: (call: RuntimeCall, id?: InstanceId) => CallFault = () => "none";
  onProbe: (id: InstanceId, healthy: boolean) => void = () => {};
  readonly #machine: Machine | undefined;
  controller: Controller;

  constructor(seed = 1, machine?: Machine) {
    this.#machine = machine;
    this.random = seededRandom(seed);
    this.runtime = createSimulatedRuntime({
      clock: this.clock,
      behave: (request) => this.behave(request),
      fault: (call, id) => this.runtimeFault(call, id),
    });
    this.controller = this.newController();
  }

  /** By the release's version; `*` for all others. */
  behave(request: StartRequest): Behaviour {
    const version = request.content.environment["VERSION"] ?? "";
    return { ...wellBehaved, ...(this.behaviours.get(version) ?? this.behaviours.get("*")) };
  }

  newController(): Controller {
    const prober: Prober = {
      probe: async (address, content) => {
        try {
          const result = await this.runtime.probe(address, content);
          this.onProbe(address.id, result.healthy);
          return result;
        } catch (error) {
          // A call that fails is no sign of life either.
          this.onProbe(address.id, false);
          throw error;
        }
      },
    };
    const parts: ControllerParts = {
      store: this.store,
      runtime: this.runtime,
      traffic: this.proxy,
      prober,
      clock: this.clock,
      random: this.random,
      sink: ({ event }) => this.log.push(event),
      logger: silentLogger,
      settings: { node: "here", driftInterval: 5000 },
    };
    return this.#machine === undefined ? createController(parts) : createController(parts, this.#machine);
  }

  newApply(): ApplyId {
    return newId<"apply">(this.clock, this.random);
  }

  /** Called after everything that one timer set off has come to rest. */
  onRest: () => void = () => {};

  /** Lets time pass until the promise settles. */
  async until<Value>(promise: Promise<Value>, limit: Milliseconds = 600_000): Promise<Value> {
    let ended = false;
    const watched = promise.finally(() => {
      ended = true;
    });
    watched.catch(() => undefined);
    const deadline = this.clock.now() + limit;
    for (;;) {
      await settled();
      this.onRest();
      if (ended) return watched;
      if (this.clock.now() > deadline || !this.clock.step()) throw new Error("the simulation does not end");
    }
  }

  /** Lets time pass. */
  async pass(duration: Milliseconds): Promise<void> {
    await this.until(this.clock.sleep(duration), duration);
  }

  async start(): Promise<void> {
    await this.until(this.controller.start());
  }

  /** The daemon is killed, and a new one takes over. */
  async restart(): Promise<void> {
    await this.controller.stop();
    this.controller = this.newController();
    await this.start();
  }

  async prepare(wish: Wish, apply: ApplyId = this.newApply()) {
    const base = this.controller.state().fleets.get(WEB)?.serving;
    const answer = await this.until(
      this.controller.prepare({
        ...ASKED,
        apply,
        lineage: LINEAGE,
        address: ADDRESS,
        ...(base === undefined ? {} : { base }),
        specification: specificationOf(wish),
        lease: LEASE,
      }),
    );
    return { apply, answer };
  }

  /** A whole apply, as an engine makes it. */
  async apply(wish: Wish): Promise<"kept" | "aborted" | "back" | "held" | "refused"> {
    const { apply, answer } = await this.prepare(wish);
    if (answer.kind !== "accepted") return answer.kind;
    await this.untilPhase(apply, (kind) => kind !== "preparing");
    await this.until(this.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await this.untilPhase(apply, (kind) => kind === "complete" || kind === "aborted");
    const record = this.controller.state().applies.get(apply);
    await this.until(this.controller.settled({ apply }));
    if (record?.decision.kind === "abort") return "aborted";
    return record?.verdict.kind === "kept" ? "kept" : "back";
  }

  async untilPhase(apply: ApplyId, reached: (kind: string) => boolean): Promise<void> {
    const wait = async (): Promise<void> => {
      for (;;) {
        const kind = this.controller.state().rollouts.get(`${apply} ${WEB}`)?.phase.kind;
        if (kind !== undefined && reached(kind)) return;
        await this.controller.changed(this.controller.revision(), 60_000);
      }
    };
    await this.until(wait());
  }

  async rollback(release?: number): Promise<OperatorAnswer> {
    const asked = release === undefined ? {} : { release: release as ReleaseNumber };
    return this.until(this.controller.rollback({ ...ASKED, apply: this.newApply(), fleet: WEB, ...asked }));
  }

  async scale(replicas: number): Promise<OperatorAnswer> {
    return this.until(this.controller.scale({ ...ASKED, apply: this.newApply(), fleet: WEB, replicas }));
  }

  async steer(action: RolloutMessage["action"]): Promise<OperatorAnswer> {
    return this.until(this.controller.rollout({ ...ASKED, apply: this.newApply(), fleet: WEB, action }));
  }

  async destroy(): Promise<OperatorAnswer> {
    return this.until(this.controller.destroy({ ...ASKED, apply: this.newApply(), fleet: WEB }));
  }

  /** Release numbers that get requests now, by instance. */
  serving(): number[] {
    return this.proxy.table.routes.flatMap((route) =>
      route.targets.flatMap((target) => target.instances.map(() => Number(target.release))),
    );
  }

  kinds(): string[] {
    return this.log.map((event) => event.kind);
  }
}
