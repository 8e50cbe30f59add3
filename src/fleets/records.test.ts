import { describe, expect, test } from "vitest";
import { errorDiagnostic, releaseNumber } from "../kernel/index.ts";
import { apply, ASKED, Bench, WEB } from "./testing/machine-bench.ts";

describe("grant and settle", () => {
  const granted = (bench: Bench, id: string, release: number) =>
    bench.send({
      kind: "grant",
      message: { apply: apply(id), releases: [{ fleet: WEB, release: releaseNumber(release) }] },
    }).answer;

  test("before kept it is refused; after it the warm release is spent and goes (F12)", () => {
    const bench = new Bench().serve("a1", "1");
    bench.prepare("a2", "2");
    expect(granted(bench, "a2", 1)).toMatchObject({ answer: { kind: "refused" } });
    bench.everything();
    bench.commit("a2");
    bench.work("push_table");
    bench.live(6000);
    expect(granted(bench, "a2", 1)).toMatchObject({ answer: { kind: "granted", gone: false } });
    bench.work("drain", "stop");
    expect(granted(bench, "a2", 1)).toMatchObject({ answer: { kind: "granted", gone: true } });
    const rollback = bench.send({
      kind: "rollback",
      message: { ...ASKED, apply: apply("b"), fleet: WEB, release: releaseNumber(1) },
    });
    expect(rollback.answer).toMatchObject({
      answer: { diagnostic: { summary: "Release cannot serve any more" } },
    });
  });

  test("the serving release is not granted", () => {
    const bench = new Bench().serve("a1", "1");
    expect(granted(bench, "a1", 1)).toMatchObject({
      answer: { diagnostic: { summary: "Release is in use" } },
    });
  });

  test("settled: the apply is forgotten, the rollout is still shown, an open one stays (F10)", () => {
    const bench = new Bench().serve("a1", "1");
    bench.send({ kind: "settled", message: { apply: apply("a1") } });
    expect(bench.state.applies.has(apply("a1"))).toBe(false);
    expect(bench.rollout("a1")).toBe("complete");
    bench.prepare("a2", "2");
    bench.send({ kind: "settled", message: { apply: apply("a2") } });
    expect(bench.state.applies.get(apply("a2"))?.settled).toBe(false);
  });
});

describe("recovery", () => {
  test("leases get a full new term, and the table a new epoch", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    bench.at += 29_000;
    bench.state = { ...bench.state, epoch: 2 };
    bench.send({ kind: "recovered", node: "here" });
    expect(bench.state.applies.get(apply("a1"))?.coordinator).toMatchObject({
      leaseUntil: bench.at + 30_000,
    });
    expect(bench.state.table.wanted).toMatchObject({ epoch: 2 });
  });

  test("an intent that runs is adopted, one that does not is started again, what ended has failed", () => {
    const bench = new Bench().serve("a1", "1");
    const [ended, alive] = bench.instances(1);
    const running = { id: alive!, address: { host: "127.0.0.1", port: 20_001 } };
    bench.send({ kind: "adopted", running: [running], ended: [{ id: ended!, code: 1, output: "x" }] });
    expect(bench.instances(1, "verified")).toEqual([alive]);
    expect(bench.instances(1, "retiring")).toEqual([ended]);
    const [intent] = bench.instances(1, "intent");
    bench.send({ kind: "adopted", running: [running], ended: [] });
    expect(bench.commands("start")).toEqual([`start ${intent}`]);
    bench.send({ kind: "adopted", running: [running, { ...running, id: intent! }], ended: [] });
    expect(bench.instances(1, "started")).toEqual([intent]);
  });

  test("what comes to life under a tombstone is destroyed (F20)", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    const [id] = bench.instances(1);
    bench.send({ kind: "start_failed", instance: id!, diagnostic: errorDiagnostic("No answer", "") });
    bench.work("stop");
    expect(bench.instances(1, "gone")).toContain(id);
    bench.started(id!);
    expect(bench.commands("stop")).toEqual([`stop ${id}`]);
  });
});

describe("retention", () => {
  test("as many rollback targets are kept as declared", () => {
    const bench = new Bench();
    for (const version of ["1", "2", "3", "4", "5"]) bench.serve(`a${version}`, version);
    bench.live(70_000);
    bench.everything();
    expect(
      [...bench.state.releases.values()].map((release) => [Number(release.number), release.status]),
    ).toEqual([
      [3, "retired"],
      [4, "retired"],
      [5, "serving"],
    ]);
    expect(bench.prepare("a6", "4")).toEqual({ kind: "accepted", target: 4 });
  });

  test("tombstones are kept for a day", () => {
    const bench = new Bench().serve("a1", "1");
    bench.send({ kind: "instance_exited", exit: { id: bench.instances(1)[0]!, output: "" } });
    bench.everything();
    expect(bench.instances(1, "gone")).toHaveLength(1);
    bench.pass(24 * 3_600_000);
    expect(bench.instances(1, "gone")).toHaveLength(0);
  });
});
