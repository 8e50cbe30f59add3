import { readFileSync } from "node:fs";
import { appendFile, chmod } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT } from "../src/kernel/index.ts";
import type { Load } from "./load.ts";
import type { Project } from "./project.ts";
import { lastEvent, readFleet } from "./status.ts";
import type { FleetStatus } from "./status.ts";

/** What a step has at hand. */
export interface Scene {
  readonly project: Project;
  readonly load: Load;
  readonly say: (line: string) => void;
  /** Writes down a law that broke, or an expectation that was not met. */
  readonly expect: (holds: boolean, what: string) => void;
}

/** What a step found, for the table. */
export interface StepResult {
  /** Milliseconds that the step's command took. */
  readonly took?: number;
  /** Milliseconds from the acknowledged switch to the last answer of the release that was left. */
  readonly lastOld?: number;
  /** Milliseconds from the decision to the acknowledged table. */
  readonly switched?: number;
  /** The version that must be the only one to answer now. */
  readonly serves: string;
}

export interface Step {
  readonly title: string;
  readonly run: (scene: Scene) => Promise<StepResult>;
}

const HEALTHY = 'answer(response, 200, { status: "ok"';
const BROKEN = 'answer(response, 500, { status: "broken"';
/** Fails its checks as soon as it has answered a client, while the answers stay right. */
const SICK_AFTER_TRAFFIC = 'answer(response, globalThis.served ? 503 : 200, { status: "ok"';
const SERVES = 'if (url.pathname === "/healthz")';
const NOTES_TRAFFIC =
  'if (url.pathname !== "/healthz") globalThis.served = true;\n  if (url.pathname === "/healthz")';

/** How long the fleet may take to heal or to scale. */
const HEALING_LIMIT = 15_000;

interface Ran {
  readonly output: string;
  readonly took: number;
}

async function run({ project, say, expect }: Scene, status: number, ...args: string[]): Promise<Ran> {
  say(`$ kiln ${args.join(" ")}`);
  const started = performance.now();
  const result = await project.kiln(...args);
  const took = Math.round(performance.now() - started);
  expect(result.status === status, `kiln ${args.join(" ")} exits ${status} (was ${result.status})`);
  if (result.status !== status) say(result.output);
  return { output: result.output, took };
}

/** Law 1, as clients see it: nothing that was sent after the switch was answered by the release that was left. */
async function leftBehind(scene: Scene, old: number, event: "switched" | "rollout_ended"): Promise<number> {
  const at = await lastEvent(scene.project, event);
  const { lastSent, lastAnswered } = await scene.load.next();
  const younger = (lastSent[old] ?? 0) - at;
  scene.expect(
    younger <= 0,
    `release ${old} answered nothing that was sent after the switch (${younger} ms)`,
  );
  return Math.max(0, (lastAnswered[old] ?? 0) - at);
}

const pids = (fleet: FleetStatus): string =>
  fleet.instances
    .map((one) => one.pid)
    .toSorted((a, b) => a - b)
    .join(", ");

function serving(fleet: FleetStatus): FleetStatus["instances"] {
  return fleet.instances.filter((one) => one.release === fleet.serving && one.verified);
}

/** Waits until the fleet is as it should be; says what it was where that does not happen. */
async function eventually(
  scene: Scene,
  what: string,
  holds: (fleet: FleetStatus) => boolean,
): Promise<FleetStatus> {
  const deadline = Date.now() + HEALING_LIMIT;
  for (;;) {
    const fleet = await readFleet(scene.project);
    if (holds(fleet) || Date.now() > deadline) {
      scene.expect(holds(fleet), what);
      return fleet;
    }
    await sleep(200);
  }
}

async function apply(scene: Scene, version: number, replacements: Record<string, string>, status: number) {
  await scene.project.writeApplication(version, replacements);
  return run(scene, status, "apply", "-auto-approve");
}

/** A release that must come to serve. */
function release(version: number, title: string): Step {
  return {
    title,
    run: async (scene) => {
      const before = await readFleet(scene.project);
      const { took } = await apply(scene, version, {}, EXIT.done);
      const fleet = await readFleet(scene.project);
      scene.expect(fleet.serving === version, `release ${version} serves`);
      scene.expect(serving(fleet).length === 3, "3 instances of it are verified");
      const lastOld = await leftBehind(scene, before.serving, "switched");
      return {
        serves: String(version),
        took,
        lastOld,
        ...(fleet.switchedIn === undefined ? {} : { switched: fleet.switchedIn }),
      };
    },
  };
}

/** A release that must be taken back, the one before untouched. */
function refused(version: number, title: string, replacements: Record<string, string>, status: number): Step {
  return {
    title,
    run: async (scene) => {
      const before = await readFleet(scene.project);
      const { output, took } = await apply(scene, version, replacements, status);
      scene.say(
        output
          .split("\n")
          .filter((line) => /abort|back|unhealthy|healthy in time|answered/i.test(line))
          .slice(0, 3)
          .join("\n"),
      );
      const after = await readFleet(scene.project);
      scene.expect(after.serving === before.serving, `release ${before.serving} still serves`);
      const kept = serving(before).every((one) => after.instances.some((other) => other.pid === one.pid));
      scene.expect(kept, "its instances kept their process ids");
      scene.expect(
        !after.instances.some((one) => one.release === version),
        `nothing of release ${version} is left`,
      );
      if (status === EXIT.switchedBack) await leftBehind(scene, version, "rollout_ended");
      return { serves: String(before.serving), took };
    },
  };
}

const rollbackWarm: Step = {
  title: "rollback to 1, warm",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    const warm = before.instances.filter((one) => one.release === 1);
    const { took } = await run(scene, EXIT.done, "rollback", "web", "1");
    const lastOld = await leftBehind(scene, before.serving, "switched");
    const after = await eventually(
      scene,
      "release 1 serves",
      (fleet) => fleet.serving === 1 && fleet.settled,
    );
    const same =
      warm.length === 3 && warm.every((one) => serving(after).some((other) => other.pid === one.pid));
    scene.expect(same, "the instances that were kept warm serve again, with their process ids");
    return {
      serves: "1",
      took,
      lastOld,
      ...(after.switchedIn === undefined ? {} : { switched: after.switchedIn }),
    };
  },
};

const rollbackCold: Step = {
  title: "rollback to 2, cold",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    scene.expect(!before.instances.some((one) => one.release === 2), "no instance of release 2 is left");
    const { took } = await run(scene, EXIT.done, "rollback", "web", "2");
    const lastOld = await leftBehind(scene, before.serving, "switched");
    const after = await eventually(
      scene,
      "release 2 serves",
      (fleet) => fleet.serving === 2 && fleet.settled,
    );
    scene.say(`new instances of release 2: processes ${pids({ ...after, instances: serving(after) })}`);
    scene.expect(serving(after).length === 3, "3 fresh instances of it are verified");
    return {
      serves: "2",
      took,
      lastOld,
      ...(after.switchedIn === undefined ? {} : { switched: after.switchedIn }),
    };
  },
};

const killDaemon: Step = {
  title: "the daemon is killed",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    const daemon = (await scene.project.processes()).find((process) => process.command.startsWith("kilnd"));
    scene.expect(daemon !== undefined, "the daemon runs");
    if (daemon !== undefined) process.kill(daemon.pid, "SIGKILL");
    scene.say(`kill -9 ${daemon?.pid} (kilnd); the instances go on`);
    await sleep(1500);
    const after = await readFleet(scene.project);
    const now = (await scene.project.processes()).find((process) => process.command.startsWith("kilnd"));
    scene.expect(now !== undefined && now.pid !== daemon?.pid, "the next command started a new daemon");
    scene.expect(pids(after) === pids(before), `the instances kept their process ids (${pids(before)})`);
    return { serves: String(before.serving) };
  },
};

const tamper: Step = {
  title: "a file is tampered with",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    const victim = serving(before)[0];
    if (victim === undefined) throw new Error("nothing serves");
    const file = path.join(scene.project.home, "instances", victim.id, "root", "app", "server.js");
    await chmod(file, 0o644);
    await appendFile(file, "\n// changed in place\n");
    scene.say(`echo "// changed in place" >> ${file}`);
    const { output: drift } = await run(scene, EXIT.done, "drift", "web");
    scene.expect(drift.includes("server.js"), "the drift names the file");
    scene.say(
      drift
        .split("\n")
        .filter((line) => line.includes("server.js"))
        .join("\n"),
    );
    await eventually(
      scene,
      "the drifted instance was replaced",
      (fleet) => serving(fleet).length === 3 && !fleet.instances.some((one) => one.id === victim.id),
    );
    return { serves: String(before.serving) };
  },
};

const killInstance: Step = {
  title: "an instance is killed",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    const victim = serving(before)[1];
    if (victim === undefined) throw new Error("nothing serves");
    process.kill(victim.pid, "SIGKILL");
    scene.say(`kill -9 ${victim.pid} (instance ${victim.id})`);
    await eventually(
      scene,
      "the killed instance was replaced",
      (fleet) => serving(fleet).length === 3 && !serving(fleet).some((one) => one.id === victim.id),
    );
    const { lost } = await scene.load.next();
    const others = Object.keys(lost).filter((id) => id !== victim.id);
    scene.expect(
      others.length === 0,
      `requests were lost with the killed instance alone (also with ${others.join(", ")})`,
    );
    return { serves: String(before.serving) };
  },
};

function scale(from: number, to: number): Step {
  return {
    title: `scale ${from} -> ${to}`,
    run: async (scene) => {
      const before = await readFleet(scene.project);
      await run(scene, EXIT.done, "scale", `web=${to}`);
      const after = await eventually(
        scene,
        `${to} instances serve`,
        (fleet) =>
          fleet.instances.filter((one) => one.release === fleet.serving).length === to &&
          serving(fleet).length === to,
      );
      const kept = serving(after).filter((one) => serving(before).some((other) => other.pid === one.pid));
      scene.expect(kept.length === Math.min(from, to), "no instance that stays was touched");
      return { serves: String(before.serving) };
    },
  };
}

const destroy: Step = {
  title: "destroy",
  run: async (scene) => {
    const before = await readFleet(scene.project);
    // Nothing new is sent from here on; what is in flight has to end well.
    const [last] = await Promise.all([scene.load.stop(), run(scene, EXIT.done, "down")]);
    scene.expect(
      last.sent === last.answered + last.failed.total + Object.values(last.lost).reduce((a, b) => a + b, 0),
      "every request was accounted for",
    );
    const left = await scene.project.processes();
    scene.expect(left.length === 0, `no process is left (${left.map((one) => one.command).join(", ")})`);
    const state = JSON.parse(readFileSync(path.join(scene.project.directory, "terraform.tfstate"), "utf8"));
    scene.expect(state.resources.length === 0, "the state is empty");
    return { serves: String(before.serving) };
  },
};

/** The whole story, in order; release 1 and the load are there before the first of these. */
export const STORY: readonly Step[] = [
  release(2, "release 2, blue-green"),
  refused(3, "release 3 never gets healthy", { [HEALTHY]: BROKEN }, EXIT.aborted),
  refused(
    4,
    "release 4 sickens in the bake",
    { [HEALTHY]: SICK_AFTER_TRAFFIC, [SERVES]: NOTES_TRAFFIC },
    EXIT.switchedBack,
  ),
  rollbackWarm,
  release(5, "release 5, ends the hold"),
  rollbackCold,
  killDaemon,
  tamper,
  killInstance,
  scale(3, 6),
  scale(6, 2),
  destroy,
];
