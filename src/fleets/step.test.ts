import { describe, expect, test } from "vitest";
import { apply, ASKED, Bench, LINEAGE, WEB } from "./testing/machine-bench.ts";
import type { MachineInput } from "./machine-event.ts";
import type { ControlState } from "./records.ts";
import { step } from "./step.ts";

/** What a state holds, taken apart from it. */
function pictureOf(state: ControlState) {
  return Object.entries(state).map(([name, value]) => [
    name,
    value instanceof Map ? [...value] : structuredClone(value),
  ]);
}

function stepOf(bench: Bench, input: MachineInput) {
  return step(bench.state, { at: bench.at, seed: 7, node: "here", input });
}

describe("a step", () => {
  test("leaves the state that came in as it is, however much it writes", () => {
    const bench = new Bench().serve("a1", "1");
    bench.prepare("a2", "2");
    bench.everything();
    const [victim] = bench.instances(1);
    if (victim === undefined) throw new Error("no instance of release 1");
    const inputs: readonly MachineInput[] = [
      { kind: "commit", message: { ...ASKED, apply: apply("a2"), lineage: LINEAGE, fleets: [WEB] } },
      { kind: "instance_exited", exit: { id: victim, code: 1, output: "" } },
      { kind: "scale", message: { ...ASKED, apply: apply("a3"), fleet: WEB, replicas: 9 } },
      { kind: "rollback", message: { ...ASKED, apply: apply("a4"), fleet: WEB } },
      { kind: "destroy", message: { ...ASKED, apply: apply("a5"), fleet: WEB } },
      { kind: "recovered", node: "here" },
      { kind: "adopted", running: [], ended: [] },
    ];
    for (const input of inputs) {
      const before = pictureOf(bench.state);
      const next = stepOf(bench, input);
      expect(next.changes.length, input.kind).toBeGreaterThan(0);
      expect(pictureOf(bench.state), input.kind).toEqual(before);
    }
  });

  test("copies only the maps that it writes to", () => {
    const bench = new Bench().serve("a1", "1");
    const [instance] = bench.instances(1);
    if (instance === undefined) throw new Error("no instance of release 1");
    const { state } = stepOf(bench, { kind: "probed", instance, result: { healthy: true } });
    expect(state.instances).not.toBe(bench.state.instances);
    for (const name of ["applies", "fleets", "releases", "rollouts", "lineages"] as const) {
      expect(state[name], name).toBe(bench.state[name]);
    }
  });
});

describe("a good check of what was well, while nothing is rolled out,", () => {
  test("changes nothing that any rule would act on", () => {
    const bench = new Bench().serve("a1", "1");
    for (const instance of bench.instances(1)) {
      const probed = bench.send({ kind: "probed", instance, result: { healthy: true } });
      expect([probed.changes, probed.events]).toEqual([[], []]);
      const look = stepOf(bench, { kind: "tick" });
      expect([look.changes, look.events]).toEqual([[], []]);
      expect(look.commands).toEqual(probed.commands);
    }
  });

  test("does not delay what looks at the clock: the moment stays among the commands until it is reached", () => {
    const bench = new Bench().serve("a1", "1").serve("a2", "2");
    const [instance] = bench.instances(2);
    if (instance === undefined) throw new Error("no instance of release 2");
    const { warmUntil } = bench.release(1) ?? {};
    const probed = bench.send({ kind: "probed", instance, result: { healthy: true } });
    expect(probed.commands).toContainEqual({ kind: "wake", key: `wake ${warmUntil}`, due: warmUntil });
    bench.pass((warmUntil ?? 0) - bench.at);
    expect(bench.release(1)?.status).toBe("draining");
  });

  test("still counts where the check before it failed", () => {
    const bench = new Bench().serve("a1", "1");
    const [instance] = bench.instances(1);
    if (instance === undefined) throw new Error("no instance of release 1");
    bench.probed(instance, "refused");
    bench.probed(instance, "refused");
    expect(bench.routed()).toHaveLength(1);
    bench.probed(instance);
    bench.probed(instance);
    expect(bench.routed()).toHaveLength(2);
  });
});
