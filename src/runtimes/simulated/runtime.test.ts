import { describe, expect, test } from "vitest";
import type { ReleaseContent } from "../../fleets/index.ts";
import { parseId, systemClock } from "../../kernel/index.ts";
import { describeRuntime, requestFor } from "../runtime.suite.ts";
import { wellBehaved } from "./behaviour.ts";
import type { Behaviour, CallFault } from "./behaviour.ts";
import { createSimulatedRuntime } from "./runtime.ts";

function content(version: string): ReleaseContent {
  return {
    runtime: "simulated",
    image: parseId<"image">("sha256:0"),
    command: ["serve"],
    workdir: "/",
    environment: { VERSION: version },
    secrets: {},
    health: {
      probe: { kind: "tcp" },
      interval: 100,
      timeout: 100,
      healthyThreshold: 1,
      unhealthyThreshold: 1,
      startDeadline: 1000,
    },
    mounts: [],
    limits: {},
    stopTimeout: 100,
  };
}

const quick: Behaviour = { ...wellBehaved, startDelay: 1, healthyAfter: 0, stopDelay: 1 };
const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  ends: { ...quick, exitAfter: 1, exitCode: 3, output: "goodbye\n" },
  stubborn: { ...quick, ignoresTerm: true },
  broken: { ...quick, startFailure: "no such executable" },
};

function create(fault: () => CallFault = () => "none") {
  return createSimulatedRuntime({
    clock: systemClock,
    behave: (request) => BEHAVIOURS[request.content.environment["VERSION"] ?? ""] ?? quick,
    fault,
  });
}

describeRuntime("simulated", async () => {
  const runtime = create();
  return {
    runtime,
    serves: content("serves"),
    endsAtOnce: content("ends"),
    ignoresTerm: content("stubborn"),
    answers: async ({ port }) => {
      const one = runtime.instances().find((instance) => instance.port === port);
      return one !== undefined && (await runtime.execute(one.id, [], 100)).healthy;
    },
    until: async (condition) => {
      for (let attempt = 0; attempt < 500; attempt++) {
        if (await condition()) return;
        await systemClock.sleep(2);
      }
      throw new Error("it did not come true");
    },
    remove: async () => {},
  };
});

describe("what can be done to simulated instances", () => {
  test("a start that fails leaves nothing", async () => {
    const runtime = create();
    expect(await runtime.start(requestFor(content("broken")))).toMatchObject({
      kind: "failed",
      diagnostic: { detail: "no such executable" },
    });
    expect(runtime.instances()).toEqual([]);
  });

  test("a lost reply: it runs, and the caller is told that it failed; asked again it is the same one", async () => {
    const faults: CallFault[] = ["lost_reply"];
    const runtime = create(() => faults.shift() ?? "none");
    const request = requestFor(content("serves"));
    await expect(runtime.start(request)).rejects.toThrow("lost");
    expect(runtime.instances()).toHaveLength(1);
    expect(await runtime.start(request)).toMatchObject({ kind: "started", instance: { id: request.id } });
    expect(runtime.instances()).toHaveLength(1);
  });

  test("a stop while it starts: nothing runs in the end", async () => {
    const runtime = create();
    const request = requestFor(content("serves"));
    const starting = runtime.start(request);
    await runtime.stop(request.id, 100, 1);
    expect((await starting).kind).toBe("failed");
    expect(runtime.instances()).toEqual([]);
  });

  test("a fence that is raised while it starts: the old daemon's instance does not come to life", async () => {
    const runtime = create();
    const starting = runtime.start(requestFor(content("serves")));
    await runtime.fence(2);
    await expect(starting).rejects.toThrow("epoch 1 is over");
    expect(runtime.instances()).toEqual([]);
  });

  test("crash, sicken, heal, tamper, reboot", async () => {
    const runtime = create();
    const told: string[] = [];
    runtime.watch(({ id, signal }) => told.push(`${id} ${signal}`));
    const [one, two] = [requestFor(content("serves")), requestFor(content("serves"))];
    await runtime.start(one);
    await runtime.start(two);
    runtime.sicken(one.id, true);
    expect(await runtime.execute(one.id, [], 10)).toEqual({ healthy: false, reason: "answered 503" });
    runtime.heal(one.id);
    expect(await runtime.execute(one.id, [], 10)).toEqual({ healthy: true });
    runtime.tamper(one.id);
    expect(await runtime.drift(one.id, one.content)).toMatchObject([{ kind: "file_changed" }]);
    expect(runtime.crash(one.id)).toBe(true);
    expect(runtime.crash(one.id)).toBe(false);
    runtime.reboot();
    expect(told).toEqual([`${one.id} SIGKILL`]);
    expect((await runtime.list()).ended).toHaveLength(2);
  });
});
