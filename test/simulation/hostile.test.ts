import { afterEach, describe, expect, test } from "vitest";
import { fleetId } from "../../src/kernel/index.ts";
import type { ApplyId, FleetId, ReleaseNumber } from "../../src/kernel/index.ts";
import { Laws } from "./laws.ts";
import { LINEAGE, specificationOf, WEB, World } from "./world.ts";
import type { Wish } from "./world.ts";

const ASKED = { who: "ana", why: "kiln apply" };
const API_ADDRESS = "kiln_fleet.api";
const API = fleetId(LINEAGE, API_ADDRESS);

/** Two things at once, or one at the worst moment; the laws are looked at after every event of every story. */
interface Watched {
  readonly world: World;
  readonly laws: Laws;
}

let watched: Watched | undefined;

async function given(...wishes: readonly Wish[]): Promise<World> {
  const world = new World();
  watched = { world, laws: new Laws(world) };
  await world.start();
  for (const wish of wishes) expect(await world.apply(wish)).toBe("kept");
  return world;
}

afterEach(async () => {
  const now = watched;
  watched = undefined;
  if (now === undefined) return;
  await now.world.pass(120_000);
  expect(now.laws.violations).toEqual([]);
  expect(now.laws.unfinished()).toEqual([]);
});

const phaseOf = (world: World, apply: ApplyId, fleet: FleetId = WEB) =>
  world.controller.state().rollouts.get(`${apply} ${fleet}`)?.phase.kind;

async function commit(world: World, apply: ApplyId, fleets: readonly FleetId[] = [WEB]) {
  return world.until(world.controller.commit({ ...ASKED, apply, lineage: LINEAGE, fleets }));
}

/** An apply up to this phase. */
async function during(world: World, wish: Wish, phase: string): Promise<ApplyId> {
  const { apply } = await world.prepare(wish);
  if (phase === "preparing") return apply;
  await world.untilPhase(apply, (kind) => kind === "prepared");
  if (phase === "prepared") return apply;
  await commit(world, apply);
  await world.untilPhase(apply, (kind) => kind === phase);
  return apply;
}

const versions = (world: World) =>
  world.runtime
    .instances()
    .filter(({ state }) => state === "running")
    .map(({ request }) => Number(request.release))
    .toSorted((a, b) => a - b);

/** Takes a second fleet of the same apply. */
async function prepareApi(world: World, apply: ApplyId, wish: Wish, base?: number) {
  return world.until(
    world.controller.prepare({
      ...ASKED,
      apply,
      lineage: LINEAGE,
      address: API_ADDRESS,
      ...(base === undefined ? {} : { base: base as ReleaseNumber }),
      specification: specificationOf({ name: "api", listen: 9090, ...wish }),
      lease: 30_000,
    }),
  );
}

describe("a daemon that is killed at the worst moment", () => {
  test("between the decision and the table: the next one pushes it, and the rollout goes on", async () => {
    const world = await given({ version: "1" });
    const { apply } = await world.prepare({ version: "2" });
    await world.untilPhase(apply, (kind) => kind === "prepared");
    world.proxy.fault = (call) => (call === "apply" ? "unreachable" : "none");
    expect((await commit(world, apply)).decision.kind).toBe("commit");
    expect(world.serving()).toEqual([1, 1, 1]);
    await world.restart();
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(phaseOf(world, apply)).toBe("switching");
    world.proxy.fault = () => "none";
    await world.untilPhase(apply, (kind) => kind === "complete");
    expect(world.serving()).toEqual([2, 2, 2]);
  });

  test("between the verdict back and the table: the next one switches back, and only then ends the new", async () => {
    const world = await given({ version: "1" });
    const apply = await during(world, { version: "2", bake: 60_000 }, "baking");
    world.proxy.fault = (call) => (call === "apply" ? "unreachable" : "none");
    await world.steer("abort");
    await world.restart();
    await world.pass(20_000);
    expect(world.serving()).toEqual([2, 2, 2]);
    expect(versions(world)).toEqual([1, 1, 1, 2, 2, 2]);
    world.proxy.fault = () => "none";
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(versions(world)).toEqual([1, 1, 1]);
  });

  test("while what was switched back drains: it is drained anew, and then ends", async () => {
    const world = await given({ version: "1" });
    world.proxy.requestTime = () => 4000;
    const apply = await during(world, { version: "2", bake: 60_000 }, "baking");
    await world.steer("abort");
    await world.pass(500);
    expect(phaseOf(world, apply)).toBe("aborting");
    expect(world.serving()).toEqual([1, 1, 1]);
    await world.restart();
    await world.pass(1000);
    expect(versions(world)).toEqual([1, 1, 1, 2, 2, 2]);
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(versions(world)).toEqual([1, 1, 1]);
  });
});

describe("the verdict back", () => {
  test("while an earlier release still drains: both end, and neither holds up the other", async () => {
    const world = await given({ version: "1" }, { version: "2", keepWarm: 1000 });
    world.proxy.requestTime = () => 4500;
    const scaled = world.scale(2);
    await scaled;
    const apply = await during(world, { version: "3", bake: 60_000, replicas: 2 }, "baking");
    await world.steer("abort");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(world.serving()).toEqual([2, 2]);
  });

  test("with a base whose instance died in the bake: its stand-in is started, and serves", async () => {
    const world = await given({ version: "1" });
    const apply = await during(world, { version: "2", bake: 60_000 }, "baking");
    const old = world.runtime.instances().find(({ request }) => Number(request.release) === 1);
    if (old !== undefined) world.runtime.crash(old.id);
    await world.steer("abort");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    await world.pass(10_000);
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("is followed by the next apply at once: it waits until the first is taken back", async () => {
    const world = await given({ version: "1" });
    world.proxy.requestTime = () => 3000;
    const apply = await during(world, { version: "2", bake: 60_000 }, "baking");
    await world.steer("abort");
    expect(phaseOf(world, apply)).toBe("aborting");
    expect(await world.apply({ version: "3" })).toBe("kept");
    expect(world.serving()).toEqual([3, 3, 3]);
  });
});

describe("scaled to nothing", () => {
  test("nothing runs, and the address stays; more again brings them back", async () => {
    const world = await given({ version: "1" });
    await world.scale(0);
    await world.pass(10_000);
    expect(versions(world)).toEqual([]);
    expect(world.proxy.table.routes).toHaveLength(1);
    expect(world.serving()).toEqual([]);
    await world.scale(2);
    await world.pass(10_000);
    expect(world.serving()).toEqual([1, 1]);
  });

  test("a restart, a rollback and a release of nothing are kept, and start nothing", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    await world.scale(0);
    await world.pass(10_000);
    expect((await world.steer("restart")).kind).toBe("started");
    await world.pass(10_000);
    expect((await world.rollback()).kind).toBe("started");
    await world.pass(10_000);
    expect(world.controller.state().fleets.get(WEB)?.serving).toBe(1);
    expect(versions(world)).toEqual([]);
    expect(await world.apply({ version: "3", replicas: 0 })).toBe("kept");
    expect(versions(world)).toEqual([]);
  });

  test("in a bake, and back again before it ends", async () => {
    const world = await given({ version: "1" });
    const apply = await during(world, { version: "2", bake: 20_000 }, "baking");
    await world.scale(0);
    await world.pass(3000);
    expect(world.serving()).toEqual([]);
    await world.scale(3);
    await world.untilPhase(apply, (kind) => kind === "complete");
    expect(world.serving()).toEqual([2, 2, 2]);
  });
});

describe("a rollback", () => {
  test("while an instance is being healed goes on without waiting for it", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    world.behaviours.set("2", { healthyAfter: 8000 });
    const dead = world.runtime.instances().find(({ request }) => Number(request.release) === 2);
    if (dead !== undefined) world.runtime.crash(dead.id);
    await world.pass(1000);
    expect((await world.rollback()).kind).toBe("started");
    await world.pass(3000);
    expect(world.serving()).toEqual([1, 1, 1]);
    world.behaviours.clear();
  });

  test("to a warm release that lost an instance boots just that one", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    const warm = world.runtime.instances().filter(({ request }) => Number(request.release) === 1);
    if (warm[0] !== undefined) world.runtime.crash(warm[0].id);
    await world.pass(2000);
    expect(versions(world)).toEqual([1, 1, 2, 2, 2]);
    expect((await world.rollback()).kind).toBe("started");
    await world.pass(10_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    const kept = world.runtime.instances().map(({ id }) => id);
    expect(kept).toEqual(expect.arrayContaining(warm.slice(1).map(({ id }) => id)));
  });

  test("to an older release in the bake of a newer one: first back, then to it", async () => {
    const world = await given({ version: "1" }, { version: "2" });
    const apply = await during(world, { version: "3", bake: 60_000 }, "baking");
    expect((await world.rollback(1)).kind).toBe("started");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    await world.pass(30_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(world.controller.state().fleets.get(WEB)?.hold).toMatchObject({ from: 2, at: 1 });
  });

  test("of which the daemon is killed goes on by itself", async () => {
    const world = await given({ version: "1" }, { version: "2", keepWarm: 0 });
    await world.pass(20_000);
    expect((await world.rollback(1)).kind).toBe("started");
    await world.restart();
    await world.pass(20_000);
    expect(world.serving()).toEqual([1, 1, 1]);
  });
});

describe("more than the image changes in one apply", () => {
  test.each([
    { from: 3, to: 5 },
    { from: 5, to: 1 },
  ])("replicas $from -> $to: kept with the new number", async ({ from, to }) => {
    const world = await given({ version: "1", replicas: from });
    const apply = await during(world, { version: "2", replicas: to, bake: 5000, keepWarm: 0 }, "baking");
    expect(world.serving()).toHaveLength(to);
    expect(versions(world).filter((version) => version === 1)).toHaveLength(from);
    await world.untilPhase(apply, (kind) => kind === "complete");
    await world.pass(10_000);
    expect(versions(world)).toEqual(Array.from({ length: to }, () => 2));
  });

  test("replicas: switched back to the old number", async () => {
    const world = await given({ version: "1" });
    const apply = await during(world, { version: "2", replicas: 1, bake: 60_000 }, "baking");
    await world.steer("abort");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("the address: new with the switch, old again with the verdict back", async () => {
    const world = await given({ version: "1" });
    const port = () => world.proxy.table.routes.map(({ listen }) => listen.port);
    const apply = await during(world, { version: "2", listen: 8081, bake: 60_000 }, "prepared");
    expect(port()).toEqual([8080]);
    await commit(world, apply);
    await world.untilPhase(apply, (kind) => kind === "baking");
    expect(port()).toEqual([8081]);
    await world.steer("abort");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    expect(port()).toEqual([8080]);
    expect(world.serving()).toEqual([1, 1, 1]);
  });

  test("after a scale an apply brings what is declared", async () => {
    const world = await given({ version: "1" });
    await world.scale(6);
    await world.pass(10_000);
    expect(await world.apply({ version: "2", keepWarm: 0 })).toBe("kept");
    await world.pass(10_000);
    expect(versions(world)).toEqual([2, 2, 2]);
  });
});

describe("two fleets in one apply", () => {
  async function both(): Promise<World> {
    const world = await given();
    const { apply } = await world.prepare({ version: "1" });
    expect((await prepareApi(world, apply, { version: "11" })).kind).toBe("accepted");
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.pass(3000);
    await commit(world, apply, [WEB, API]);
    await world.untilPhase(apply, (kind) => kind === "complete");
    await world.until(world.controller.settled({ apply }));
    return world;
  }
  const apiServes = (world: World) => world.controller.state().fleets.get(API)?.serving;

  test("one never gets ready: neither is switched, and nothing new is left", async () => {
    const world = await both();
    world.behaviours.set("12", { exitAfter: 200 });
    const { apply } = await world.prepare({ version: "2" });
    await prepareApi(world, apply, { version: "12" }, 1);
    await world.untilPhase(apply, (kind) => kind === "aborted");
    await world.pass(10_000);
    expect(phaseOf(world, apply, API)).toBe("aborted");
    expect([world.controller.state().fleets.get(WEB)?.serving, apiServes(world)]).toEqual([1, 1]);
    expect(versions(world)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test("one fails its bake after the other has passed: both are switched back in one table", async () => {
    const world = await both();
    world.behaviours.set("12", { unhealthyAfter: 12_000 });
    const { apply } = await world.prepare({ version: "2", bake: 2000 });
    await prepareApi(world, apply, { version: "12", bake: 60_000 }, 1);
    await world.pass(5000);
    await commit(world, apply, [WEB, API]);
    await world.untilPhase(apply, (kind) => kind === "voted");
    expect(world.serving()).toEqual([2, 2, 2, 2, 2, 2]);
    await world.untilPhase(apply, (kind) => kind === "aborted");
    await world.pass(10_000);
    expect(phaseOf(world, apply, API)).toBe("aborted");
    expect(world.serving()).toEqual([1, 1, 1, 1, 1, 1]);
    world.behaviours.clear();
  });

  test("an instance of the one that has passed dies while the other bakes: it is healed", async () => {
    const world = await both();
    const { apply } = await world.prepare({ version: "2", bake: 1000 });
    await prepareApi(world, apply, { version: "12", bake: 20_000 }, 1);
    await world.pass(5000);
    await commit(world, apply, [WEB, API]);
    await world.untilPhase(apply, (kind) => kind === "voted");
    const victim = world.runtime
      .instances()
      .find(({ request }) => request.fleet.id === WEB && Number(request.release) === 2);
    if (victim !== undefined) world.runtime.crash(victim.id);
    await world.untilPhase(apply, (kind) => kind === "complete");
    await world.pass(5000);
    expect(world.serving()).toEqual([2, 2, 2, 2, 2, 2]);
  });

  test("one is destroyed by another user while both are prepared: the group is taken back", async () => {
    const world = await both();
    const { apply } = await world.prepare({ version: "2" });
    await prepareApi(world, apply, { version: "12" }, 1);
    await world.untilPhase(apply, (kind) => kind === "prepared");
    await world.pass(3000);
    await world.until(world.controller.destroy({ ...ASKED, apply: world.newApply(), fleet: API }));
    const standing = await commit(world, apply, [WEB, API]);
    expect(standing.decision.kind).toBe("abort");
    await world.untilPhase(apply, (kind) => kind === "aborted");
    await world.pass(10_000);
    expect(world.serving()).toEqual([1, 1, 1]);
    expect(apiServes(world)).toBeUndefined();
  });
});
