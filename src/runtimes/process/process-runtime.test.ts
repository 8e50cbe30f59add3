import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, chmod, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseId, sha256, systemClock, systemRandom } from "../../kernel/index.ts";
import type { InstanceExit, ReleaseContent, Runtime } from "../../fleets/index.ts";
import { ExecutableCache } from "../executable-cache.ts";
import { resolveExecutable } from "../executable.ts";
import { describeRuntime, requestFor } from "../runtime.suite.ts";
import type { RuntimeFixture } from "../runtime.suite.ts";
import type { ImageFile, ImageTrees } from "./files.ts";
import { createProcessRuntime } from "./process-runtime.ts";

const APPLICATION = `
import { createServer } from "node:http";
if (process.argv[2] === "ends") { console.log("goodbye"); process.exit(3); }
if (process.argv[2] === "ignores") process.on("SIGTERM", () => console.log("no"));
createServer((request, response) => response.end(JSON.stringify(process.env)))
  .listen(Number(process.env.PORT), process.env.HOST);
`;
const FILES: Readonly<Record<string, string>> = {
  "app/server.mjs": APPLICATION,
  "app/data.txt": "as made\n",
};

/** An image of two files, without a store. */
const trees: ImageTrees = {
  checkout: async (_image, directory) => {
    for (const [name, text] of Object.entries(FILES)) {
      await mkdir(path.dirname(path.join(directory, name)), { recursive: true });
      await writeFile(path.join(directory, name), text);
    }
  },
  files: async () =>
    new Map<string, ImageFile>([
      ["app", { type: "directory" }],
      ...Object.entries(FILES).map(([name, text]): [string, ImageFile] => [
        name,
        { type: "file", digest: sha256(text), executable: false },
      ]),
    ]),
};

// Hashed once: the program has a hundred megabytes.
const node = await programOf(process.execPath);

function content(...args: string[]): ReleaseContent {
  return {
    runtime: "process",
    image: parseId<"image">("sha256:test"),
    command: ["node", "server.mjs", ...args],
    executable: node,
    workdir: "/app",
    environment: { GREETING: "hello" },
    secrets: {},
    health: {
      probe: { kind: "tcp" },
      interval: 100,
      timeout: 1000,
      healthyThreshold: 1,
      unhealthyThreshold: 3,
      startDeadline: 5000,
    },
    mounts: [],
    limits: {},
    stopTimeout: 5000,
  };
}

function answers({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (await condition()) return;
    await systemClock.sleep(20);
  }
  throw new Error("the condition did not come true within 10 s");
}

async function createHome() {
  const home = await mkdtemp(path.join(os.tmpdir(), "kiln-runtime-"));
  const create = (images = trees): Promise<Runtime> =>
    createProcessRuntime({
      instances: path.join(home, "instances"),
      logs: path.join(home, "logs"),
      home,
      images,
      clock: systemClock,
      random: systemRandom,
      environment: {
        ...process.env,
        SECRET_OF_THE_CALLER: "x",
        PATH: `/a/node_modules/.bin:${process.env["PATH"]}`,
      },
    });
  return { home, create };
}

describeRuntime("process", async (): Promise<RuntimeFixture> => {
  const { home, create } = await createHome();
  return {
    runtime: await create(),
    serves: content(),
    endsAtOnce: content("ends"),
    ignoresTerm: content("ignores"),
    answers,
    until,
    remove: () => rm(home, { recursive: true, force: true }),
  };
});

async function programOf(command: string) {
  const cache = new ExecutableCache(systemClock, path.join(os.tmpdir(), "kiln-test-executables.json"));
  const found = await resolveExecutable(command, process.env["PATH"] ?? "", cache);
  if (found.kind === "missing") throw new Error(found.diagnostic.detail);
  return found.executable;
}

describe("an instance that is a process", () => {
  let home = "";
  let create: (images?: ImageTrees) => Promise<Runtime>;
  let runtime: Runtime;
  beforeEach(async () => {
    ({ home, create } = await createHome());
    runtime = await create();
    await runtime.fence(1);
  });
  afterEach(async () => {
    for (const { id } of (await runtime.list()).running) await runtime.stop(id, 0, 100);
    await rm(home, { recursive: true, force: true });
  });
  const start = async (of = content()) => {
    const request = requestFor(of);
    const result = await runtime.start(request);
    if (result.kind === "failed") throw new Error(result.diagnostic.detail);
    await until(() => answers(result.instance.address));
    return { request, instance: result.instance, root: path.join(home, "instances", request.id, "root") };
  };

  test("gets what is declared and what it can rely on, and nothing else of the outer environment", async () => {
    const { request, instance } = await start();
    const answer = await fetch(`http://${instance.address.host}:${instance.address.port}/`);
    const environment = (await answer.json()) as Record<string, string>;
    const { PATH, HOME: _home, LANG: _lang, TZ: _zone, ...rest } = environment;
    expect(PATH).not.toContain("node_modules/.bin");
    expect(rest).toEqual({
      GREETING: "hello",
      HOST: "127.0.0.1",
      PORT: String(instance.address.port),
      KILN_FLEET: "web",
      KILN_RELEASE: "1",
      KILN_INSTANCE: request.id,
      KILN_HOME: home,
      TMPDIR: path.join(home, "instances", request.id, "tmp"),
    });
  });

  test("outlives its runtime, and the next one adopts it and hears of its end", async () => {
    const { request, instance } = await start();
    const next = await create();
    await next.fence(2);
    expect((await next.list()).running).toEqual([instance]);
    expect(await next.start({ ...request, epoch: 2 })).toEqual({ kind: "started", instance });
    const exits: InstanceExit[] = [];
    const stopWatching = next.watch((exit) => exits.push(exit));
    process.kill(instance.process?.pid ?? 0, "SIGKILL");
    await until(() => exits.length > 0);
    stopWatching();
    expect(exits[0]?.id).toBe(request.id);
  });

  test("is found also where the runtime died between starting it and writing down which process it is", async () => {
    const { request, instance } = await start();
    const file = path.join(home, "instances", request.id, "record.json");
    const { process: _process, ...intent } = JSON.parse(await readFile(file, "utf8"));
    await writeFile(file, JSON.stringify(intent));
    const next = await create();
    expect((await next.list()).running).toEqual([instance]);
    expect(JSON.parse(await readFile(file, "utf8")).process).toEqual(instance.process);
  });

  test("is found also where its directory is gone, and is ended", async () => {
    const { request, instance } = await start();
    await rm(path.join(home, "instances", request.id), { recursive: true });
    const next = await create();
    const { running } = await next.list();
    expect(running).toEqual([instance]);
    await next.stop(request.id, 1000, 1);
    expect(await answers(instance.address)).toBe(false);
  });

  test("is not mistaken for another process that has its number now", async () => {
    const { request } = await start();
    const file = path.join(home, "instances", request.id, "record.json");
    const record = JSON.parse(await readFile(file, "utf8"));
    await runtime.stop(request.id, 1000, 1);
    const other = spawn("sleep", ["60"], { detached: true });
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ ...record, process: { ...record.process, pid: other.pid } }));
    const next = await create();
    expect((await next.list()).running).toEqual([]);
    await next.stop(request.id, 0, 1);
    expect(other.exitCode).toBeNull();
    other.kill("SIGKILL");
    await once(other, "exit");
  });

  test("of an earlier boot has ended, whatever runs under its number", async () => {
    const { request, instance } = await start();
    const file = path.join(home, "instances", request.id, "record.json");
    const record = JSON.parse(await readFile(file, "utf8"));
    await writeFile(
      file,
      JSON.stringify({ ...record, process: { ...record.process, bootId: "an earlier one" } }),
    );
    const next = await create();
    const { running, ended } = await next.list();
    expect(running).toEqual([]);
    expect(ended.map((exit) => exit.id)).toEqual([request.id]);
    process.kill(instance.process?.pid ?? 0, "SIGKILL");
  });

  test("that started others is ended with them, also those in a session of their own", async () => {
    const shell = {
      ...content(),
      command: ["sh", "-c", "setsid sleep 61 & sleep 62 & env -i sleep 4063 & exec node server.mjs"],
      executable: await programOf("sh"),
    };
    const { request } = await start(shell);
    const left = () => processesWith("environ", `KILN_INSTANCE=${request.id}`);
    expect((await left()).length).toBe(3);
    const unmarked = () => processesWith("cmdline", "sleep\0" + "4063");
    expect((await unmarked()).length).toBe(1);
    await runtime.stop(request.id, 2000, 1);
    expect(await left()).toEqual([]);
    expect(await unmarked()).toEqual([]);
  });

  test("cannot write to its files, as they are read-only for everyone but root", async () => {
    const { root } = await start();
    expect((await stat(path.join(root, "app", "data.txt"))).mode & 0o222).toBe(0);
    expect((await stat(path.join(root, "app"))).mode & 0o222).toBe(0);
  });

  test("shows as drifted where a file was changed, added, removed or made executable", async () => {
    const { request, root } = await start();
    expect(await runtime.drift(request.id, request.content)).toEqual([]);
    await chmod(path.join(root, "app"), 0o755);
    await chmod(path.join(root, "app", "data.txt"), 0o644);
    await appendFile(path.join(root, "app", "data.txt"), "tampered");
    await writeFile(path.join(root, "app", "new.txt"), "x");
    await rm(path.join(root, "app", "server.mjs"));
    const drift = await runtime.drift(request.id, request.content);
    expect(drift.map((one) => `${one.kind} ${one.subject}`)).toEqual([
      "file_changed /app/data.txt",
      "file_added /app/new.txt",
      "file_removed /app/server.mjs",
    ]);
    await chmod(path.join(root, "app", "new.txt"), 0o755);
  });

  test("has names that are no UTF-8 without being taken for drifted", async () => {
    const name = Buffer.from([0x66, 0xff, 0x2e, 0x74]);
    const odd: ImageTrees = {
      checkout: async (image, directory) => {
        await trees.checkout(image, directory);
        await writeFile(Buffer.concat([Buffer.from(`${directory}/app/`), name]), "odd");
      },
      files: async (image) =>
        new Map<string, ImageFile>([
          ...(await trees.files(image)),
          [`app/${name.toString("utf8")}`, { type: "file", digest: sha256("odd"), executable: false }],
        ]),
    };
    runtime = await create(odd);
    const { request } = await start();
    expect(await runtime.drift(request.id, request.content)).toEqual([]);
  });

  test("shows as drifted where a file of the same size was put back to its old times", async () => {
    const { request, root } = await start();
    expect(await runtime.drift(request.id, request.content)).toEqual([]);
    const file = path.join(root, "app", "data.txt");
    const { atime, mtime } = await stat(file);
    await chmod(file, 0o644);
    await writeFile(file, "AS MADE\n");
    await import("node:fs/promises").then((fs) => fs.utimes(file, atime, mtime));
    await chmod(file, 0o444);
    expect((await runtime.drift(request.id, request.content)).map((one) => one.kind)).toEqual([
      "file_changed",
    ]);
  });

  test("shows as drifted where the machine's program is another one now", async () => {
    const other = { ...content(), executable: { path: process.execPath, digest: "sha256:other" } };
    const { request } = await start(other);
    expect((await runtime.drift(request.id, other)).map((one) => one.kind)).toEqual(["executable"]);
  });

  test("answers command probes from its own directory and environment", async () => {
    const { request } = await start();
    const run = (...command: string[]) => runtime.execute(request.id, command, 500);
    expect(await run("sh", "-c", 'test -f server.mjs && test "$GREETING" = hello')).toEqual({
      healthy: true,
    });
    expect(await run("sh", "-c", "echo no; exit 4")).toEqual({
      healthy: false,
      reason: "sh ended with 4: no",
    });
    expect(await run("sleep", "60")).toEqual({ healthy: false, reason: "sleep took longer than 500 ms" });
    expect(await run("/nowhere")).toMatchObject({ healthy: false });
    expect(await runtime.execute(parseId("never"), ["true"], 500)).toMatchObject({ healthy: false });
  });

  test("that cannot be executed leaves nothing behind and says why", async () => {
    const { executable: _executable, ...rest } = content();
    const request = requestFor({ ...rest, command: ["/no/such/program"] });
    const result = await runtime.start(request);
    expect(result).toMatchObject({ kind: "failed", diagnostic: { summary: "Instance cannot be started" } });
    expect(await readdir(path.join(home, "instances"))).toEqual(["fence"]);
  });

  test("whose image cannot be checked out leaves nothing behind and says why", async () => {
    const full: ImageTrees = {
      ...trees,
      checkout: async (_image, directory) => {
        await mkdir(path.join(directory, "app"), { recursive: true });
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      },
    };
    const next = await create(full);
    const result = await next.start(requestFor(content()));
    expect(result).toMatchObject({
      kind: "failed",
      diagnostic: { detail: expect.stringContaining("no space left") },
    });
    expect(await readdir(path.join(home, "instances"))).toEqual(["fence"]);
  });

  test("has a port of its own, also among many that start at once", async () => {
    const requests = Array.from({ length: 12 }, () => requestFor(content()));
    const results = await Promise.all(requests.map((request) => runtime.start(request)));
    const ports = results.map((result) => (result.kind === "started" ? result.instance.address.port : 0));
    expect(new Set(ports).size).toBe(12);
    expect(ports).not.toContain(0);
  });
});

/** Processes whose /proc file holds a text. */
async function processesWith(file: "environ" | "cmdline", text: string): Promise<number[]> {
  const found: number[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const content = await readFile(`/proc/${name}/${file}`, "utf8").catch(() => "");
    if (content.includes(text)) found.push(Number(name));
  }
  return found;
}
