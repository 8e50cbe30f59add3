import { readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { lostRequests, newCounts, startLoad } from "../../demo/load.ts";
import type { Load } from "../../demo/load.ts";
import { appVersion, freePort, makeWorld } from "../cli/world.ts";
import type { Ran, World } from "../cli/world.ts";
import { disorder, processesOf, recordsOf } from "./home.ts";

/** What is under way may take so long to end after a kill: milliseconds. */
const COMES_TO_REST = 20_000;
/** Between two looks at everything, and at one record: milliseconds. */
const POLL = 150;
const LOOK = 10;

/** A copy of `examples/web` that serves, and a load that watches it. */
export interface Scene extends World {
  readonly url: string;
  readonly load: Load;
  /** Writes the application as another version; the next apply rolls it out. */
  writeVersion(version: number): void;
  /** Kills what has the role, if anything does. Whether something did. */
  kill(role: "daemon" | "proxy"): boolean;
  /** In ascending order. */
  pids(role: "daemon" | "proxy" | "instance"): readonly number[];
  /** The release that serves by the records. */
  serving(): number;
  /** Waits until a rollout is in one of the phases by the records. */
  untilRollout(...phases: readonly string[]): Promise<void>;
  /** Waits until nothing is under way; then all laws hold, no request failed, and this version alone answers. */
  comesToRest(version: number, what: string): Promise<void>;
  end(): Promise<void>;
}

/** What the rounds change of the example: bakes and checks are short, and what is replaced is soon retired. */
function quickened(text: string, bake: string): string {
  return text
    .replace(`interval       = "500ms"`, `interval       = "200ms"`)
    .replace(`bake      = "2s"`, `bake      = "${bake}"`)
    .replace(`keep_warm = "10m"`, `keep_warm = "2s"`);
}

export interface SceneOptions {
  /** How long releases are watched; absent: 600ms. */
  readonly bake?: string;
  /** Makes the home what it has to be; it is an empty directory then. */
  readonly prepareHome?: (directory: string) => void;
}

/** Release 1 serves, and the load runs. */
export async function startScene({ bake = "600ms", prepareHome }: SceneOptions = {}): Promise<Scene> {
  const world = makeWorld("web");
  prepareHome?.(world.home);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const app = readFileSync(path.join(world.directory, "app", "server.js"), "utf8");
  const main = readFileSync(path.join(world.directory, "main.tf"), "utf8");
  world.write("main.tf", quickened(main, bake));
  world.write("terraform.tfvars", `port = ${port}\n`);
  const up = await world.kiln("up");
  expect([up.code, up.err]).toEqual([0, ""]);
  const load = startLoad(url, false);
  await load.next();

  const pids: Scene["pids"] = (role) =>
    processesOf(world.home)
      .filter((process) => process.role === role)
      .map(({ pid }) => pid)
      .toSorted((a, b) => a - b);
  return {
    ...world,
    url,
    load,
    pids,
    serving: () => recordsOf(world.home).fleets[0]?.serving ?? 0,
    untilRollout: async (...phases) => {
      const deadline = Date.now() + COMES_TO_REST;
      while (!recordsOf(world.home).rollouts.some(({ phase }) => phases.includes(phase.kind))) {
        if (Date.now() > deadline) throw new Error(`no rollout is ${phases.join(" or ")}`);
        await sleep(LOOK);
      }
    },
    writeVersion: (version) => world.write("app/server.js", appVersion(app, String(version))),
    kill: (role) => {
      const found = pids(role);
      for (const pid of found) process.kill(pid, "SIGKILL");
      return found.length > 0;
    },
    comesToRest: async (version, what) => {
      const deadline = Date.now() + COMES_TO_REST;
      let left = disorder(world.home);
      while (left.length > 0 && Date.now() < deadline) {
        await sleep(POLL);
        left = disorder(world.home);
      }
      expect(left, what).toEqual([]);
      const before = await load.next();
      const after = await load.next();
      expect(Object.keys(newCounts(before.versions, after.versions)), what).toEqual([String(version)]);
      expect(after.failed, `${what}: failed requests`).toMatchObject({ total: 0 });
      expect(lostRequests(after), `${what}: requests lost with an instance that nobody killed`).toBe(0);
    },
    end: async () => {
      await load.stop();
      await world.destroy();
    },
  };
}

/** A command's end, for the message of an assertion. */
export function told({ code, out, err }: Ran): string {
  return `exit ${code}\n${out}\n${err}`;
}
