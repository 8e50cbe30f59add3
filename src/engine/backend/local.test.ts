import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../kernel/index.ts";
import { emptyState } from "../state/state.ts";
import { LINEAGE } from "../testing/harness.ts";
import { acquireLock } from "./acquire-lock.ts";
import { localBackend } from "./local.ts";

function setUp() {
  const directory = mkdtempSync(path.join(tmpdir(), "kiln-backend-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const statePath = path.join(directory, "terraform.tfstate");
  const lockDirectory = path.join(directory, ".kiln");
  return { directory, statePath, lockDirectory, backend: localBackend({ statePath, lockDirectory }) };
}

const info = (id: string) => ({
  id,
  operation: "kiln apply",
  who: "potter@kiln",
  version: "0.1.0",
  created: Date.UTC(2026, 0, 2),
  pid: process.pid,
});

describe("the snapshot", () => {
  test("is written whole, for the user only, with the one before beside it", async () => {
    const { backend, statePath } = setUp();
    expect(await backend.read()).toEqual({ kind: "read" });
    await backend.write({ ...emptyState(LINEAGE), serial: 1 });
    await backend.write({ ...emptyState(LINEAGE), serial: 2 });
    expect(await backend.read()).toMatchObject({ kind: "read", state: { serial: 2, lineage: LINEAGE } });
    expect(readFileSync(`${statePath}.backup`, "utf8")).toContain('"serial": 1');
    expect(statSync(statePath).mode & 0o777).toBe(0o600);
  });

  test("a damaged one is reported, and left as it is", async () => {
    const { backend, statePath } = setUp();
    writeFileSync(statePath, '{"version": 4,');
    expect(await backend.read()).toMatchObject({ kind: "unreadable" });
    expect(readFileSync(statePath, "utf8")).toBe('{"version": 4,');
  });
});

describe("the lock", () => {
  test("is one at a time, and whoever waits is told who has it", async () => {
    const { backend } = setUp();
    const first = await backend.lock(info("one"));
    if (first.kind !== "locked") throw new Error("it was refused");
    const second = await backend.lock(info("two"));
    if (second.kind !== "refused") throw new Error("two hold it");
    expect(second.diagnostic.summary).toBe("Error acquiring the state lock");
    expect(second.diagnostic.detail).toContain("potter@kiln");
    expect(second.diagnostic.detail).toContain("kiln apply");
    await first.lock.release();
    await first.lock.release();
    const third = await backend.lock(info("three"));
    if (third.kind !== "locked") throw new Error("it is still held");
    await third.lock.release();
  });

  test("is waited for as long as asked", async () => {
    const { backend } = setUp();
    const first = await backend.lock(info("one"));
    if (first.kind !== "locked") throw new Error("it was refused");
    const signal = new AbortController().signal;
    const late = await acquireLock(backend, info("two"), 300, systemClock, signal);
    expect("diagnostic" in late && late.diagnostic.detail).toContain("Waited 300ms");
    const waiting = acquireLock(backend, info("two"), 10_000, systemClock, signal);
    await first.lock.release();
    const got = await waiting;
    if (!("lock" in got)) throw new Error("it was not given");
    await got.lock.release();
  });

  test("is free as soon as its process is killed", async () => {
    const { backend, statePath, lockDirectory } = setUp();
    const script = `
      import { localBackend } from ${JSON.stringify(new URL("./local.ts", import.meta.url).href)};
      const backend = localBackend(${JSON.stringify({ statePath, lockDirectory })});
      console.log((await backend.lock(${JSON.stringify(info("dead"))})).kind);
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = await once(holder.stdout, "data");
    expect(String(line).trim()).toBe("locked");
    expect(await backend.lock(info("two"))).toMatchObject({ kind: "refused", info: { id: "dead" } });
    expect(await backend.forceUnlock("dead")).toBe(false);
    holder.kill("SIGKILL");
    await once(holder, "exit");
    const mine = await backend.lock(info("two"));
    expect(mine.kind).toBe("locked");
    if (mine.kind === "locked") await mine.lock.release();
  });
});
