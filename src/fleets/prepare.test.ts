import { describe, expect, test } from "vitest";
import { errorDiagnostic, parseId, releaseNumber } from "../kernel/index.ts";
import { apply, ASKED, Bench, LINEAGE, specification } from "./testing/machine-bench.ts";

describe("prepare", () => {
  test("given no fleet, then an intent for each instance is written before anything starts", () => {
    const bench = new Bench();
    expect(bench.prepare("a1", "1")).toEqual({ kind: "accepted", target: 1 });
    expect(bench.instances(1, "intent")).toHaveLength(2);
    const written = bench.last?.changes.flatMap((one) => (one.collection === "instances" ? [one.key] : []));
    expect(written).toEqual(bench.instances(1));
    expect(bench.commands("start")).toHaveLength(2);
    expect(bench.routed()).toEqual([]);
  });

  test("given it was prepared, when it comes again, then the answer is the same and nothing is started twice", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    expect(bench.prepare("a1", "1")).toEqual({ kind: "accepted", target: 1 });
    expect(bench.instances(1)).toHaveLength(2);
    expect(bench.last?.changes).toEqual([]);
  });

  test("given another base serves than the plan saw, then it is refused", () => {
    const bench = new Bench().serve("a1", "1");
    const answer = bench.prepare("a2", "2", { base: releaseNumber(7) });
    expect(answer).toMatchObject({
      kind: "refused",
      diagnostic: { detail: "Fleet web serves release 1; the plan was made when it served release 7." },
    });
    expect(bench.state.applies.has(apply("a2"))).toBe(false);
  });

  test("given a rollout is under way, then another apply is refused", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    expect(bench.prepare("a2", "2")).toMatchObject({
      kind: "refused",
      diagnostic: { summary: "Another rollout is under way" },
    });
  });

  test("given the name or the address is another fleet's, then it is refused", () => {
    const bench = new Bench().serve("a1", "1");
    const other = { address: "kiln_fleet.api", base: undefined };
    const { base: _base, ...message } = other;
    const taken = { ...specification("1"), listen: { host: "127.0.0.1", port: 9090 } };
    const named = bench.send({
      kind: "prepare",
      message: {
        ...ASKED,
        ...message,
        apply: apply("a2"),
        lineage: LINEAGE,
        specification: taken,
        lease: 1000,
      },
    });
    expect(named.answer).toMatchObject({ answer: { diagnostic: { summary: "Fleet name is taken" } } });
    const foreign = bench.send({
      kind: "prepare",
      message: {
        ...ASKED,
        ...message,
        apply: apply("a3"),
        lineage: parseId("another"),
        specification: taken,
        lease: 1000,
      },
    });
    // Names are unique in a configuration, not on a machine.
    expect(foreign.answer).toMatchObject({ answer: { kind: "accepted" } });
    const port = bench.send({
      kind: "prepare",
      message: {
        ...ASKED,
        ...message,
        apply: apply("a2"),
        lineage: LINEAGE,
        specification: { ...specification("1"), name: "api" },
        lease: 1000,
      },
    });
    expect(port.answer).toMatchObject({ answer: { diagnostic: { summary: "Address is taken" } } });
  });

  test("given the proxy cannot listen there, then its diagnostic is the answer", () => {
    const problem = errorDiagnostic("Address already in use", "Port 8080 belongs to nginx.");
    const bench = new Bench();
    expect(bench.prepare("a1", "1", {}, problem)).toEqual({ kind: "refused", diagnostic: problem });
    expect(bench.state.fleets.size).toBe(0);
  });

  test("given a strategy that is not there yet, then it is refused with the attribute", () => {
    const wish = specification("1");
    const answer = new Bench().prepare("a1", "1", {
      specification: { ...wish, rollout: { ...wish.rollout, strategy: "canary" } },
    });
    expect(answer).toMatchObject({ kind: "refused", diagnostic: { attribute: "rollout.strategy" } });
  });

  test("given an apply that is decided, then it is refused", () => {
    const bench = new Bench();
    bench.send({ kind: "abort", message: { ...ASKED, apply: apply("a1"), lineage: LINEAGE } });
    expect(bench.prepare("a1", "1")).toMatchObject({ diagnostic: { summary: "Apply is decided" } });
  });

  test("given a new instance whose start fails, then the apply is aborted and its others are stopped", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    const [first, second] = bench.instances(1);
    bench.started(first!);
    bench.send({ kind: "start_failed", instance: second!, diagnostic: errorDiagnostic("No file", "app.js") });
    expect(bench.state.applies.get(apply("a1"))?.decision).toMatchObject({ kind: "abort" });
    expect(bench.commands("stop")).toHaveLength(2);
    expect(bench.rollout("a1")).toBe("aborting");
    bench.work("stop");
    expect(bench.rollout("a1")).toBe("aborted");
    expect(bench.release(1)?.reason).toContain("could not be started: No file: app.js");
  });

  test("given an instance that is never healthy, then its deadline aborts with what the last check found", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    bench.work("start");
    for (const id of bench.instances(1)) bench.probed(id, "connection refused");
    expect(bench.last?.commands.find((one) => one.kind === "wake")).toMatchObject({ due: bench.at + 10_000 });
    bench.pass(10_000);
    expect(bench.rollout("a1")).toBe("aborting");
    expect(bench.release(1)?.reason).toContain("was not healthy in time: connection refused");
  });

  test("given successes that are not in a row, then the instance is not verified", () => {
    const bench = new Bench();
    bench.prepare("a1", "1");
    bench.work("start");
    const [id] = bench.instances(1);
    bench.probed(id!);
    bench.probed(id!, "503");
    bench.probed(id!);
    expect(bench.instances(1, "verified")).toEqual([]);
    bench.probed(id!);
    expect(bench.instances(1, "verified")).toEqual([id]);
  });

  test("counters of checks are no reason for a transaction", () => {
    const bench = new Bench().serve("a1", "1");
    const [id] = bench.instances(1);
    bench.pass(1000);
    bench.probed(id!);
    expect(bench.last?.changes).toEqual([]);
    expect(bench.last?.events).toEqual([]);
  });
});
