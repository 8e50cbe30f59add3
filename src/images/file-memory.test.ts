import { appendFileSync, lstatSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { systemClock } from "../kernel/index.ts";
import { FileMemory } from "./file-memory.ts";
import { Pacer } from "./pacer.ts";
import type { BytePath } from "./paths.ts";
import { encodePath } from "./paths.ts";
import { FileChangedError, readOnce, readStable } from "./read-file.ts";

let directory: string;
let file: BytePath;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "kiln-memory-"));
  file = encodePath(path.join(directory, "file"));
  writeFileSync(file, "one");
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const stats = () => lstatSync(file, { bigint: true });

test("what was read a while after its last change is remembered, also by the next process", async () => {
  await systemClock.sleep(60);
  const memory = new FileMemory();
  memory.learn(file, stats(), "digest", Date.now());
  expect(memory.recall(file, stats())).toBe("digest");
  const next = FileMemory.from(JSON.parse(JSON.stringify(memory.entries())));
  expect(next.recall(file, stats())).toBe("digest");
  expect(next.changed).toBe(false);
});

test("what changed just before it was read is not: the next change may leave no trace", () => {
  const memory = new FileMemory();
  memory.learn(file, stats(), "digest", Date.now());
  expect(memory.recall(file, stats())).toBeUndefined();
});

test("what has another size, time, inode or mode is not taken for it", async () => {
  await systemClock.sleep(60);
  const memory = new FileMemory();
  const before = stats();
  memory.learn(file, before, "digest", Date.now());
  for (const key of ["size", "mtimeNs", "ctimeNs", "ino", "mode", "dev"] as const) {
    const other = stats();
    other[key] += 1n;
    expect(memory.recall(file, other)).toBeUndefined();
  }
});

test("garbage is an empty memory", () => {
  for (const garbage of [undefined, null, 1, "x", {}, [1], [["a", 1]], [["a", [1, 2]]]]) {
    expect(FileMemory.from(garbage).entries()).toEqual([]);
  }
});

test("a file that grows while it is read is noticed, and read again", async () => {
  const grow = readOnce(file, new Pacer(), () => appendFileSync(file, "more"));
  await expect(grow).rejects.toThrow(FileChangedError);
  expect((await readStable(file, new Pacer())).stats.size).toBe(7n);
});

test("a link in a file's place is not followed", async () => {
  await expect(readOnce(encodePath("/proc/self/exe"), new Pacer())).rejects.toThrow("ELOOP");
});
