import { describe, expect, test } from "vitest";
import { parseId } from "../../src/kernel/index.ts";
import { LINEAGE, WEB, World } from "./world.ts";
import type { Wish } from "./world.ts";

const ASKED = { who: "ana", why: "kiln apply" };

/** A world with a daemon and, one after the other, these versions applied. */
async function given(...wishes: readonly Wish[]): Promise<World> {
  const world = new World();
  await world.start();
  for (const wish of wishes) expect(await world.apply(wish)).toBe("kept");
  return world;
}

const releaseStatus = (world: World, release: number) =>
  world.controller.state().releases.get(`${WEB}#${release}`)?.status;

describe("blue-green", () => {
  test("given nothing, when a fleet is applied, then its instances serve", async () => {
    const world = await given({ version: "1" });
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.kinds()).toContain("switched");
  });

  test("given release 1, when version 2 is applied, then it serves, and release 1 stays warm for its time", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    expect(world.serving()).toEqual([2, 2, 2]);
    await world.pass(10_000);
    expect(world.runtime.instances()).toHaveLength(6);
    await world.pass(600_000);
    expect(world.runtime.instances()).toHaveLength(3);
    expect(releaseStatus(world, 1)).toBe("retired");
  });

  test("only the last release that served well stays warm", async () => {
    const world = await given({ version: "1" }, { version: "2" }, { version: "3" });
    await world.pass(10_000);
    expect([1, 2, 3].map((release) => releaseStatus(world, release))).toEqual(["retired", "warm", "serving"]);
    expect(world.runtime.instances()).toHaveLength(6);
  });

  test("given a version whose checks fail, then it is thrown away and the old one serves", async () => {
    const world = await given({ version: "1" });
    world.behaviours.set("2", { healthyAfter: 1e9, output: "cannot connect to db\n" });
    expect(await world.apply({ version: "2" })).toBe("aborted");
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances()).toHaveLength(3);
    const release = world.controller.state().releases.get(`${WEB}#2`);
    expect(release).toMatchObject({ status: "aborted" });
    expect(release?.reason).toContain("was not healthy in time: connection refused\ncannot connect to db");
  });

  test("given a version that exits at once, then its last lines are in the reason", async () => {
    const world = await given();
    world.behaviours.set("1", { exitAfter: 5, exitCode: 3, output: "no such file\n" });
    expect(await world.apply({ version: "1" })).toBe("aborted");
    expect(world.runtime.instances()).toHaveLength(0);
    expect(world.proxy.table.routes).toHaveLength(0);
    expect(world.controller.state().releases.get(`${WEB}#1`)?.reason).toMatch(
      /exited with code 3 .*\nno such file/,
    );
  });

  test("given a version that cannot be started, then the rollout is aborted with the runtime's reason", async () => {
    const world = await given();
    world.behaviours.set("1", { startFailure: "no such executable" });
    expect(await world.apply({ version: "1" })).toBe("aborted");
    expect(world.controller.state().releases.get(`${WEB}#1`)?.reason).toContain("no such executable");
  });

  test("an aborted content is rolled out again under its number", async () => {
    const world = await given({ version: "1" });
    world.behaviours.set("2", { exitAfter: 5 });
    expect(await world.apply({ version: "2" })).toBe("aborted");
    world.behaviours.clear();
    expect(await world.apply({ version: "2" })).toBe("kept");
    expect(world.serving()).toEqual([2, 2, 2]);
  });

  test("given checks that begin to fail in the bake, then traffic is switched back before the new ones end", async () => {
    const world = await given({ version: "1" });
    world.behaviours.set("2", { unhealthyAfter: 2000 });
    expect(await world.apply({ version: "2", bake: 20_000 })).toBe("back");
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances()).toHaveLength(3);
    expect(releaseStatus(world, 2)).toBe("aborted");
    expect(world.log.findLast((event) => event.kind === "rollout_ended")).toMatchObject({
      outcome: "aborted",
      switched: true,
    });
  });

  test("a new instance that dies in the bake fails it", async () => {
    const world = await given({ version: "1" });
    world.behaviours.set("2", { exitAfter: 4000 });
    expect(await world.apply({ version: "2", bake: 20_000 })).toBe("back");
  });

  test("an old instance that dies in the bake is healed from the old release", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2", bake: 20_000 });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.untilPhase(apply, (kind) => kind === "baking");
    const old = world.runtime.instances().find((instance) => instance.request.release === 1);
    world.runtime.crash(old!.id);
    await world.pass(5000);
    const ones = world.runtime
      .instances()
      .filter((one) => one.request.release === 1 && one.state === "running");
    expect(ones).toHaveLength(3);
    await world.untilPhase(apply, (kind) => kind === "complete");
  });

  test("a port that is taken is refused at prepare, and a table that is refused is switched back", async () => {
    const world = await given();
    world.proxy.taken.add(8080);
    expect((await world.prepare({ version: "1" })).answer).toMatchObject({
      kind: "refused",
      diagnostic: { summary: "Address already in use" },
    });
    world.proxy.taken.clear();
    const { apply } = await world.prepare({ version: "1" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    world.proxy.taken.add(8080);
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(world.controller.state().rollouts.get(`${apply} ${WEB}`)?.phase).toMatchObject({
      reason: expect.stringContaining("Address already in use") as string,
    });
    expect(world.runtime.instances()).toHaveLength(0);
  });

  test("only settings: more and fewer replicas, another port, and no instance is replaced", async () => {
    const world = await given({ version: "1" });
    const before = world.runtime.instances().map((instance) => instance.id);
    expect(await world.apply({ version: "1", replicas: 5 })).toBe("kept");
    expect(world.serving()).toEqual([1, 1, 1, 1, 1]);
    expect(await world.apply({ version: "1", replicas: 2, listen: 8081 })).toBe("kept");
    await world.pass(1000);
    expect(world.serving()).toEqual([1, 1]);
    expect(world.proxy.table.routes[0]?.listen.port).toBe(8081);
    expect(before).toEqual(expect.arrayContaining(world.runtime.instances().map((instance) => instance.id)));
  });
});

describe("who decides", () => {
  test("an engine that is gone: its lease aborts what is undecided", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    await world.pass(40_000);
    expect(world.controller.state().applies.get(apply)?.decision).toMatchObject({ kind: "abort" });
    expect(world.runtime.instances()).toHaveLength(3);
  });

  test("after the decision the lease means nothing", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2", bake: 60_000 });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.pass(70_000);
    expect(world.controller.state().applies.get(apply)?.verdict.kind).toBe("kept");
  });

  test("commit of an unknown apply writes abort, and a late prepare is refused", async () => {
    const world = await given();
    const apply = world.newApply();
    const commit = { ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] };
    expect(await world.until(world.controller.commit(commit))).toMatchObject({ decision: { kind: "abort" } });
    expect((await world.prepare({ version: "1" }, apply)).answer.kind).toBe("refused");
  });

  test("commit with other members than were prepared is an abort", async () => {
    const world = await given();
    const { apply } = await world.prepare({ version: "1" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    const fleets = [WEB, parseId<"fleet">("lineage/other")];
    const answer = await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets }));
    expect(answer.decision).toMatchObject({ kind: "abort", reason: "the apply has other members" });
  });

  test("a new instance that is sick at the commit is found by the last check", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    const one = world.runtime.instances().find((instance) => instance.request.release === 2);
    world.runtime.sicken(one!.id, true);
    const answer = await world.until(
      world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }),
    );
    expect(answer.decision.kind).toBe("abort");
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("what was handed over waits for a person, and a promote switches it", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.until(world.controller.handover({ apply, fleets: [WEB] }));
    await world.pass(100_000);
    const abort = await world.until(world.controller.abort({ ...ASKED, apply, lineage: LINEAGE }));
    expect(abort.decision.kind).toBe("open");
    expect(await world.steer("promote")).toMatchObject({ kind: "done" });
    await world.untilPhase(apply, (kind) => kind === "complete");
    expect(world.serving()).toEqual([2, 2, 2]);
  });

  test("a settled apply is forgotten, and its id opens nothing again", async () => {
    const world = await given();
    const { apply } = await world.prepare({ version: "1" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.untilPhase(apply, (kind) => kind === "complete");
    await world.until(world.controller.settled({ apply }));
    expect(world.controller.state().applies.has(apply)).toBe(false);
    const other = { ...ASKED, apply, lineage: LINEAGE, address: "kiln_fleet.api", lease: 1000 };
    const { specification } = world.controller.state().fleets.get(WEB)!;
    const answer = await world.until(world.controller.prepare({ ...other, specification }));
    expect(answer).toMatchObject({ kind: "refused", diagnostic: { summary: "Apply is over" } });
  });
});

describe("operators", () => {
  test("a rollback to a warm release is only a switch", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    const before = new Set(world.runtime.instances().map((instance) => instance.id));
    expect(await world.rollback()).toMatchObject({ kind: "started", target: 1 });
    await world.pass(200);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances().every((instance) => before.has(instance.id))).toBe(true);
    expect(world.controller.state().fleets.get(WEB)?.hold).toMatchObject({ from: 2, at: 1, who: "ana" });
  });

  test("a rollback to a release that is gone boots it anew", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    await world.pass(700_000);
    await world.rollback(1);
    await world.pass(20_000);
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("held: the content that was left is not rolled out again; other content is, and ends the hold", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    await world.rollback();
    await world.pass(1000);
    expect(await world.apply({ version: "2" })).toBe("held");
    expect(await world.apply({ version: "3" })).toBe("kept");
    expect(world.controller.state().fleets.get(WEB)?.hold).toBeUndefined();
    expect(world.kinds()).toContain("hold_ended");
  });

  test("rollout resume ends the hold", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    await world.rollback();
    await world.pass(1000);
    expect(await world.steer("resume")).toMatchObject({ kind: "done" });
    expect(await world.apply({ version: "2" })).toBe("kept");
  });

  test("a rollback in the bake is the verdict back of the whole group", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2", bake: 60_000 });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.untilPhase(apply, (kind) => kind === "baking");
    expect(await world.rollback()).toMatchObject({ kind: "done" });
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(world.controller.state().applies.get(apply)?.verdict.kind).toBe("back");
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("a paused bake does not pass before resume; promote ends it at once", async () => {
    const world = await given({ version: "1" });
    for (const action of ["resume", "promote"] as const) {
      const { apply } = await world.prepare({ version: action, bake: 5000 });
      await world.untilPhase(apply, (kind) => kind === "prepared");
      await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
      await world.untilPhase(apply, (kind) => kind === "baking");
      await world.steer("pause");
      await world.pass(60_000);
      expect(world.controller.state().rollouts.get(`${apply} ${WEB}`)?.phase.kind).toBe("baking");
      await world.steer(action);
      await world.untilPhase(apply, (kind) => kind === "complete");
    }
  });

  test("abort takes an open rollout back; retry rolls it out again", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    expect(await world.steer("abort")).toMatchObject({ kind: "done" });
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(await world.steer("retry")).toMatchObject({ kind: "started", target: 2 });
    await world.pass(30_000);
    expect(world.serving()).toEqual([2, 2, 2]);
  });

  test("restart replaces every instance of the serving release, and capacity stays", async () => {
    const world = await given({ version: "1" });
    const before = world.runtime.instances().map((instance) => instance.id);
    await world.steer("restart");
    await world.pass(30_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances().filter((instance) => before.includes(instance.id))).toHaveLength(0);
  });

  test("scale up and down", async () => {
    const world = await given({ version: "1" });
    await world.scale(6);
    await world.pass(10_000);
    expect(world.serving()).toHaveLength(6);
    await world.scale(2);
    await world.pass(10_000);
    expect(world.serving()).toHaveLength(2);
    expect(world.runtime.instances()).toHaveLength(2);
  });

  test("destroy leaves nothing", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    expect(await world.destroy()).toMatchObject({ kind: "started" });
    await world.pass(30_000);
    expect(await world.destroy()).toMatchObject({ kind: "done" });
    expect(world.runtime.instances()).toHaveLength(0);
    expect(world.proxy.table.routes).toHaveLength(0);
    expect(world.controller.state().fleets.size + world.controller.state().releases.size).toBe(0);
  });
});

describe("healing", () => {
  test("a killed instance leaves the table at once and is replaced", async () => {
    const world = await given({ version: "1" });
    world.runtime.crash(world.runtime.instances()[0]!.id);
    await world.pass(100);
    expect(world.serving()).toHaveLength(2);
    await world.pass(2000);
    expect(world.serving()).toHaveLength(3);
    expect(world.runtime.instances()).toHaveLength(3);
  });

  test("a tampered instance is replaced, and serves until its replacement does", async () => {
    const world = await given({ version: "1" });
    const [one] = world.runtime.instances();
    world.runtime.tamper(one!.id);
    let least = 3;
    world.proxy.onTable = () => {
      least = Math.min(least, world.serving().length);
    };
    const views = await world.until(world.controller.drift(WEB));
    expect(views[0]?.drift).toMatchObject([{ instance: one!.id, kind: "file_changed" }]);
    await world.pass(10_000);
    expect(least).toBe(3);
    expect(world.runtime.instances().map((instance) => instance.id)).not.toContain(one!.id);
    expect(world.runtime.instances()).toHaveLength(3);
  });

  test("an instance whose program of the machine changed is shown, and not replaced without end", async () => {
    const world = await given({ version: "1" });
    const before = world.runtime.instances().map((instance) => instance.id);
    for (const id of before) world.runtime.tamper(id, "executable");
    const views = await world.until(world.controller.drift(WEB));
    expect(views[0]?.drift).toHaveLength(3);
    await world.pass(20_000);
    expect(world.runtime.instances().map((instance) => instance.id)).toEqual(before);
  });

  test("an unhealthy instance leaves the table and is replaced; it comes back if it recovers first", async () => {
    const world = await given({ version: "1" });
    const [one, two] = world.runtime.instances();
    world.runtime.sicken(one!.id, true);
    await world.pass(15_000);
    expect(world.serving()).toHaveLength(3);
    expect(world.runtime.instances().map((instance) => instance.id)).not.toContain(one!.id);
    world.behaviours.set("*", { healthyAfter: 8000 });
    world.runtime.sicken(two!.id, true);
    await world.pass(4000);
    expect(world.serving()).toHaveLength(2);
    world.runtime.sicken(two!.id, false);
    await world.pass(60_000);
    expect(world.serving()).toHaveLength(3);
    expect(world.runtime.instances().map((instance) => instance.id)).toContain(two!.id);
    expect(world.runtime.instances()).toHaveLength(3);
  });

  test("when most fail at once the check is distrusted: all are routed to, and one is replaced at a time", async () => {
    const world = await given({ version: "1", replicas: 4 });
    world.behaviours.set("*", { healthyAfter: 1e9 });
    for (const { id } of world.runtime.instances()) world.runtime.sicken(id, true);
    await world.pass(8000);
    expect(world.serving()).toHaveLength(4);
    expect(world.runtime.instances()).toHaveLength(5);
  });

  test("a crash loop backs off, up to a minute, and says so", async () => {
    const world = await given({ version: "1", replicas: 1 });
    world.behaviours.set("1", { exitAfter: 1 });
    world.log.length = 0;
    world.runtime.crash(world.runtime.instances()[0]!.id);
    await world.pass(600_000);
    const starts = world.kinds().filter((kind) => kind === "instance_starting").length;
    expect(starts).toBeGreaterThan(10);
    expect(starts).toBeLessThan(20);
    expect(world.kinds()).toContain("crash_loop");
    world.behaviours.clear();
    await world.pass(130_000);
    expect(world.serving()).toHaveLength(1);
    expect(world.controller.state().fleets.get(WEB)?.backoff.failures).toBe(0);
  });
});

describe("a daemon that is killed", () => {
  test("adopts what runs: nothing is started or stopped", async () => {
    const world = await given({ version: "1" });
    const before = world.runtime.instances().map((instance) => instance.id);
    await world.restart();
    await world.pass(10_000);
    expect(world.runtime.instances().map((instance) => instance.id)).toEqual(before);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.kinds().filter((kind) => kind === "instance_adopted")).toHaveLength(3);
  });

  test("goes on in the middle of a rollout", async () => {
    for (const phase of ["preparing", "switching", "baking"]) {
      const world = await given({ version: "1" });
      const { apply } = await world.prepare({ version: "2" });
      if (phase !== "preparing") {
        await world.untilPhase(apply, (kind) => kind === "prepared");
        await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
        await world.untilPhase(apply, (kind) => kind === phase);
      }
      await world.restart();
      if (phase === "preparing") {
        await world.untilPhase(apply, (kind) => kind === "prepared");
        await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
      }
      await world.untilPhase(apply, (kind) => kind === "complete");
      expect(world.serving()).toEqual([2, 2, 2]);
      expect(world.runtime.instances()).toHaveLength(6);
    }
  });

  test("after a reboot everything is started anew", async () => {
    const world = await given({ version: "1" });
    world.runtime.reboot();
    await world.restart();
    await world.pass(20_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances()).toHaveLength(3);
  });
});

describe("two daemons", () => {
  test("the older one is fenced out: its messages are rejected, and it starts and stops nothing", async () => {
    const world = await given({ version: "1" });
    const old = world.controller;
    world.controller = world.newController();
    await world.start();
    const apply = world.newApply();
    const scale = { who: "ana", why: "kiln scale", apply, fleet: WEB, replicas: 9 };
    await expect(world.until(old.scale(scale))).rejects.toThrow("epoch 1 is over");
    await expect(world.until(old.scale(scale))).rejects.toThrow("epoch 1 is over");
    await world.pass(10_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.runtime.instances()).toHaveLength(3);
  });
});

describe("what is shown", () => {
  test("fleets: releases, instances without tombstones, endpoint, the rollout", async () => {
    const world = await given({ version: "1" }, { version: "2", keepWarm: 0 });
    await world.pass(30_000);
    const [view] = await world.until(world.controller.fleets());
    expect(view).toMatchObject({
      replicas: 3,
      endpoint: "http://127.0.0.1:8080",
      releases: [
        { number: 1, status: "retired" },
        { number: 2, status: "serving" },
      ],
      rollout: { target: 2, phase: { kind: "complete" } },
    });
    expect(view?.instances).toHaveLength(3);
  });

  test("why: the events from the start of the rollout that was kept, through what healing did since", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    world.runtime.crash(world.runtime.instances().find((one) => one.request.release === 2)!.id);
    await world.pass(5000);
    const events = await world.until(world.controller.why(WEB));
    const kinds = events.map(({ event }) => event.kind);
    expect(events[0]?.event).toMatchObject({ kind: "rollout_started", target: 2, who: "ana" });
    expect(kinds.indexOf("verdict")).toBeGreaterThan(kinds.indexOf("decided"));
    expect(kinds.indexOf("instance_failed")).toBeGreaterThan(kinds.indexOf("verdict"));
  });

  test("read waits for the next change, and no longer than it is told to", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    const { revision } = await world.until(world.controller.read({ apply }));
    const view = await world.until(world.controller.read({ apply, after: revision }));
    expect(view.revision).toBeGreaterThan(revision);
    expect(view.instances.every((instance) => instance.release === 2)).toBe(true);
    const before = world.clock.now();
    await world.until(world.controller.read({ apply, after: revision + 10_000, timeout: 700 }));
    expect(world.clock.now() - before).toBeLessThan(800);
    expect(await world.until(world.controller.read({ apply: world.newApply() }))).toMatchObject({
      rollouts: [],
    });
  });

  test("messages wait for the start, and are rejected when it fails or the daemon stops", async () => {
    const world = new World();
    const waiting = world.controller.fleets();
    await world.start();
    expect(await world.until(waiting)).toEqual([]);
    await world.controller.stop();
    await expect(world.until(world.scale(3))).rejects.toThrow("the daemon is stopping");
    world.controller = world.newController();
    world.runtimeFault = (call) => (call === "list" ? "refused" : "none");
    await expect(world.start()).rejects.toThrow("list refused");
    await expect(world.until(world.controller.fleets())).rejects.toThrow("list refused");
  });
});

describe("drivers that do not answer", () => {
  test("a start that hangs is given up, and what it started is destroyed", async () => {
    const world = await given({ version: "1" });
    let hung = 0;
    world.runtimeFault = (call) => (call === "start" && hung++ === 0 ? "hangs" : "none");
    expect(await world.apply({ version: "2" })).toBe("aborted");
    expect(world.runtime.instances()).toHaveLength(3);
    expect(world.controller.state().releases.get(`${WEB}#2`)?.reason).toContain(
      "did not answer within 10000 ms",
    );
  });

  test("a stop that hangs is asked for again", async () => {
    const world = await given({ version: "1" });
    let hung = 0;
    world.runtimeFault = (call) => (call === "stop" && hung++ === 0 ? "hangs" : "none");
    await world.scale(2);
    await world.pass(60_000);
    expect(world.controller.state().instances.size).toBe(3);
    expect(
      [...world.controller.state().instances.values()].filter((one) => one.phase.kind === "gone"),
    ).toHaveLength(1);
  });

  test("a proxy that is unreachable: the switch waits for it, and goes on", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    world.proxy.fault = () => "unreachable";
    await world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets: [WEB] }));
    await world.pass(60_000);
    expect(world.controller.state().rollouts.get(`${apply} ${WEB}`)?.phase.kind).toBe("switching");
    expect(world.serving()).toEqual([1, 1, 1]);
    world.proxy.fault = () => "none";
    await world.untilPhase(apply, (kind) => kind === "complete");
    expect(world.serving()).toEqual([2, 2, 2]);
  });

  test("a proxy that was started anew gets the table again", async () => {
    const world = await given({ version: "1" });
    const { version } = world.proxy.table;
    await world.until(world.controller.proxyRestarted());
    await world.pass(1000);
    expect(world.proxy.table.version).toBe(version + 1);
    expect(world.serving()).toEqual([1, 1, 1]);
  });
});

describe("a store that cannot be written", () => {
  test("then a message is rejected, nothing is begun, and sent again it is carried out", async () => {
    const world = await given();
    world.store.fault = () => "full";
    await expect(world.prepare({ version: "1" })).rejects.toThrow("no space left");
    expect(world.runtime.instances()).toHaveLength(0);
    world.store.fault = () => "none";
    expect(await world.apply({ version: "1" })).toBe("kept");
  });

  test("a crash that could not be written is written later", async () => {
    const world = await given({ version: "1" });
    world.store.fault = () => "full";
    world.runtime.crash(world.runtime.instances()[0]!.id);
    await world.pass(3000);
    world.store.fault = () => "none";
    await world.pass(10_000);
    expect(world.serving()).toHaveLength(3);
    expect(world.runtime.instances()).toHaveLength(3);
  });
});
