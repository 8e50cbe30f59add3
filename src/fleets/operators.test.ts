import { describe, expect, test } from "vitest";
import { releaseNumber } from "../kernel/index.ts";
import { apply, ASKED, Bench, LINEAGE, WEB } from "./testing/machine-bench.ts";
import type { RolloutMessage } from "./messages.ts";

function rollback(bench: Bench, id: string, release?: number) {
  const asked = release === undefined ? {} : { release: releaseNumber(release) };
  const message = { ...ASKED, apply: apply(id), fleet: WEB, ...asked };
  const { answer } = bench.send({ kind: "rollback", message });
  return answer.kind === "operator" ? answer.answer : undefined;
}

function steer(bench: Bench, id: string, action: RolloutMessage["action"]) {
  const message = { ...ASKED, apply: apply(id), fleet: WEB, action };
  const { answer } = bench.send({ kind: "rollout", message });
  return answer.kind === "operator" ? answer.answer : undefined;
}

function scale(bench: Bench, id: string, replicas: number) {
  const message = { ...ASKED, apply: apply(id), fleet: WEB, replicas };
  const { answer } = bench.send({ kind: "scale", message });
  return answer.kind === "operator" ? answer.answer : undefined;
}

function destroy(bench: Bench, id: string) {
  const { answer } = bench.send({ kind: "destroy", message: { ...ASKED, apply: apply(id), fleet: WEB } });
  return answer.kind === "operator" ? answer.answer : undefined;
}

/** Release 2 serves, release 1 is warm. */
const warm = () => new Bench().serve("a1", "1").serve("a2", "2");

/** Release 1 serves; the rollout of release 2 is as far as named. */
function underWay(phase: "preparing" | "prepared" | "switching" | "baking"): Bench {
  const bench = new Bench().serve("a1", "1");
  bench.prepare("a2", "2");
  if (phase !== "preparing") bench.everything();
  if (phase === "switching" || phase === "baking") bench.commit("a2");
  if (phase === "baking") bench.work("push_table");
  expect(bench.rollout("a2")).toBe(phase);
  return bench;
}

describe("rollback", () => {
  test("given a warm release, then the switch is decided in the same step, and nothing starts", () => {
    const bench = warm();
    expect(rollback(bench, "b1")).toEqual({ kind: "started", apply: "b1", target: 1 });
    expect(bench.routed()).toEqual([1, 1]);
    expect(bench.commands("start")).toEqual([]);
    bench.work("push_table");
    expect(bench.rollout("b1")).toBe("complete");
    expect(bench.log.some((event) => event.kind === "bake_started" && event.apply === "b1")).toBe(false);
    expect(bench.state.fleets.get(WEB)?.hold).toMatchObject({ from: 2, at: 1, who: "ana" });
  });

  test("given it comes again, then nothing is done twice", () => {
    const bench = warm();
    rollback(bench, "b1");
    bench.work("push_table");
    expect(rollback(bench, "b1")).toMatchObject({ kind: "started", target: 1 });
    expect(bench.routed()).toEqual([1, 1]);
  });

  test("given an unknown, a never kept or the serving release, then it says so", () => {
    const bench = underWay("preparing");
    expect(rollback(bench, "b1", 7)).toMatchObject({ diagnostic: { summary: "No such release" } });
    expect(rollback(bench, "b2", 2)).toMatchObject({ diagnostic: { summary: "Release never served well" } });
    expect(rollback(new Bench().serve("a1", "1"), "b3")).toMatchObject({
      diagnostic: { summary: "No release to go back to" },
    });
    expect(rollback(new Bench().serve("a1", "1"), "b4", 1)).toEqual({
      kind: "done",
      message: "Release 1 serves already.",
    });
  });

  test.each(["preparing", "prepared"] as const)("given a rollout that is %s, then it is aborted", (phase) => {
    const bench = underWay(phase);
    expect(rollback(bench, "b1")).toMatchObject({ kind: "done" });
    expect(bench.state.applies.get(apply("a2"))?.decision.kind).toBe("abort");
    expect(bench.state.fleets.get(WEB)?.hold).toBeUndefined();
  });

  test.each(["switching", "baking"] as const)(
    "given a rollout that is %s, then it is switched back",
    (phase) => {
      const bench = underWay(phase);
      expect(rollback(bench, "b1")).toMatchObject({ kind: "done" });
      expect(bench.state.applies.get(apply("a2"))?.verdict.kind).toBe("back");
      expect(bench.routed()).toEqual([1, 1]);
    },
  );

  test("given a bake and another target, then it is switched back, and the rollback waits for its end", () => {
    const bench = warm();
    bench.prepare("a3", "3");
    bench.everything();
    bench.commit("a3");
    bench.work("push_table");
    expect(rollback(bench, "b1", 1)).toMatchObject({ kind: "started", target: 1 });
    expect(bench.routed()).toEqual([2, 2]);
    expect(bench.rollout("b1")).toBe("prepared");
    bench.everything();
    expect(bench.rollout("a3")).toBe("aborted");
    expect(bench.routed()).toEqual([1, 1]);
  });

  test("given two rollbacks, then what is held is still the first release that was left", () => {
    const bench = warm().serve("a3", "3");
    rollback(bench, "b1");
    bench.everything();
    rollback(bench, "b2");
    bench.everything();
    bench.live(2000);
    bench.everything();
    expect(bench.state.fleets.get(WEB)?.hold).toMatchObject({ from: 3, at: 1 });
    rollback(bench, "b3", 3);
    bench.everything();
    bench.live(2000);
    bench.everything();
    expect(bench.routed()).toEqual([3, 3]);
    expect(bench.state.fleets.get(WEB)?.hold).toBeUndefined();
  });
});

describe("steering", () => {
  test("abort: open is thrown away, baking is switched back, kept is refused", () => {
    expect(steer(underWay("prepared"), "b1", "abort")).toMatchObject({ kind: "done" });
    const bench = underWay("baking");
    steer(bench, "b1", "abort");
    expect(bench.state.applies.get(apply("a2"))?.verdict).toMatchObject({
      kind: "back",
      reason: "aborted by ana",
    });
    expect(steer(warm(), "b1", "abort")).toMatchObject({ diagnostic: { summary: "Release is kept" } });
  });

  test("an abort that comes a second time, late, does not touch the next rollout", () => {
    const bench = underWay("prepared");
    steer(bench, "b1", "abort");
    bench.everything();
    bench.prepare("a3", "3");
    expect(steer(bench, "b1", "abort")).toMatchObject({ kind: "done" });
    expect(bench.rollout("a3")).toBe("preparing");
  });

  test("promote: refused while an engine decides; ends the bake; after the end it says so", () => {
    expect(steer(underWay("prepared"), "b1", "promote")).toMatchObject({ kind: "refused" });
    const bench = underWay("baking");
    steer(bench, "b1", "promote");
    expect(bench.state.applies.get(apply("a2"))?.verdict.kind).toBe("kept");
    expect(steer(bench, "b2", "promote")).toMatchObject({ kind: "done" });
  });

  test("promote while the switch is not acknowledged does not skip the acknowledgement", () => {
    const bench = underWay("switching");
    steer(bench, "b1", "promote");
    expect(bench.rollout("a2")).toBe("switching");
    bench.work("push_table");
    expect(bench.rollout("a2")).toBe("complete");
  });

  test("handed over: no lease, no abort by an engine; promote decides once the checks are young (F25)", () => {
    const bench = underWay("prepared");
    bench.send({ kind: "handover", message: { apply: apply("a2"), fleets: [WEB] } });
    bench.at += 100_000;
    bench.send({ kind: "abort", message: { ...ASKED, apply: apply("a2"), lineage: LINEAGE } });
    expect(bench.commit("a2")?.decision.kind).toBe("open");
    steer(bench, "b1", "promote");
    expect(bench.state.applies.get(apply("a2"))?.decision.kind).toBe("open");
    bench.live(250);
    expect(bench.state.applies.get(apply("a2"))?.decision.kind).toBe("commit");
  });

  test("a handover of what is not prepared changes nothing (F26)", () => {
    const bench = underWay("preparing");
    bench.send({ kind: "handover", message: { apply: apply("a2"), fleets: [WEB] } });
    expect(bench.state.applies.get(apply("a2"))?.coordinator.kind).toBe("engine");
  });

  test("pause holds the bake, not its failure", () => {
    const bench = underWay("baking");
    expect(steer(bench, "b1", "pause")).toMatchObject({ kind: "done" });
    bench.live(10_000);
    expect(bench.rollout("a2")).toBe("baking");
    for (const _ of [1, 2]) bench.probed(bench.instances(2)[0]!, "500");
    expect(bench.rollout("a2")).toBe("aborting");
    expect(steer(underWay("prepared"), "b1", "pause")).toMatchObject({ kind: "refused" });
  });

  test("retry: only of what was taken back", () => {
    expect(steer(warm(), "b1", "retry")).toMatchObject({ diagnostic: { summary: "Nothing to retry" } });
    const bench = underWay("prepared");
    expect(steer(bench, "b0", "retry")).toMatchObject({ diagnostic: { summary: "A rollout is under way" } });
    steer(bench, "b1", "abort");
    expect(steer(bench, "b2", "retry")).toMatchObject({ kind: "started", target: 2 });
    bench.everything();
    bench.live(7000);
    bench.everything();
    bench.live(7000);
    expect(bench.rollout("b2")).toBe("complete");
  });

  test("restart: new instances of the same release beside the old, switched in one table", () => {
    const bench = new Bench().serve("a1", "1");
    const before = bench.instances(1);
    expect(steer(bench, "b1", "restart")).toMatchObject({ kind: "started", target: 1 });
    bench.work("start");
    expect(bench.routed()).toEqual([1, 1]);
    bench.live(1000);
    const routed = bench.state.table.wanted.routes[0]?.targets[0]?.instances.map((one) => one.id);
    expect(routed).toHaveLength(2);
    expect(routed?.some((id) => before.includes(id))).toBe(false);
    expect(bench.instances(1, "retiring")).toEqual([]);
    bench.everything();
    expect(bench.instances(1, "gone").toSorted()).toEqual(before.toSorted());
    expect(bench.release(1)).toMatchObject({ status: "serving", good: true });
  });

  test("an unknown fleet", () => {
    expect(steer(new Bench(), "b1", "restart")).toMatchObject({ diagnostic: { summary: "No such fleet" } });
    expect(scale(new Bench(), "b1", 3)).toMatchObject({ diagnostic: { summary: "No such fleet" } });
  });
});

describe("scale", () => {
  test("up: the new ones are verified before they are routed to; down: out of the table before they stop", () => {
    const bench = new Bench().serve("a1", "1");
    expect(scale(bench, "b1", 3)).toEqual({ kind: "done", message: "web: 2 -> 3 instances." });
    bench.work("start");
    expect(bench.routed()).toHaveLength(2);
    bench.everything();
    expect(bench.routed()).toHaveLength(3);
    scale(bench, "b2", 1);
    expect(bench.routed()).toHaveLength(1);
    expect(bench.commands("drain")).toEqual([]);
    bench.work("push_table");
    expect(bench.commands("drain")).toHaveLength(2);
    expect(bench.commands("stop")).toEqual([]);
  });

  test("in a bake: both releases are scaled, and the number outlives the verdict", () => {
    const bench = underWay("baking");
    scale(bench, "b1", 3);
    expect(bench.instances(1)).toHaveLength(3);
    expect(bench.instances(2)).toHaveLength(3);
    bench.live(7000);
    expect(bench.rollout("a2")).toBe("complete");
    expect(bench.state.fleets.get(WEB)?.scaledTo).toBe(3);
  });

  test("the next apply goes back to what is declared", () => {
    const bench = new Bench().serve("a1", "1");
    scale(bench, "b1", 4);
    bench.everything();
    bench.serve("a2", "1");
    expect(bench.state.fleets.get(WEB)?.scaledTo).toBeUndefined();
    expect(bench.instances(1, "verified")).toHaveLength(2);
  });

  test("not a number of instances", () => {
    expect(scale(new Bench().serve("a1", "1"), "b1", -1)).toMatchObject({ kind: "refused" });
    expect(scale(new Bench().serve("a1", "1"), "b2", 1.5)).toMatchObject({ kind: "refused" });
  });
});

describe("destroy", () => {
  test("out of the table, acknowledged, drained, stopped, forgotten", () => {
    const bench = warm();
    expect(destroy(bench, "d1")).toMatchObject({ kind: "started" });
    expect(bench.routed()).toEqual([]);
    bench.work("push_table", "drain");
    expect(bench.state.fleets.has(WEB)).toBe(true);
    expect(destroy(bench, "d1")).toMatchObject({ kind: "started" });
    bench.work("stop");
    expect(bench.state.fleets.has(WEB)).toBe(false);
    expect(bench.state.releases.size).toBe(0);
    expect(bench.log.at(-1)).toMatchObject({ kind: "fleet_destroyed", who: "ana" });
    expect(destroy(bench, "d1")).toMatchObject({ kind: "done" });
  });

  test("in an open rollout that is aborted; in a bake it is refused", () => {
    const bench = underWay("prepared");
    expect(destroy(bench, "d1")).toMatchObject({ kind: "started" });
    bench.everything();
    expect(bench.state.fleets.has(WEB)).toBe(false);
    expect(destroy(underWay("baking"), "d1")).toMatchObject({ kind: "refused" });
  });

  test("a message from before the fleet was made does not destroy it", () => {
    const bench = new Bench().serve("a5", "1");
    expect(destroy(bench, "a4")).toMatchObject({ kind: "done" });
    expect(bench.state.fleets.get(WEB)?.destroying).toBe(false);
  });

  test("while it is destroyed nothing can be prepared", () => {
    const bench = new Bench().serve("a1", "1");
    destroy(bench, "d1");
    expect(bench.prepare("a2", "2")).toMatchObject({ diagnostic: { summary: "Fleet is being destroyed" } });
  });
});
