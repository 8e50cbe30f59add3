import { once } from "node:events";
import path from "node:path";
import { expect, test } from "vitest";
import { acquireFileLock } from "./lock.ts";
import { running, temporaryDirectory } from "./testing/processes.ts";

test("one holder at a time, in one process and across processes", async () => {
  const directory = temporaryDirectory();
  const file = path.join(directory, "kilnd.lock");
  const lock = acquireFileLock(file);
  expect(lock).toBeDefined();
  expect(acquireFileLock(file)).toBeUndefined();
  const other = await running(
    directory,
    `console.log(acquireFileLock(home + "/kilnd.lock") === undefined ? "taken" : "free");`,
  );
  expect(other.line).toBe("taken");
  lock?.release();
  const next = acquireFileLock(file);
  expect(next).toBeDefined();
  next?.release();
});

test("is free once its holder was killed", async () => {
  const directory = temporaryDirectory();
  const file = path.join(directory, "kilnd.lock");
  const { child, line } = await running(
    directory,
    `const lock = acquireFileLock(home + "/kilnd.lock"); console.log(lock !== undefined); setInterval(() => lock, 1000);`,
  );
  expect(line).toBe("true");
  expect(acquireFileLock(file)).toBeUndefined();
  child.kill("SIGKILL");
  await once(child, "close");
  const lock = acquireFileLock(file);
  expect(lock).toBeDefined();
  lock?.release();
});

test("a place where no lock can be is a diagnostic", () => {
  expect(() => acquireFileLock("/nowhere/at/all/kilnd.lock")).toThrow("cannot be opened");
});
