/*
 * What one step of the rollout machine costs with many verified instances, and how that grows with the fleet.
 *
 *   node bench/fleets.ts [-steps 300]
 */
import { parseArgs } from "node:util";
import { emptyControlState, step } from "../src/fleets/index.ts";
import type { ControlState, FleetSpecification, Machine } from "../src/fleets/index.ts";
import { fleetId, parseId, releaseNumber } from "../src/kernel/index.ts";
import type { InstanceId } from "../src/kernel/index.ts";

type Event = Parameters<Machine>[1];
type Input = Event["input"];

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]{2,}/.test(arg) ? `-${arg}` : arg)),
  options: { steps: { type: "string", default: "300" } },
});
const STEPS = Number(values.steps);
const SIZES = [10, 100, 300];
const INTERVAL = 500;
const ASKED = { who: "bench", why: "bench" };
const LINEAGE = parseId<"lineage">("lineage");
const ADDRESS = "kiln_fleet.web";
const WEB = fleetId(LINEAGE, ADDRESS);
const APPLY = parseId<"apply">("00000000000000000001");

function specification(version: string, replicas: number): FleetSpecification {
  return {
    name: "web",
    replicas,
    listen: { host: "127.0.0.1", port: 8080 },
    rollout: { strategy: "blue_green", bake: 0, keepWarm: 0, drain: 1000, retainReleases: 3 },
    content: {
      runtime: "process",
      image: parseId<"image">(`sha256:${version.padStart(64, "0")}`),
      command: ["serve"],
      workdir: "/",
      environment: {},
      secrets: {},
      health: {
        probe: { kind: "tcp" },
        interval: INTERVAL,
        timeout: 500,
        healthyThreshold: 1,
        unhealthyThreshold: 3,
        startDeadline: 60_000,
      },
      mounts: [],
      limits: {},
      stopTimeout: 1000,
    },
  };
}

/** The machine with a clock, and a world in which everything works at once. */
class Driven {
  state: ControlState = emptyControlState(1);
  at = 1_800_000_000_000;
  #seed = 0;
  #port = 1024;

  event(input: Input): Event {
    return { at: this.at, seed: ++this.#seed, node: "here", input };
  }

  send(input: Input): ReturnType<Machine> {
    const next = step(this.state, this.event(input));
    this.state = next.state;
    return next;
  }

  /** Does what is asked for until nothing is due. */
  work(): void {
    for (;;) {
      const due = this.send({ kind: "tick" }).commands.filter(
        (command) => command.kind !== "wake" && (!("due" in command) || command.due <= this.at),
      );
      if (due.length === 0) return;
      for (const command of due) {
        if (command.kind === "start") this.#started(command.request.id);
        else if (command.kind === "probe")
          this.send({ kind: "probed", instance: command.instance, result: { healthy: true } });
        else if (command.kind === "push_table")
          this.send({
            kind: "table_acknowledged",
            epoch: command.table.epoch,
            version: command.table.version,
          });
        else if (command.kind === "drain")
          this.send({ kind: "drained", instance: command.instance, cut: [] });
        else if (command.kind === "stop") this.send({ kind: "stopped", instance: command.instance, lost: 0 });
      }
    }
  }

  #started(id: InstanceId): void {
    this.send({
      kind: "instance_started",
      instance: { id, address: { host: "127.0.0.1", port: this.#port++ } },
    });
  }

  /** A fleet with this many verified instances in the table. */
  static serving(size: number): Driven {
    const driven = new Driven();
    driven.send({
      kind: "prepare",
      message: {
        ...ASKED,
        apply: APPLY,
        lineage: LINEAGE,
        address: ADDRESS,
        specification: specification("1", size),
        lease: 60_000,
      },
    });
    driven.work();
    driven.send({ kind: "commit", message: { ...ASKED, apply: APPLY, lineage: LINEAGE, fleets: [WEB] } });
    driven.work();
    driven.send({ kind: "settled", message: { apply: APPLY } });
    const serving = driven.state.table.wanted.routes[0]?.targets[0]?.instances.length;
    if (serving !== size) throw new Error(`${serving} of ${size} instances serve`);
    return driven;
  }

  instances(): InstanceId[] {
    return [...this.state.instances.values()].flatMap(({ id, phase }) =>
      phase.kind === "verified" ? [id] : [],
    );
  }
}

/** The inputs that are measured, each from the same state. */
const EVENTS: Readonly<Record<string, (driven: Driven, index: number) => Input>> = {
  "a look at the clock": () => ({ kind: "tick" }),
  "a good check": (driven, index) => ({
    kind: "probed",
    instance: one(driven, index),
    result: { healthy: true },
  }),
  "a failed check": (driven, index) => ({
    kind: "probed",
    instance: one(driven, index),
    result: { healthy: false, reason: "refused" },
    output: "",
  }),
  "a crash": (driven, index) => ({
    kind: "instance_exited",
    exit: { id: one(driven, index), code: 1, output: "" },
  }),
  "twice the instances": (driven) => ({
    kind: "scale",
    message: {
      ...ASKED,
      apply: parseId<"apply">("00000000000000000002"),
      fleet: WEB,
      replicas: driven.instances().length * 2,
    },
  }),
  "another release": (driven) => ({
    kind: "prepare",
    message: {
      ...ASKED,
      apply: parseId<"apply">("00000000000000000002"),
      lineage: LINEAGE,
      address: ADDRESS,
      base: releaseNumber(1),
      specification: specification("2", driven.instances().length),
      lease: 60_000,
    },
  }),
};

function one(driven: Driven, index: number): InstanceId {
  const ids = driven.instances();
  const id = ids[index % ids.length];
  if (id === undefined) throw new Error("no instances");
  return id;
}

/** Median milliseconds of a step. */
function measure(driven: Driven, input: (driven: Driven, index: number) => Input): number {
  const times: number[] = [];
  for (let index = 0; index < STEPS; index++) {
    driven.at += 1;
    const event = driven.event(input(driven, index));
    const began = performance.now();
    step(driven.state, event);
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

const worlds = SIZES.map((size) => Driven.serving(size));
const header = ["one step, ms", ...SIZES.map((size) => `${size} instances`), "300 : 10"];
const rows = Object.entries(EVENTS).map(([name, input]) => {
  for (const world of worlds) measure(world, input);
  const times = worlds.map((world) => measure(world, input));
  const ratio = (times.at(-1) ?? 0) / (times[0] ?? 1);
  return [name, ...times.map((time) => time.toFixed(3)), ratio.toFixed(1)];
});
for (const row of [header, ...rows]) {
  console.log(row.map((cell, column) => (column === 0 ? cell.padEnd(22) : cell.padStart(14))).join(""));
}
