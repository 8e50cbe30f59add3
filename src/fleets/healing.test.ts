import { describe, expect, test } from "vitest";
import type { InstanceId } from "../kernel/index.ts";
import { ASKED, apply, Bench, WEB } from "./testing/machine-bench.ts";

const exit = (bench: Bench, id: InstanceId, code = 1) =>
  bench.send({ kind: "instance_exited", exit: { id, code, output: "one\ntwo\n" } });

const serving = () => new Bench().serve("a1", "1");

/** Four instances of release 1 serve. */
function four(): Bench {
  const bench = serving();
  bench.send({ kind: "scale", message: { ...ASKED, apply: apply("s1"), fleet: WEB, replicas: 4 } });
  bench.everything();
  expect(bench.routed()).toHaveLength(4);
  return bench;
}

describe("a crash", () => {
  test("given a serving instance exits, then it leaves the table and is replaced in the same step", () => {
    const bench = serving();
    const [dead, other] = bench.instances(1);
    exit(bench, dead!);
    expect(bench.state.table.wanted.routes[0]?.targets[0]?.instances.map((one) => one.id)).toEqual([other]);
    expect(bench.instances(1, "intent")).toHaveLength(1);
    expect(bench.log.findLast((event) => event.kind === "instance_failed")).toMatchObject({
      instance: dead,
      output: "one\ntwo\n",
    });
  });

  test("its remains are cleaned up only after the table without it is acknowledged: its port may be used again", () => {
    const bench = serving();
    exit(bench, bench.instances(1)[0]!);
    expect(bench.commands("stop")).toEqual([]);
    bench.work("push_table");
    expect(bench.commands("stop")).toHaveLength(1);
    expect(bench.commands("drain")).toEqual([]);
  });

  test("given it is told twice, then one replacement is started", () => {
    const bench = serving();
    const [dead] = bench.instances(1);
    exit(bench, dead!);
    exit(bench, dead!);
    expect(bench.instances(1, "intent")).toHaveLength(1);
  });

  test("given all crash together, then that is one failure, and all are replaced at once", () => {
    const bench = serving();
    for (const id of bench.instances(1)) {
      bench.at += 1;
      exit(bench, id);
    }
    expect(bench.state.fleets.get(WEB)?.backoff.failures).toBe(1);
    expect(bench.instances(1, "intent")).toHaveLength(2);
  });

  test("given replacements crash too, then they wait 0, 1, 2, 4 s and so on, at most a minute", () => {
    const bench = serving();
    exit(bench, bench.instances(1)[0]!);
    const waits: number[] = [];
    for (let round = 0; round < 9; round++) {
      const [id] = bench.instances(1, "intent");
      expect(id).toBeDefined();
      bench.started(id!);
      bench.at += 1;
      exit(bench, id!);
      const { notBefore } = bench.state.fleets.get(WEB)!.backoff;
      waits.push((notBefore - bench.at) / 1000);
      expect(bench.instances(1, "intent")).toHaveLength(0);
      bench.at = notBefore;
      bench.send({ kind: "tick" });
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60]);
    expect(bench.log.filter((event) => event.kind === "crash_loop")).toHaveLength(8);
  });

  test("given the replacement stayed up for a minute, then the next crash is a first one again", () => {
    const bench = serving();
    exit(bench, bench.instances(1)[0]!);
    bench.everything();
    bench.live(59_000);
    expect(bench.state.fleets.get(WEB)?.backoff.failures).toBe(1);
    bench.live(2500);
    expect(bench.state.fleets.get(WEB)?.backoff.failures).toBe(0);
  });
});

describe("unhealthy and drifted", () => {
  test("given one of four fails its checks, then it is out, and goes when a replacement is verified", () => {
    const bench = four();
    const [sick] = bench.instances(1);
    for (const _ of [1, 2]) bench.probed(sick!, "503");
    expect(bench.routed()).toHaveLength(3);
    expect(bench.instances(1, "retiring")).toEqual([]);
    expect(bench.instances(1, "intent")).toHaveLength(1);
    bench.work("start");
    const [fresh] = bench.instances(1, "started");
    for (const _ of [1, 2]) bench.probed(fresh!);
    expect(bench.instances(1, "retiring")).toEqual([sick]);
    expect(bench.routed()).toHaveLength(4);
  });

  test("given it recovers before, then it serves again, and the replacement goes", () => {
    const bench = four();
    const [sick] = bench.instances(1);
    for (const _ of [1, 2]) bench.probed(sick!, "503");
    for (const _ of [1, 2]) bench.probed(sick!);
    expect(bench.routed()).toHaveLength(4);
    expect(bench.instances(1, "verified")).toContain(sick);
    expect(bench.instances(1, "intent")).toEqual([]);
  });

  test("given most fail at once, then all stay in the table, and one is replaced at a time", () => {
    const bench = four();
    const all = bench.instances(1);
    for (const _ of [1, 2]) for (const id of all) bench.probed(id, "503");
    expect(bench.routed()).toHaveLength(4);
    expect(bench.instances(1, "intent")).toHaveLength(1);
  });

  test("given the only instance fails its checks, then it serves until its replacement does", () => {
    const bench = serving();
    bench.send({ kind: "scale", message: { ...ASKED, apply: apply("s1"), fleet: WEB, replicas: 1 } });
    bench.everything();
    const [sick] = bench.instances(1, "verified");
    for (const _ of [1, 2]) bench.probed(sick!, "503");
    expect(bench.routed()).toHaveLength(1);
    bench.work("start");
    const [fresh] = bench.instances(1, "started");
    for (const _ of [1, 2]) bench.probed(fresh!);
    expect(bench.state.table.wanted.routes[0]?.targets[0]?.instances.map((one) => one.id)).toEqual([fresh]);
  });

  test("given one drifted, then it serves until its replacement is verified", () => {
    const bench = serving();
    const [changed] = bench.instances(1);
    bench.send({ kind: "drifted", instance: changed!, subjects: ["file_changed app/server.js"] });
    expect(bench.routed()).toHaveLength(2);
    expect(bench.instances(1, "intent")).toHaveLength(1);
    bench.work("start");
    const [fresh] = bench.instances(1, "started");
    for (const _ of [1, 2]) bench.probed(fresh!);
    expect(bench.instances(1, "retiring")).toEqual([changed]);
    expect(bench.routed()).toHaveLength(2);
  });

  test("given a warm instance dies, then it is not replaced; without any the release is not warm", () => {
    const bench = serving().serve("a2", "2");
    for (const id of bench.instances(1, "verified")) exit(bench, id);
    expect(bench.instances(1, "intent")).toEqual([]);
    bench.work("push_table", "stop");
    expect(bench.release(1)?.status).toBe("retired");
  });

  test("given an old instance dies in the bake, then it is healed from the old release", () => {
    const bench = serving();
    bench.prepare("a2", "2");
    bench.everything();
    bench.commit("a2");
    bench.work("push_table");
    exit(bench, bench.instances(1, "verified")[0]!);
    expect(bench.rollout("a2")).toBe("baking");
    expect(bench.instances(1, "intent")).toHaveLength(1);
  });

  test("given an old instance is unhealthy when the switch is decided, then it goes when its replacement is there", () => {
    const bench = four();
    bench.prepare("a2", "2");
    bench.everything();
    const [sick] = bench.instances(1, "verified");
    for (const _ of [1, 2]) bench.probed(sick!, "503");
    for (const id of bench.instances(2, "verified")) bench.probed(id);
    bench.commit("a2");
    expect(bench.rollout("a2")).toBe("switching");
    expect(bench.instances(1, "retiring")).toEqual([]);
    bench.work("start");
    for (const id of bench.instances(1, "started")) for (const _ of [1, 2]) bench.probed(id);
    expect(bench.instances(1, "retiring")).toEqual([sick]);
  });

  test("given the old release is in a crash loop, then a new one can be rolled out all the same", () => {
    const bench = serving();
    for (let round = 0; round < 4; round++) {
      for (const id of bench.instances(1, "verified", "intent", "started")) exit(bench, id);
      bench.pass(5000);
    }
    bench.prepare("a2", "2");
    expect(bench.instances(2, "intent")).toHaveLength(2);
  });
});
