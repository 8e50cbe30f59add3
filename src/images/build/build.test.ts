import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { readlink } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../kernel/index.ts";
import type { ImageStep } from "../specification.ts";
import { shell, Workshop } from "../testing/workshop.ts";

let shop: Workshop;
beforeEach(() => {
  shop = new Workshop();
  shop.write("source", { "server.js": "1\n", "old/a": "a\n", "old/b": "b\n" });
});
afterEach(() => shop.remove());

const run = (command: string, more: Partial<ImageStep & { kind: "run" }> = {}): ImageStep => ({
  kind: "run",
  command,
  ...more,
});

async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 500 && !condition(); attempt++) await systemClock.sleep(20);
  expect(condition()).toBe(true);
}

function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) Z /.test(readFileSync(stat, "utf8"));
}

/** What the image holds, with contents. */
async function filesOf(...steps: readonly ImageStep[]): Promise<Record<string, string>> {
  const { digest } = await shop.fire(shop.specification(...steps));
  const files = await shop.store.files(digest);
  return Object.fromEntries(
    [...files]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, file]) => [name, file.type === "link" ? `-> ${file.target}` : file.type]),
  );
}

describe("a copy step", () => {
  test("merges a directory's contents, honouring .dockerignore", async () => {
    shop.write("source", { ".dockerignore": "old\n!old/b\n.dockerignore\n" });
    expect(Object.keys(await filesOf(shop.copy("source")))).toEqual([
      "/app",
      "/app/old",
      "/app/old/b",
      "/app/server.js",
    ]);
  });

  test.each([
    ["/x/y", ["/x", "/x/y"]],
    ["/x/", ["/x", "/x/server.js"]],
    ["named.js", ["/app", "/app/named.js"]],
    [".", ["/app", "/app/server.js"]],
    ["/", ["/server.js"]],
    ["../../../up", ["/up"]],
  ])("puts a file at %s as Docker does", async (target, expected) => {
    expect(Object.keys(await filesOf(shop.copy("source/server.js", target)))).toEqual(expected);
  });

  test("goes into a directory that is there, and through links inside the image only", async () => {
    mkdirSync(shop.at("links"));
    symlinkSync("/data", shop.at("links", "absolute"));
    symlinkSync("../../../data", shop.at("links", "upward"));
    const files = await filesOf(
      shop.copy("links", "/"),
      shop.copy("source/server.js", "/absolute/one.js"),
      shop.copy("source/server.js", "/upward/two.js"),
      shop.copy("source/old", "/data"),
      shop.copy("source/server.js", "/data"),
    );
    expect(Object.keys(files)).toEqual([
      "/absolute",
      "/data",
      "/data/a",
      "/data/b",
      "/data/one.js",
      "/data/server.js",
      "/data/two.js",
      "/upward",
    ]);
  });

  test("refuses what would make a directory of a file, and circles of links", async () => {
    expect(
      await shop.failure(shop.specification(shop.copy("source"), shop.copy("source", "/app/server.js"))),
    ).toContain("/app/server.js is there already and is no directory");
    shop.write("other", { old: "a file\n" });
    expect(await shop.failure(shop.specification(shop.copy("source"), shop.copy("other")))).toContain(
      "/app/old is a directory there already",
    );
    mkdirSync(shop.at("circle"));
    symlinkSync("/b", shop.at("circle", "a"));
    symlinkSync("/a", shop.at("circle", "b"));
    expect(
      await shop.failure(shop.specification(shop.copy("circle", "/"), shop.copy("source", "/a/x"))),
    ).toContain("lead in a circle");
  });

  test("names what is missing, what an image cannot hold, and a pattern that is wrong, all at once", async () => {
    shell('mkfifo "$1"', shop.at("source", "pipe"));
    shop.write("source", { "old/.wh.name": "" });
    shop.write("wrong", { ".dockerignore": "ok\n[a\n" });
    const steps = [shop.copy("nowhere"), shop.copy("source"), shop.copy("wrong")];
    const plan = await shop.plan(shop.specification(...steps));
    expect(plan.kind).toBe("invalid");
    const details = plan.kind === "invalid" ? plan.diagnostics.map((it) => it.detail).join("\n") : "";
    expect(details).toContain(`no file or directory ${shop.at("nowhere")}`);
    expect(details).toContain(`${shop.at("source", "pipe")} is a named pipe`);
    expect(details).toContain(`${shop.at("source", "old/.wh.name")} begins with .wh.`);
    expect(details).toContain("Line 2");
    expect(existsSync(shop.at("store", "index.json"))).toBe(false);
  });
});

describe("a run step", () => {
  test("sees what was copied, and its changes become a layer with removals", async () => {
    const files = await filesOf(
      shop.copy("source"),
      run(
        "cat server.js > made; rm -r old; mkdir -m 700 new; chmod 755 server.js; ln -s made link; touch made",
      ),
    );
    expect(files).toEqual({
      "/app": "directory",
      "/app/link": "-> made",
      "/app/made": "file",
      "/app/new": "directory",
      "/app/server.js": "file",
    });
  });

  test("is not run again while nothing before it has changed, and later steps are planned through it", async () => {
    const counter = shop.at("counter");
    const specification = shop.specification(
      shop.copy("source"),
      run(`echo x >> ${counter}; date +%N > now`),
      shop.copy("source/server.js", "/late.js"),
    );
    const before = await shop.plan(specification);
    const first = await shop.fire(specification);
    expect(before).toEqual({ kind: "unknown", inputs: first.inputs });
    expect((await shop.fire(specification)).digest).toBe(first.digest);
    expect(await shop.plan(specification)).toMatchObject({
      kind: "known",
      digest: first.digest,
      size: first.size,
    });
    expect(readFileSync(counter, "utf8")).toBe("x\n");
    writeFileSync(shop.at("source", "server.js"), "2\n");
    expect((await shop.plan(specification)).kind).toBe("unknown");
    await shop.fire(specification);
    expect(readFileSync(counter, "utf8")).toBe("x\nx\n");
  });

  test("gets what is declared, and of the machine's environment a part", async () => {
    process.env["KILN_TEST_SECRET"] = "x";
    const specification = {
      ...shop.specification(
        shop.copy("source"),
        run("env > variables; pwd >> variables", { workdir: "deep/er", env: { B: "2" } }),
      ),
      env: { A: "1" },
    };
    const { digest } = await shop.fire(specification);
    delete process.env["KILN_TEST_SECRET"];
    await shop.store.checkout(digest, shop.at("out"));
    const seen = readFileSync(shop.at("out", "app/deep/er/variables"), "utf8");
    expect(seen).toMatch(/^A=1$/m);
    expect(seen).toMatch(/^B=2$/m);
    expect(seen).toMatch(/^PATH=/m);
    expect(seen).toMatch(/\/app\/deep\/er$/m);
    expect(seen).not.toContain("KILN_TEST_SECRET");
  });

  test("that fails shows its last lines, and leaves neither image nor temporaries", async () => {
    const detail = await shop.failure(
      shop.specification(shop.copy("source"), run("echo out; echo broken >&2; exit 7")),
    );
    expect(detail).toContain("ended with status 7");
    expect(detail).toMatch(/out\n[^]*broken|broken\n[^]*out/);
    expect(shop.store.list()).toEqual([]);
    expect(readdirSync(shop.at("store", "tmp"))).toEqual([]);
  });

  test("says that it is not sandboxed, in its event and in the image's history", async () => {
    const { digest } = await shop.fire(shop.specification(shop.copy("source"), run("true")));
    expect(shop.events).toContainEqual(
      expect.objectContaining({ kind: "image_step", step: "run true (not sandboxed)" }),
    );
    expect(shop.store.config(digest).history.at(-1)).toEqual({
      createdBy: "run true",
      comment: "not sandboxed",
      empty: true,
    });
  });

  test("ends with the build that is cancelled, and all that it started", async () => {
    const cancel = new AbortController();
    const pids = shop.at("pids");
    const failing = shop.failure(
      shop.specification(run(`trap '' TERM; sleep 60 & echo $! $$ > ${pids}; wait`)),
      cancel.signal,
    );
    await until(() => existsSync(pids) && readFileSync(pids, "utf8").includes(" "));
    cancel.abort();
    expect(await failing).toContain("Build was cancelled");
    for (const pid of readFileSync(pids, "utf8").trim().split(" "))
      await until(() => !isRunning(Number(pid)));
    expect(readdirSync(shop.at("store", "tmp"))).toEqual([]);
  });

  test("leaves nothing running behind", async () => {
    const pid = shop.at("pid");
    await shop.fire(shop.specification(run(`sleep 60 & echo $! > ${pid}`)));
    await until(() => !isRunning(Number(readFileSync(pid, "utf8"))));
  });

  test("that makes a socket is refused", async () => {
    expect(await shop.failure(shop.specification(run("mkfifo here")))).toContain("/app/here is a named pipe");
  });
});

describe("builds at once", () => {
  test("of the same image run its step once", async () => {
    const counter = shop.at("counter");
    const specification = shop.specification(
      shop.copy("source"),
      run(`echo x >> ${counter}; sleep 0.3; date +%N > now`),
    );
    const other = new Workshop();
    other.store = shop.store;
    const [one, two] = await Promise.all([shop.fire(specification), other.fire(specification)]);
    other.remove();
    expect(two.digest).toBe(one.digest);
    expect(readFileSync(counter, "utf8")).toBe("x\n");
  });

  test("of which one is killed leave nothing but temporaries, which the next one removes", async () => {
    const door = path.join(import.meta.dirname, "..", "index.ts");
    const kernel = path.join(import.meta.dirname, "..", "..", "kernel", "index.ts");
    const specification = shop.specification(
      shop.copy("source"),
      run(`echo $$ > ${shop.at("pid")}; exec sleep 60`),
    );
    writeFileSync(
      shop.at("killed.ts"),
      `import { buildImage, ImageStore } from ${JSON.stringify(door)};
       import { systemClock } from ${JSON.stringify(kernel)};
       const store = new ImageStore(${JSON.stringify(shop.at("store"))}, systemClock);
       await buildImage(${JSON.stringify(specification)}, store, { clock: systemClock, environment: process.env });`,
    );
    const builder = spawn(process.execPath, [shop.at("killed.ts")], { stdio: "ignore" });
    await until(() => existsSync(shop.at("pid")) && readFileSync(shop.at("pid"), "utf8").endsWith("\n"));
    builder.kill("SIGKILL");
    await once(builder, "exit");
    process.kill(Number(readFileSync(shop.at("pid"), "utf8")), "SIGKILL");
    expect(readdirSync(shop.at("store", "tmp"))).toHaveLength(1);
    expect(shop.store.list()).toEqual([]);
    await shop.fire(shop.specification(shop.copy("source")));
    expect(readdirSync(shop.at("store", "tmp"))).toEqual([]);
  });
});

describe("a base", () => {
  test("gives its files and its configuration, and a plan waits for it", async () => {
    const below = shop.specification(shop.copy("source"));
    const planned = await shop.plan({ ...below, entrypoint: ["node", "server.js"], env: { A: "1", B: "1" } });
    if (planned.kind !== "known") throw new Error("not known");
    const above = {
      ...shop.specification(shop.copy("source/server.js", "second.js")),
      base: planned.digest,
      env: { B: "2" },
    };
    expect((await shop.plan(above)).kind).toBe("unknown");
    expect(await shop.failure(above)).toContain("Base image is not in the store");
    await shop.fire({ ...below, entrypoint: ["node", "server.js"], env: { A: "1", B: "1" } });
    const { digest, inputs } = await shop.fire(above);
    expect(await shop.plan(above)).toMatchObject({ kind: "known", digest, inputs });
    expect(shop.store.config(digest)).toMatchObject({
      entrypoint: ["node", "server.js"],
      env: { A: "1", B: "2" },
    });
    expect([...(await shop.store.files(digest)).keys()]).toContain("/app/second.js");
  });
});

test("an image's name that no registry would take is refused", async () => {
  expect(await shop.failure({ ...shop.specification(), name: "Web App" })).toContain("Invalid image name");
});

test("a store that cannot be written to is a diagnostic", async () => {
  writeFileSync(shop.at("store"), "a file");
  expect(await shop.failure(shop.specification(shop.copy("source")))).toContain("Image store cannot be used");
});

test("a full disk fails the build, and a later one with room succeeds", async ({ skip }) => {
  mkdirSync(shop.at("store"));
  try {
    shell('mount -t tmpfs -o size=1m tmpfs "$1"', shop.at("store"));
  } catch {
    // Only root may mount.
    skip("a small file system cannot be mounted here");
  }
  try {
    writeFileSync(shop.at("source", "big"), Buffer.alloc(3 << 20, 7));
    expect(await shop.failure(shop.specification(shop.copy("source")))).toContain("No space left for images");
    expect(readdirSync(shop.at("store", "tmp"))).toEqual([]);
    rmSync(shop.at("source", "big"));
    await shop.fire(shop.specification(shop.copy("source")));
  } finally {
    shell('umount "$1"', shop.at("store"));
  }
});

test("a link that is the source is followed, and links inside stay", async () => {
  symlinkSync("source", shop.at("alias"));
  symlinkSync("/etc/passwd", shop.at("source", "outside"));
  const { digest } = await shop.fire(shop.specification(shop.copy("alias")));
  await shop.store.checkout(digest, shop.at("out"));
  expect(await readlink(shop.at("out", "app/outside"))).toBe("/etc/passwd");
});
