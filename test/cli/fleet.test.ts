import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { appVersion, freePort, makeWorld, said } from "./world.ts";
import type { World } from "./world.ts";

const LONG = 120_000;

/** One story in order: every step starts from where the one before left the fleet. */
describe("a fleet from the first release to the last process", () => {
  let world: World;
  let port = 0;
  let app = "";
  const variables = () => ["-var", `port=${port}`];
  const answer = async () =>
    (await (await fetch(`http://127.0.0.1:${port}/?nonce=n1`)).json()) as {
      version: string;
      instance: string;
      nonce: string;
    };

  beforeAll(async () => {
    world = makeWorld("web");
    port = await freePort();
    app = readFileSync(path.join(world.directory, "app", "server.js"), "utf8");
    world.write("app/server.js", appVersion(app, "1"));
  });
  afterAll(() => world.destroy(), LONG);

  test(
    "up brings release 1",
    async () => {
      const up = await world.kiln("up", ...variables());
      expect([up.code, up.err]).toEqual([0, ""]);
      expect(up.out).toContain("# release 1, 3 instances started");
      expect(up.out).toContain(`address = "http://127.0.0.1:${port}"`);
      expect(up.out).toMatch(/release 1 +███ +3 of 3 ready +serving/);
      expect(await answer()).toMatchObject({ version: "1", nonce: "n1" });
    },
    LONG,
  );

  test(
    "a plan without changes says so, and starts nothing",
    async () => {
      const plan = await world.kiln("plan", "-detailed-exitcode", ...variables());
      expect([plan.code, plan.err]).toEqual([0, ""]);
      expect(plan.out).toContain("No changes.");
    },
    LONG,
  );

  test(
    "a change is another release, switched to without being modified",
    async () => {
      world.write("app/server.js", appVersion(app, "2"));
      const plan = await world.kiln("plan", "-detailed-exitcode", ...variables());
      expect(plan.code).toBe(2);
      expect(plan.out).toContain("# release 1 -> 2, 3 instances replaced");
      expect(plan.out).toContain('+/- resource "kiln_image" "web"');
      expect(plan.out).toMatch(/~ digest .*# forces replacement/);
      const up = await world.kiln("up", ...variables());
      expect([up.code, up.err]).toEqual([0, ""]);
      expect(await answer()).toMatchObject({ version: "2" });
    },
    LONG,
  );

  test(
    "a version that exits at once is thrown away with its last words",
    async () => {
      world.write("app/server.js", `console.error("boom: no database"); process.exit(3);\n`);
      const up = await world.kiln("up", ...variables());
      expect(up.code).toBe(4);
      expect(up.err).toContain("Error: The new release was thrown away");
      expect(up.err).toContain("exited with code 3");
      expect(up.err).toContain("boom: no database");
      expect(await answer()).toMatchObject({ version: "2" });
      const state = await world.kiln("show", "-json");
      expect(JSON.parse(state.out)).toMatchObject({ values: { outputs: { release: { value: 2 } } } });
    },
    LONG,
  );

  test(
    "a version that never listens is thrown away",
    async () => {
      world.write("app/server.js", `console.log("thinking"); setInterval(() => {}, 1000);\n`);
      const main = readFileSync(path.join(world.directory, "main.tf"), "utf8");
      world.write(
        "main.tf",
        main.replace(`interval = "500ms"`, `interval = "200ms"\n    start_deadline = "2s"`),
      );
      const up = await world.kiln("up", ...variables());
      expect(up.code).toBe(4);
      expect(said(up.err)).toContain("was not healthy in time");
      expect(up.err).toContain("thinking");
      world.write("main.tf", main);
      expect(await answer()).toMatchObject({ version: "2" });
    },
    LONG,
  );

  test(
    "rollback goes to the release before, and later applies leave it held",
    async () => {
      world.write("app/server.js", appVersion(app, "2"));
      const back = await world.kiln("rollback", "web");
      expect([back.code, back.err]).toEqual([0, ""]);
      expect(await answer()).toMatchObject({ version: "1" });
      const apply = await world.kiln("apply", "-auto-approve", ...variables());
      expect(apply.code).toBe(7);
      expect(apply.err).toContain("Warning: Fleet is held");
      expect(await answer()).toMatchObject({ version: "1" });
      expect((await world.kiln("status")).out).toContain("held       at release 1, rolled back from 2");
      expect((await world.kiln("rollout", "resume", "web")).code).toBe(0);
      expect((await world.kiln("apply", "-auto-approve", ...variables())).code).toBe(0);
      expect(await answer()).toMatchObject({ version: "2" });
    },
    LONG,
  );

  test(
    "scale starts instances and replaces none",
    async () => {
      const before = await instancesOf("web");
      const scaled = await world.kiln("scale", "web=5");
      expect([scaled.code, scaled.err]).toEqual([0, ""]);
      // An override of the command line is shown by later plans.
      const plan = await world.kiln("plan");
      expect(plan.out + plan.err).toContain("scaled to 5 instances from the command line");
      const after = await instancesOf("web");
      expect(after.length).toBe(5);
      expect(after).toEqual(expect.arrayContaining(before));
    },
    LONG,
  );

  test(
    "why, releases, logs and history tell what happened",
    async () => {
      expect((await world.kiln("why", "web")).out).toMatch(
        /web runs release 2, because:[^]*traffic switched/,
      );
      const releases = JSON.parse((await world.kiln("releases", "web", "-json")).out) as {
        releases: unknown[];
      };
      expect(releases.releases.length).toBeGreaterThanOrEqual(2);
      expect((await world.kiln("logs", "web")).out).toContain("version 2 listens at");
      const history = (await world.kiln("history")).out;
      expect(history).toContain("aborted");
      expect(history).toContain("applied");
      const missing = await world.kiln("why", "wbe");
      expect([missing.code, missing.err]).toEqual([1, expect.stringContaining("There are: web.")]);
    },
    LONG,
  );

  test(
    "down leaves no process",
    async () => {
      expect((await world.processes()).length).toBeGreaterThan(5);
      const down = await world.kiln("down", ...variables());
      expect([down.code, down.err]).toEqual([0, ""]);
      expect(down.out).toContain("The daemon is stopped.");
      expect(await world.processes()).toEqual([]);
      await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
      const again = await world.kiln("down", ...variables());
      expect([again.code, again.out]).toEqual([0, expect.stringContaining("No daemon was running.")]);
    },
    LONG,
  );

  async function instancesOf(fleet: string): Promise<string[]> {
    const status = JSON.parse((await world.kiln("status", fleet, "-json")).out) as {
      fleets: { fleet: { serving: number }; instances: { id: string; release: number }[] }[];
    };
    const [view] = status.fleets;
    return (view?.instances ?? []).filter((one) => one.release === view?.fleet.serving).map((one) => one.id);
  }
});

describe("bad days", () => {
  let world: World;
  beforeAll(() => {
    world = makeWorld("web");
  });
  afterAll(() => world.destroy(), LONG);

  test(
    "a port that is taken is refused, and nothing is left",
    async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const up = await world.kiln("up", "-var", `port=${port}`);
      expect(up.code).toBe(4);
      expect(up.err).toContain(String(port));
      server.close();
      expect((await world.kiln("state", "list")).out).toBe("");
      expect((await world.kiln("down")).code).toBe(0);
      expect(await world.processes()).toEqual([]);
    },
    LONG,
  );

  test(
    "an app that ignores SIGTERM is ended after its stop_timeout",
    async () => {
      const port = await freePort();
      const main = readFileSync(path.join(world.directory, "main.tf"), "utf8");
      const app = readFileSync(path.join(world.directory, "app", "server.js"), "utf8");
      world.write("main.tf", main.replace(/replicas += 3/, `replicas = 1\n  stop_timeout = "500ms"`));
      world.write(
        "app/server.js",
        app.replace(/process\.on\("SIGTERM"[^]*$/, `process.on("SIGTERM", () => {});\n`),
      );
      expect((await world.kiln("up", "-var", `port=${port}`)).code).toBe(0);
      expect((await world.kiln("down", "-var", `port=${port}`)).code).toBe(0);
      expect(await world.processes()).toEqual([]);
      world.write("main.tf", main);
      world.write("app/server.js", app);
    },
    LONG,
  );

  test(
    "after a first release that failed, down leaves no process",
    async () => {
      const port = await freePort();
      const app = readFileSync(path.join(world.directory, "app", "server.js"), "utf8");
      world.write("app/server.js", "process.exit(1);\n");
      const up = await world.kiln("up", "-var", `port=${port}`);
      expect(up.code).toBe(4);
      expect(said(up.err)).toContain("Nothing of it is left.");
      world.write("app/server.js", app);
      expect((await world.kiln("down", "-var", `port=${port}`)).out).toContain("The daemon is stopped.");
      expect(await world.processes()).toEqual([]);
    },
    LONG,
  );

  test(
    "an apply that is killed is ended by the next one, and an interrupted one is taken back",
    async () => {
      const port = await freePort();
      const main = readFileSync(path.join(world.directory, "main.tf"), "utf8");
      world.write("main.tf", main.replace(`"2s"`, `"60s"`));
      const killed = world.start("apply", "-auto-approve", "-var", `port=${port}`);
      const baking = async () => (await world.kiln("status", "-json")).out.includes('"baking"');
      await expect.poll(baking, { timeout: 20_000, interval: 200 }).toBe(true);
      killed.signal("SIGKILL");
      await killed.ended;
      const rescue = world.start("apply", "-auto-approve", "-var", `port=${port}`);
      expect((await world.kiln("rollout", "promote", "web")).code).toBe(0);
      const rescued = await rescue.ended;
      expect([rescued.code, rescued.err]).toEqual([
        0,
        expect.stringContaining("An earlier apply was cut short"),
      ]);
      world.write("app/extra.txt", "another release");
      const interrupted = world.start("apply", "-auto-approve", "-var", `port=${port}`);
      await expect.poll(baking, { timeout: 20_000, interval: 200 }).toBe(true);
      interrupted.signal("SIGINT");
      await new Promise((resolve) => setTimeout(resolve, 200));
      interrupted.signal("SIGINT");
      const ended = await interrupted.ended;
      expect([ended.code, ended.out]).toEqual([
        6,
        expect.stringContaining("Interrupted. Nothing new is begun"),
      ]);
      world.write("main.tf", main);
      expect((await world.kiln("down", "-var", `port=${port}`)).code).toBe(0);
      expect(await world.processes()).toEqual([]);
    },
    LONG,
  );

  test.each<[string, string, string, string]>([
    ["a missing source", `source = "app"`, `source = "apq"`, "apq"],
    ["a strategy that is not there yet", `"blue_green"`, `"canary"`, "strategy"],
    ["a duration without a unit", `bake      = "2s"`, `bake = "2"`, "is no duration"],
    ["a program that is not installed", `["node", "server.js"]`, `["nodd", "server.js"]`, "nodd"],
    ["a base that cannot be had", `"scratch"`, `"docker.io/library/node:22"`, "Unsupported base image"],
    ["a name that is no name", `name     = "web"`, `name = "1web"`, "does not start with a letter"],
  ])(
    "%s is refused at plan time",
    async (_, from, to, message) => {
      const main = readFileSync(path.join(world.directory, "main.tf"), "utf8");
      expect(main).toContain(from);
      world.write("main.tf", main.replace(from, to));
      const plan = await world.kiln("plan");
      world.write("main.tf", main);
      expect([plan.code, plan.err]).toEqual([1, expect.stringContaining(message)]);
      expect(await world.processes()).toEqual([]);
    },
    LONG,
  );
});
