import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EXIT } from "../../src/kernel/index.ts";
import { said } from "../cli/world.ts";
import { recordsOf } from "./home.ts";
import { startScene, told } from "./scene.ts";
import type { Scene } from "./scene.ts";

const LIMIT = 60_000;
/** After a kill the proxy must answer again within this: milliseconds. */
const PROXY_BACK = 2_000;

describe("two users at once, under load", () => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await startScene();
  }, LIMIT);
  afterAll(async () => scene?.end(), LIMIT);

  test(
    "of two applies one gets the lock, and the other is told who has it",
    async () => {
      scene.writeVersion(2);
      const first = scene.start("apply", "-auto-approve");
      const second = scene.start("apply", "-auto-approve");
      const ends = await Promise.all([first.ended, second.ended]);
      const winner = ends.find(({ code }) => code === EXIT.done);
      const loser = ends.find(({ code }) => code === EXIT.error);
      expect([winner, loser], ends.map(told).join("\n")).not.toContain(undefined);
      const holder = winner === ends[0] ? first.pid : second.pid;
      const message = said(loser?.err ?? "");
      expect(message).toContain("apply -auto-approve");
      expect(message).toContain(String(holder));
      await scene.comesToRest(2, "after two applies");
    },
    LIMIT,
  );

  test(
    "a down during an apply is told who has the lock, and takes nothing down",
    async () => {
      scene.writeVersion(3);
      const apply = scene.start("apply", "-auto-approve");
      await scene.untilRollout("preparing", "prepared");
      // It goes on only when the other command has been answered.
      apply.signal("SIGSTOP");
      const down = await scene.kiln("down");
      apply.signal("SIGCONT");
      expect(down.code, told(down)).toBe(EXIT.error);
      expect(said(down.err)).toContain(String(apply.pid));
      const ended = await apply.ended;
      expect(ended.code, told(ended)).toBe(EXIT.done);
      await scene.comesToRest(3, "after the down that was refused");
    },
    LIMIT,
  );

  test(
    "a scale during a rollout counts for both releases and outlives it",
    async () => {
      scene.writeVersion(4);
      const apply = scene.start("apply", "-auto-approve");
      await scene.untilRollout("preparing", "prepared");
      apply.signal("SIGSTOP");
      const scale = await scene.kiln("scale", "web=4");
      apply.signal("SIGCONT");
      expect(scale.code, told(scale)).toBe(EXIT.done);
      const ended = await apply.ended;
      expect(ended.code, told(ended)).toBe(EXIT.done);
      await scene.comesToRest(4, "after a scale in a rollout");
      expect(recordsOf(scene.home).fleets[0]).toMatchObject({ scaledTo: 4 });
    },
    LIMIT,
  );

  test(
    "a rollback in the bake of an apply switches back, and the apply says so",
    async () => {
      scene.writeVersion(5);
      const main = readFileSync(path.join(scene.directory, "main.tf"), "utf8");
      scene.write("main.tf", main.replace(`"600ms"`, `"30s"`));
      const apply = scene.start("apply", "-auto-approve");
      await scene.untilRollout("baking");
      const rollback = await scene.kiln("rollback", "web");
      expect(rollback.code, told(rollback)).toBe(EXIT.done);
      const ended = await apply.ended;
      expect(ended.code, told(ended)).toBe(EXIT.switchedBack);
      expect(said(ended.err)).toContain("rolled back to release 4");
      await scene.comesToRest(4, "after a rollback in a bake");
    },
    LIMIT,
  );

  test(
    "a killed proxy is back by itself with its table, and no instance is touched",
    async () => {
      const instances = scene.pids("instance");
      const [proxy] = scene.pids("proxy");
      await scene.load.stop();
      const failed = scene.load.figures().failed.total;
      expect(scene.kill("proxy")).toBe(true);
      const killedAt = Date.now();
      let answered: { readonly version: string } | undefined;
      while (answered === undefined && Date.now() - killedAt < 10_000) {
        try {
          answered = (await (await fetch(scene.url)).json()) as { readonly version: string };
        } catch {
          // Refused until it is back.
          await sleep(10);
        }
      }
      const took = Date.now() - killedAt;
      expect(failed).toBe(0);
      expect(answered?.version).toBe("4");
      expect(took).toBeLessThan(PROXY_BACK);
      expect(scene.pids("proxy")).not.toEqual([proxy]);
      expect(scene.pids("proxy")).toHaveLength(1);
      expect(scene.pids("instance")).toEqual(instances);
    },
    LIMIT,
  );

  test(
    "a proxy and a daemon killed together: the next command brings both back",
    async () => {
      const instances = scene.pids("instance");
      scene.kill("daemon");
      scene.kill("proxy");
      const status = await scene.kiln("status");
      expect(status.code, told(status)).toBe(EXIT.done);
      expect(await (await fetch(scene.url)).json()).toMatchObject({ version: "4" });
      expect(scene.pids("instance")).toEqual(instances);
    },
    LIMIT,
  );
});
