import { describe, expect, test } from "vitest";
import { errorDiagnostic } from "../kernel/index.ts";
import type { MachineInput } from "./machine-event.ts";
import { API, apply, ASKED, Bench, LINEAGE, specification, WEB } from "./testing/machine-bench.ts";

describe("commit", () => {
  function prepared(): Bench {
    const bench = new Bench().serve("a1", "1");
    bench.prepare("a2", "2");
    bench.everything();
    expect(bench.rollout("a2")).toBe("prepared");
    return bench;
  }

  test("given all is well, then the decision and the wanted table are one change set", () => {
    const bench = prepared();
    expect(bench.commit("a2")).toMatchObject({ decision: { kind: "commit" }, verdict: { kind: "none" } });
    expect(bench.last?.changes.map((change) => change.collection)).toEqual(
      expect.arrayContaining(["applies", "table", "rollouts"]),
    );
    expect(bench.routed()).toEqual([2, 2]);
    expect(bench.instances(1, "verified")).toHaveLength(2);
  });

  test("given it comes again, also after the verdict, then it says what stands", () => {
    const bench = prepared();
    bench.commit("a2");
    const version = bench.state.table.wanted.version;
    expect(bench.commit("a2")?.decision.kind).toBe("commit");
    expect(bench.state.table.wanted.version).toBe(version);
    bench.work("push_table");
    bench.live(6000);
    expect(bench.commit("a2")).toMatchObject({ verdict: { kind: "kept" } });
  });

  test("given checks that are too old, then it is an abort (F6)", () => {
    const bench = prepared();
    bench.at += 1501;
    expect(bench.commit("a2")?.decision).toMatchObject({
      kind: "abort",
      reason: "web: not every instance of release 2 passed its last check just now",
    });
    expect(bench.routed()).toEqual([1, 1]);
  });

  test("given one check failed since, then it is an abort (F6)", () => {
    const bench = prepared();
    bench.probed(bench.instances(2)[0]!, "503");
    expect(bench.commit("a2")?.decision.kind).toBe("abort");
  });

  test("given it is not prepared, then it is an abort", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    expect(bench.commit("a1")?.decision).toMatchObject({ kind: "abort" });
  });

  test("given an abort was first, then it says abort, and the other way round (F1)", () => {
    const bench = prepared();
    const abort: MachineInput = {
      kind: "abort",
      message: { ...ASKED, apply: apply("a2"), lineage: LINEAGE },
    };
    bench.send(abort);
    expect(bench.commit("a2")?.decision.kind).toBe("abort");
    const other = prepared();
    other.commit("a2");
    expect(other.send(abort).answer).toMatchObject({ answer: { decision: { kind: "commit" } } });
  });

  test("given the table is not acknowledged, then nothing bakes; an older acknowledgement does not count (F8, F9)", () => {
    const bench = prepared();
    const before = bench.state.table.wanted.version;
    bench.commit("a2");
    bench.send({ kind: "table_acknowledged", epoch: 1, version: before });
    expect(bench.rollout("a2")).toBe("switching");
    bench.send({ kind: "table_acknowledged", epoch: 0, version: before + 1 });
    expect(bench.rollout("a2")).toBe("switching");
    bench.work("push_table");
    expect(bench.rollout("a2")).toBe("baking");
    expect(bench.log.findLast((event) => event.kind === "switched")).toMatchObject({ from: 1, to: 2 });
  });

  test("given a group of two, then one failed bake switches both back in one table (F2)", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    bench.prepare("a1", "9", {
      address: "kiln_fleet.api",
      specification: { ...specification("9"), name: "api", listen: { host: "127.0.0.1", port: 9090 } },
    });
    bench.everything();
    bench.commit("a1", [WEB, API]);
    bench.work("push_table");
    bench.live(2000);
    expect(bench.state.table.wanted.routes).toHaveLength(2);
    const version = bench.state.table.wanted.version;
    const api = [...bench.state.instances.values()].find((one) => one.fleet === API)!;
    bench.send({ kind: "instance_exited", exit: { id: api.id, code: 1, output: "boom" } });
    expect(bench.state.applies.get(apply("a1"))?.verdict).toMatchObject({ kind: "back" });
    expect(bench.state.table.wanted).toMatchObject({ version: version + 1, routes: [] });
    expect([bench.rollout("a1"), bench.rollout("a1", API)]).toEqual(["aborting", "aborting"]);
  });

  test("given a group of two, then a fleet that passed keeps its old release until the other has (F2)", () => {
    const bench = new Bench().serve("a1", "1");
    bench.prepare("a2", "2");
    const slow = specification("9");
    bench.prepare("a2", "9", {
      address: "kiln_fleet.api",
      specification: {
        ...slow,
        name: "api",
        listen: { host: "127.0.0.1", port: 9090 },
        rollout: { ...slow.rollout, bake: 20_000, keepWarm: 0 },
      },
    });
    bench.everything();
    expect(bench.commit("a2", [WEB, API])?.decision.kind).toBe("commit");
    bench.work("push_table");
    bench.live(10_000);
    expect([bench.rollout("a2"), bench.rollout("a2", API)]).toEqual(["voted", "baking"]);
    expect(bench.instances(1, "verified")).toHaveLength(2);
    bench.live(11_000);
    expect([bench.rollout("a2"), bench.rollout("a2", API)]).toEqual(["complete", "complete"]);
  });
});

describe("bake and verdict", () => {
  function baking(): Bench {
    const bench = new Bench().serve("a1", "1");
    bench.prepare("a2", "2");
    bench.everything();
    bench.commit("a2");
    bench.work("push_table");
    expect(bench.rollout("a2")).toBe("baking");
    return bench;
  }

  test("given it passes, then kept: the old release is warm, and nothing of it is stopped", () => {
    const bench = baking();
    bench.live(6000);
    expect(bench.state.applies.get(apply("a2"))?.verdict.kind).toBe("kept");
    expect(bench.release(1)).toMatchObject({ status: "warm", good: true });
    expect(bench.instances(1, "verified")).toHaveLength(2);
    bench.live(60_000);
    expect(bench.instances(1, "retiring")).toHaveLength(2);
    expect(bench.commands("drain")).toHaveLength(2);
    expect(bench.commands("stop")).toHaveLength(0);
    bench.work("drain");
    expect(bench.commands("stop")).toHaveLength(2);
    bench.work("stop");
    expect(bench.release(1)?.status).toBe("retired");
  });

  test("given no check came during the bake, then it does not pass: no data is no pass", () => {
    const bench = baking();
    bench.pass(60_000);
    expect(bench.rollout("a2")).toBe("baking");
    bench.live(1000);
    expect(bench.rollout("a2")).toBe("complete");
  });

  test("given a bake that is shorter than the interval, then it waits for the first check after the switch", () => {
    const bench = new Bench().serve("a1", "1");
    const wish = specification("2");
    bench.prepare("a2", "2", { specification: { ...wish, rollout: { ...wish.rollout, bake: 100 } } });
    bench.everything();
    bench.commit("a2");
    bench.work("push_table");
    bench.pass(200);
    expect(bench.rollout("a2")).toBe("baking");
    bench.live(1000);
    expect(bench.rollout("a2")).toBe("complete");
  });

  test("given failed checks in a row, then the old table is wanted, and the new ones end after it is acknowledged", () => {
    const bench = baking();
    const [id] = bench.instances(2);
    bench.probed(id!, "500");
    expect(bench.rollout("a2")).toBe("baking");
    bench.probed(id!, "500");
    expect(bench.rollout("a2")).toBe("aborting");
    expect(bench.routed()).toEqual([1, 1]);
    expect(bench.commands("drain")).toEqual([]);
    expect(bench.commands("stop")).toEqual([]);
    bench.work("push_table");
    expect(bench.commands("drain")).toHaveLength(2);
    expect(bench.rollout("a2")).toBe("aborting");
    bench.work("drain", "stop");
    expect(bench.rollout("a2")).toBe("aborted");
    expect(bench.release(2)?.status).toBe("aborted");
    expect(bench.release(1)?.status).toBe("serving");
  });

  test("given the lease runs out in the bake, then nothing happens (F4)", () => {
    const bench = baking();
    bench.at += 100_000;
    bench.send({ kind: "tick" });
    expect(bench.state.applies.get(apply("a2"))?.decision.kind).toBe("commit");
  });

  test("given a refused table, then it is switched back with that reason", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    bench.everything();
    bench.commit("a1");
    const { version } = bench.state.table.wanted;
    bench.send({ kind: "table_refused", version, diagnostic: errorDiagnostic("In use", "nginx has it.") });
    expect(bench.state.applies.get(apply("a1"))?.verdict).toMatchObject({
      kind: "back",
      reason: "web: In use: nginx has it.",
    });
    bench.everything();
    expect(bench.rollout("a1")).toBe("aborted");
    expect(bench.state.fleets.get(WEB)?.serving).toBeUndefined();
  });
});
