import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../src/kernel/index.ts";
import { startScene, told } from "./scene.ts";
import type { Scene } from "./scene.ts";

/** How many random kills; a soak sets more: `KILN_KILL_ROUNDS=100 npx vitest run test/kill/kill.test.ts`. */
const SOAK = process.env["KILN_KILL_ROUNDS"];
const ROUNDS = Number(SOAK ?? 4);
/** An engine that is silent for so long may not decide any more: milliseconds. */
const LEASE = 30_000;
/** Everybody's run kills at the same moments; a soak looks for others. */
const USUAL_SEED = 4;
const SEED = Number(process.env["KILN_SEED"] ?? (SOAK === undefined ? USUAL_SEED : Date.now() % 1_000_000));
/** A round with everything that it waits for: milliseconds. */
const ROUND_LIMIT = 60_000;
/** A kill comes at most so long after its command began: from its first file to the drain of what it replaced. */
const LATEST: Readonly<Record<Action, number>> = { apply: 4000, rollback: 2500, scale: 2000, restart: 2000 };

type Action = "apply" | "rollback" | "scale" | "restart";
type Victim = "daemon" | "command" | "both";

describe("killed with SIGKILL under load", () => {
  const random = seededRandom(SEED);
  const pick = <One>(from: readonly One[]): One => {
    const one = from[Math.floor(random.next() * from.length)];
    if (one === undefined) throw new Error("nothing to pick from");
    return one;
  };
  let scene: Scene;
  /** The version that serves, and the highest that was ever written. */
  let serves = 1;
  let written = 1;

  beforeAll(async () => {
    process.stdout.write(`KILN_SEED=${SEED} repeats these kills\n`);
    scene = await startScene();
  }, ROUND_LIMIT);
  afterAll(async () => scene?.end(), ROUND_LIMIT);

  /** Release by version; a rollback goes to one of the last three. */
  const releaseOf = new Map([[1, 1]]);

  /** The words of a command that may be repeated, and the version that serves once it succeeded. */
  function wordsOf(action: Action): { readonly words: readonly string[]; readonly version: number } {
    switch (action) {
      case "apply":
        written += 1;
        scene.writeVersion(written);
        return { words: ["apply", "-auto-approve"], version: written };
      case "rollback": {
        const [version, release] = pick([...releaseOf].slice(-3));
        return { words: ["rollback", "web", String(release)], version };
      }
      case "scale":
        return { words: ["scale", `web=${pick([2, 3, 4])}`], version: serves };
      case "restart":
        return { words: ["rollout", "restart", "web"], version: serves };
    }
  }

  for (let round = 1; round <= ROUNDS; round++) {
    // Each action comes once before chance alone decides.
    const fixed = (["apply", "rollback", "scale", "restart"] as const)[round - 1];
    const action = fixed ?? pick<Action>(["apply", "apply", "rollback", "scale", "restart"]);
    const victim = pick<Victim>(["daemon", "command", "both"]);
    const moment = Math.floor(random.next() * LATEST[action]);
    test(
      `round ${round} of seed ${SEED}: ${victim} killed ${moment} ms into ${action}`,
      async () => {
        const { words, version } = wordsOf(action);
        const running = scene.start(...words);
        await sleep(moment);
        if (victim !== "command") scene.kill("daemon");
        if (victim !== "daemon") running.signal("SIGKILL");
        const ended = await running.ended;
        // A command whose daemon is killed has it started again, and succeeds.
        if (victim === "daemon") expect(ended.code, told(ended)).toBe(0);
        const again = await scene.kiln(...words);
        expect(again.code, told(again)).toBe(0);
        serves = version;
        if (action === "apply") releaseOf.set(version, scene.serving());
        await scene.comesToRest(serves, `after kiln ${words.join(" ")}`);
      },
      ROUND_LIMIT,
    );
  }

  test(
    "an apply that is killed while it prepares: the next one takes that back, says so, and goes on",
    async () => {
      const { words, version } = wordsOf("apply");
      const running = scene.start(...words);
      await scene.untilRollout("preparing", "prepared");
      running.signal("SIGKILL");
      await running.ended;
      const again = await scene.kiln(...words);
      expect(again.code, told(again)).toBe(0);
      expect(again.err).toContain("An earlier apply was cut short");
      serves = version;
      await scene.comesToRest(serves, "after an apply that was killed while it prepared");
    },
    ROUND_LIMIT,
  );

  test.skipIf(SOAK === undefined)(
    "an apply that is killed, and nothing after it: its lease takes it back (but in a soak skipped: it takes 30 s)",
    async () => {
      const { words } = wordsOf("apply");
      const running = scene.start(...words);
      await scene.untilRollout("preparing", "prepared");
      running.signal("SIGKILL");
      await running.ended;
      await sleep(LEASE);
      await scene.comesToRest(serves, "after the lease ran out");
    },
    ROUND_LIMIT + LEASE,
  );

  test(
    `a destroy of seed ${SEED} is killed, and the next command ends it`,
    async () => {
      const final = await scene.load.stop();
      expect(final.failed, JSON.stringify(final.samples)).toMatchObject({ total: 0 });
      const running = scene.start("destroy", "-auto-approve");
      await sleep(Math.floor(random.next() * 1500));
      scene.kill("daemon");
      running.signal("SIGKILL");
      await running.ended;
      const down = await scene.kiln("down");
      expect(down.code, told(down)).toBe(0);
      expect(await scene.processes()).toEqual([]);
    },
    ROUND_LIMIT,
  );
});
