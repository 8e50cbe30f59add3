import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseId, releaseNumber } from "../kernel/index.ts";
import type { FleetId, InstanceId } from "../kernel/index.ts";
import type { InstanceExit, ReleaseContent, Runtime, StartRequest } from "../fleets/index.ts";

/** What a runtime's tests give to the suite: applications that behave in a known way. */
export interface RuntimeFixture {
  readonly runtime: Runtime;
  /** Serves until SIGTERM. */
  readonly serves: ReleaseContent;
  /** Prints "goodbye" and ends with 3 at once. */
  readonly endsAtOnce: ReleaseContent;
  /** Serves, and does not end for SIGTERM. */
  readonly ignoresTerm: ReleaseContent;
  /** Whether something answers at the instance's address. */
  answers(address: { readonly host: string; readonly port: number }): Promise<boolean>;
  /** Waits until the condition holds; fails the test otherwise. */
  until(condition: () => boolean | Promise<boolean>): Promise<void>;
  remove(): Promise<void>;
}

const counter = { value: 0 };

/** A request to start a new instance. */
export function requestFor(content: ReleaseContent, epoch = 1): StartRequest {
  counter.value += 1;
  return {
    id: parseId<"instance">(`instance${String(counter.value).padStart(6, "0")}`),
    epoch,
    fleet: { id: parseId<"fleet">("lineage/kiln_fleet.web") satisfies FleetId, name: "web" },
    release: releaseNumber(1),
    content,
  };
}

/** What every runtime does alike. */
export function describeRuntime(name: string, create: () => Promise<RuntimeFixture>): void {
  describe(`the ${name} runtime`, () => {
    let fixture: RuntimeFixture;
    let runtime: Runtime;
    const started: InstanceId[] = [];
    beforeEach(async () => {
      fixture = await create();
      runtime = fixture.runtime;
      await runtime.fence(1);
    });
    afterEach(async () => {
      for (const id of started.splice(0)) await runtime.stop(id, 0, 1_000_000);
      await fixture.remove();
    });
    const start = async (content: ReleaseContent) => {
      const request = requestFor(content);
      started.push(request.id);
      const result = await runtime.start(request);
      if (result.kind === "failed")
        throw new Error(`${result.diagnostic.summary}: ${result.diagnostic.detail}`);
      return { request, instance: result.instance };
    };

    test("starts an instance that answers, lists it, and stops it whole", async () => {
      const { request, instance } = await start(fixture.serves);
      await fixture.until(() => fixture.answers(instance.address));
      expect((await runtime.list()).running).toEqual([instance]);
      await runtime.stop(request.id, 5000, 1);
      expect(await fixture.answers(instance.address)).toBe(false);
      expect(await runtime.list()).toEqual({ running: [], ended: [] });
    });

    test("starts one instance for one id, however often it is asked", async () => {
      const request = requestFor(fixture.serves);
      started.push(request.id);
      const results = await Promise.all(Array.from({ length: 20 }, () => runtime.start(request)));
      expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
      expect((await runtime.list()).running).toHaveLength(1);
    });

    test("stops what is gone, or never was, without complaint", async () => {
      const { request } = await start(fixture.serves);
      await runtime.stop(request.id, 5000, 1);
      await runtime.stop(request.id, 5000, 1);
      await runtime.stop(parseId<"instance">("never"), 5000, 1);
    });

    test("tells when an instance ends by itself, with its last output", async () => {
      const exits: InstanceExit[] = [];
      const stopWatching = runtime.watch((exit) => exits.push(exit));
      const { request } = await start(fixture.endsAtOnce);
      await fixture.until(() => exits.length > 0);
      stopWatching();
      expect(exits).toHaveLength(1);
      expect(exits[0]).toMatchObject({ id: request.id, code: 3 });
      expect(exits[0]?.output).toContain("goodbye");
      const { running, ended } = await runtime.list();
      expect(running).toEqual([]);
      expect(ended.map((exit) => exit.id)).toEqual([request.id]);
    });

    test("does not tell of an end that was asked for", async () => {
      const exits: InstanceExit[] = [];
      const stopWatching = runtime.watch((exit) => exits.push(exit));
      const { request, instance } = await start(fixture.serves);
      await fixture.until(() => fixture.answers(instance.address));
      await runtime.stop(request.id, 5000, 1);
      stopWatching();
      expect(exits).toEqual([]);
    });

    test("ends an instance that ignores SIGTERM when its time is over", async () => {
      const { request, instance } = await start(fixture.ignoresTerm);
      await fixture.until(() => fixture.answers(instance.address));
      await runtime.stop(request.id, 300, 1);
      expect(await fixture.answers(instance.address)).toBe(false);
      expect((await runtime.list()).running).toEqual([]);
    });

    test("keeps the output of an instance that is gone", async () => {
      const exits: InstanceExit[] = [];
      const stopWatching = runtime.watch((exit) => exits.push(exit));
      const { request } = await start(fixture.endsAtOnce);
      await fixture.until(() => exits.length > 0);
      stopWatching();
      await runtime.stop(request.id, 1000, 1);
      expect(await runtime.output(request.id, 1000)).toContain("goodbye");
    });

    test("refuses a daemon whose epoch is over", async () => {
      const { request } = await start(fixture.serves);
      await runtime.fence(5);
      await expect(runtime.start(requestFor(fixture.serves, 4))).rejects.toThrow(/epoch 4 is over/);
      await expect(runtime.stop(request.id, 1000, 4)).rejects.toThrow(/epoch 4 is over/);
      await expect(runtime.fence(4)).rejects.toThrow(/epoch 4 is over/);
      expect((await runtime.list()).running).toHaveLength(1);
    });

    test("finds no drift in an instance as it was made", async () => {
      const { request, instance } = await start(fixture.serves);
      await fixture.until(() => fixture.answers(instance.address));
      expect(await runtime.drift(request.id, request.content)).toEqual([]);
    });
  });
}
