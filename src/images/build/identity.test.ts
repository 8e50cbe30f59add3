import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { shell, Workshop } from "../testing/workshop.ts";

let shop: Workshop;
beforeEach(() => {
  shop = new Workshop();
});
afterEach(() => shop.remove());

/** A tree of everything that an image can hold. The same on every machine. */
function fixedTree(directory: string, order: 1 | -1 = 1): void {
  const files: [string, string][] = [
    ["server.js", "console.log(1);\n"],
    ["sub/empty", ""],
    ["sub/größe.txt", "ü\n"],
    [`sub/${"n".repeat(120)}`, "long name\n"],
    [`${"d".repeat(90)}/${"e".repeat(90)}/f`, "long path\n"],
    ["sub-b", "sorts before sub/\n"],
  ];
  for (const [name, text] of order === 1 ? files : files.toReversed())
    shop.write(directory, { [name]: text });
  shop.write(directory, { "run.sh": "#!/bin/sh\n" });
  chmodSync(shop.at(directory, "run.sh"), 0o755);
  symlinkSync("server.js", shop.at(directory, "link"));
  symlinkSync("l".repeat(150), shop.at(directory, "dangling"));
  mkdirSync(shop.at(directory, "nothing"));
}

// Only a change of the build's semantics may change this.
const GOLDEN = "sha256:1aa29151a6bd463683bb4ed7570bde5b721ea22749fbbbf684d3106a4c400a91";

describe("an image's digest", () => {
  test("is the same on every machine", async () => {
    fixedTree("source");
    const { digest } = await shop.fire(shop.specification(shop.copy("source")));
    expect(digest).toBe(GOLDEN);
  });

  test("does not depend on order, modes, times or who builds", async () => {
    fixedTree("one");
    fixedTree("two", -1);
    for (const [file, mode] of [
      ["server.js", 0o600],
      ["run.sh", 0o700],
      ["sub", 0o700],
      ["sub-b", 0o666],
    ] as const) {
      chmodSync(shop.at("two", file), mode);
    }
    utimesSync(shop.at("two", "server.js"), 1, 1);
    const one = await shop.fire(shop.specification(shop.copy("one")));
    const two = await shop.fire(shop.specification(shop.copy("two")));
    expect(two.digest).toBe(one.digest);
    expect(two.inputs).toBe(one.inputs);
  });

  test("does not depend on umask, time zone, locale or store", async () => {
    fixedTree("source");
    const { digest } = await shop.fire(shop.specification(shop.copy("source")));
    const door = path.join(import.meta.dirname, "..", "index.ts");
    const kernel = path.join(import.meta.dirname, "..", "..", "kernel", "index.ts");
    writeFileSync(
      shop.at("other.ts"),
      `import { buildImage, ImageStore } from ${JSON.stringify(door)};
       import { systemClock } from ${JSON.stringify(kernel)};
       const store = new ImageStore(${JSON.stringify(shop.at("elsewhere"))}, systemClock);
       const specification = JSON.parse(process.argv[2] ?? "");
       const result = await buildImage(specification, store, { clock: systemClock, environment: {} });
       process.stdout.write(JSON.stringify(result));`,
    );
    const specification = JSON.stringify(shop.specification(shop.copy("source")));
    const output = execFileSync(
      "/bin/sh",
      ["-c", 'umask 077; exec "$0" "$1" "$2"', process.execPath, shop.at("other.ts"), specification],
      { env: { TZ: "Asia/Kathmandu", LC_ALL: "tr_TR.UTF-8" }, encoding: "utf8" },
    );
    expect(JSON.parse(output)).toMatchObject({ kind: "fired", digest });
  });

  test("changes with content, mode by the executable bit, name, link target, and configuration", async () => {
    fixedTree("source");
    const specification = shop.specification(shop.copy("source"));
    const digests = new Set<string>();
    const take = async (of = specification) => digests.add((await shop.fire(of)).digest);
    await take();
    writeFileSync(shop.at("source", "server.js"), "console.log(2);\n");
    await take();
    chmodSync(shop.at("source", "server.js"), 0o755);
    await take();
    rmSync(shop.at("source", "link"));
    symlinkSync("run.sh", shop.at("source", "link"));
    await take();
    await take({ ...specification, env: { A: "1" } });
    await take({ ...specification, entrypoint: ["node"] });
    await take({ ...specification, labels: { a: "b" } });
    await take({ ...specification, platform: { os: "linux", architecture: "arm64" } });
    expect(digests.size).toBe(8);
  });

  test("is known before the build, with its size, and nothing is written to learn it", async () => {
    fixedTree("source");
    const specification = shop.specification(shop.copy("source"));
    const plan = await shop.plan(specification);
    expect(existsSync(shop.at("store"))).toBe(false);
    const { digest, size, inputs } = await shop.fire(specification);
    expect(plan).toEqual({ kind: "known", digest, size, inputs });
    expect(await shop.plan(specification)).toEqual(plan);
  });
});

describe("layers", () => {
  test("are read by the system's tar, entry for entry", async () => {
    fixedTree("source");
    const { digest } = await shop.fire(shop.specification(shop.copy("source")));
    const [diffId = ""] = shop.store.config(digest).diffIds;
    const blob = shop.store.disk.blob(diffId);
    const { status, stdout, stderr } = spawnSync("tar", ["--utc", "--full-time", "-tvf", blob], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C.UTF-8" },
    });
    expect([status, stderr]).toEqual([0, ""]);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(14);
    expect(lines.every((line) => line.includes("0/0") && line.includes("1980-01-01 00:00:00"))).toBe(true);
    expect(stdout).toContain(`/${"e".repeat(90)}/f\n`);
    expect(stdout).toContain(`sub/${"n".repeat(120)}\n`);
    expect(stdout).toContain(`dangling -> ${"l".repeat(150)}\n`);
    expect(lines.filter((line) => line.startsWith("-rwxr-xr-x"))).toHaveLength(1);
  });

  test("are extracted by the system's tar to what was copied", async () => {
    fixedTree("source");
    const { digest } = await shop.fire(shop.specification(shop.copy("source", "/")));
    const [diffId = ""] = shop.store.config(digest).diffIds;
    mkdirSync(shop.at("out"));
    execFileSync("tar", ["-xf", shop.store.disk.blob(diffId), "-C", shop.at("out")]);
    shell('diff -r --no-dereference "$1" "$2"', shop.at("source"), shop.at("out"));
  });

  test("keep names that are not UTF-8 byte for byte", async () => {
    mkdirSync(shop.at("source"));
    const name = Buffer.from([0x61, 0xff, 0xfe, 0x62]);
    writeFileSync(Buffer.concat([Buffer.from(shop.at("source", "x")).subarray(0, -1), name]), "odd\n");
    const { digest } = await shop.fire(shop.specification(shop.copy("source", "/")));
    await shop.store.checkout(digest, shop.at("out"));
    const copy = Buffer.concat([Buffer.from(`${shop.at("out")}/`), name]);
    expect(readFileSync(copy, "utf8")).toBe("odd\n");
  });
});
