import { chmod, mkdir, mkdtemp, readFile, realpath, rm, symlink, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../kernel/index.ts";
import type { Clock } from "../kernel/index.ts";
import { ExecutableCache } from "./executable-cache.ts";
import { resolveExecutable } from "./executable.ts";

let directory = "";
let now = 0;
const clock: Clock = { now: () => now, sleep: () => Promise.resolve() };
beforeEach(async () => {
  directory = await realpath(await mkdtemp(path.join(os.tmpdir(), "kiln-executable-")));
  now = Date.now() + 10_000;
});
afterEach(() => rm(directory, { recursive: true }));

const cacheFile = () => path.join(directory, "home", "executables.json");
const cache = () => new ExecutableCache(clock, cacheFile());

async function program(name: string, text: string): Promise<string> {
  const file = path.join(directory, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
  return file;
}

test("the first executable along the path is found, links followed, npm's entries passed over", async () => {
  await program("x/node_modules/.bin/tool", "npm's");
  const real = await program("real/tool-1.2", "the tool");
  await mkdir(path.join(directory, "a"));
  await writeFile(path.join(directory, "a", "tool"), "not executable");
  await mkdir(path.join(directory, "b"));
  await symlink(real, path.join(directory, "b", "tool"));
  const searchPath = ["x/node_modules/.bin", "none", "a", "b"]
    .map((name) => path.join(directory, name))
    .join(":");
  expect(await resolveExecutable("tool", searchPath, cache())).toEqual({
    kind: "found",
    executable: { path: real, digest: sha256("the tool") },
  });
});

test("a program that is nowhere is a diagnostic with a remedy", async () => {
  expect(await resolveExecutable("no-such-tool", directory, cache())).toMatchObject({
    kind: "missing",
    diagnostic: { summary: "Program not found", remedy: expect.stringContaining("Install no-such-tool") },
  });
});

test("a program is read once, and again when it changed, also where its times were set back", async () => {
  const file = await program("tool", "version one");
  const first = await cache().digest(file);
  const entries = JSON.parse(await readFile(cacheFile(), "utf8"));
  await writeFile(cacheFile(), JSON.stringify({ [file]: { ...entries[file], digest: "sha256:kept" } }));
  expect(await cache().digest(file)).toBe("sha256:kept");
  const past = new Date(1_000_000);
  await writeFile(file, "version two");
  await utimes(file, past, past);
  expect(await cache().digest(file)).toBe(sha256("version two"));
  expect(first).toBe(sha256("version one"));
});

test("a program that changed a moment ago is not remembered", async () => {
  now = Date.now();
  const file = await program("tool", "new");
  await cache().digest(file);
  await expect(readFile(cacheFile())).rejects.toThrow("ENOENT");
});

test("a broken cache is made anew, and one that cannot be written is done without", async () => {
  const file = await program("tool", "text");
  await mkdir(path.dirname(cacheFile()), { recursive: true });
  await writeFile(cacheFile(), "{ garbage");
  expect(await cache().digest(file)).toBe(sha256("text"));
  await rm(cacheFile());
  await mkdir(cacheFile());
  expect(await new ExecutableCache(clock, path.join(cacheFile(), "x".repeat(300))).digest(file)).toBe(
    sha256("text"),
  );
});
