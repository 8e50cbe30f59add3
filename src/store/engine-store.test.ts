import { existsSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import type { EngineStore, GenerationClosing, GenerationOpening } from "../engine/index.ts";
import { parseId, seededRandom, systemClock } from "../kernel/index.ts";
import type { ApplyId, Intent } from "../kernel/index.ts";
import { openEngineStore } from "./engine-store.ts";
import { canMount, killedAfter, onSmallDisk, temporaryDirectory } from "./testing/processes.ts";

const APPLY = parseId<"apply">("01first");

function open(directory = path.join(temporaryDirectory(), ".kiln")): EngineStore {
  const store = openEngineStore(directory, { clock: systemClock, random: seededRandom(1) });
  onTestFinished(() => store.close());
  return store;
}

function opening(apply: ApplyId): GenerationOpening {
  return {
    apply,
    lineage: parseId<"lineage">("lineage"),
    workspace: "default",
    members: ["kiln_fleet.web"],
    planDigest: "sha256:1",
    configDigest: "sha256:2",
    baseSerial: 3,
    holder: { pid: 1, startTime: 2, lockToken: "token" },
    who: "ada",
    command: "kiln apply",
    openedAt: 5,
  };
}

function closing(outcome: GenerationClosing["outcome"]): GenerationClosing {
  return {
    outcome,
    decision: outcome === "applied" ? "commit" : "abort",
    serial: 4,
    added: 1,
    changed: 0,
    destroyed: 0,
    reasons: [],
    closedAt: 9,
  };
}

function intent(address: string, apply = APPLY): Intent {
  return { apply, address, action: "create", detail: { key: 1 }, deadline: 99 };
}

describe("the journal", () => {
  test("an intent is open until it has a final result", async () => {
    const { journal } = open();
    const first = await journal.append(intent("a"));
    const second = await journal.append(intent("b"));
    await journal.resolve(second, { kind: "in_doubt", reason: "the plugin was killed" });
    expect(await journal.open()).toEqual([
      { id: first, intent: intent("a") },
      { id: second, intent: intent("b"), doubt: "the plugin was killed" },
    ]);
    await journal.resolve(first, { kind: "done", record: "{}" });
    await journal.resolve(second, { kind: "nothing_happened", reason: "read back" });
    expect(await journal.open()).toEqual([]);
  });

  test("what was done can be discarded, and what was discarded stays so", async () => {
    const { journal, generations } = open();
    const id = await journal.append(intent("a"));
    await journal.resolve(id, { kind: "done", record: "{}" });
    await journal.resolve(id, { kind: "discard_failed", reason: "busy" });
    await journal.resolve(id, { kind: "discarded" });
    await journal.resolve(id, { kind: "discarded" });
    await expect(journal.resolve(id, { kind: "done", record: "{}" })).rejects.toThrow("cannot become done");
    expect(await generations.operations(APPLY)).toEqual([
      { id, intent: intent("a"), result: { kind: "discarded" } },
    ]);
  });

  test("one bad write of a group is refused alone", async () => {
    const { journal } = open();
    const unknown = parseId<"operation">("nobody");
    const settled = await Promise.allSettled([
      journal.append(intent("a")),
      journal.resolve(unknown, { kind: "discarded" }),
      journal.append(intent("b")),
    ]);
    expect(settled.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect((await journal.open()).map((operation) => operation.intent.address)).toEqual(["a", "b"]);
  });

  test("appends that are asked for together are one transaction", async () => {
    const directory = path.join(temporaryDirectory(), ".kiln");
    const { journal } = open(directory);
    await journal.append(intent("first"));
    const log = path.join(directory, "kiln.db-wal");
    const before = readdirSync(directory).length;
    const watcher = new DatabaseSync(path.join(directory, "kiln.db"), { readOnly: true });
    onTestFinished(() => watcher.close());
    const count = () => Number(watcher.prepare("SELECT count(*) AS count FROM operations").get()?.["count"]);
    const seen = new Set<number>();
    await Promise.all(
      Array.from({ length: 500 }, async (_, index) => {
        await journal.append(intent(`a${index}`));
        seen.add(count());
      }),
    );
    expect([...seen]).toEqual([501]);
    expect(existsSync(log)).toBe(true);
    expect(readdirSync(directory).length).toBe(before);
  });

  test("a closed generation takes no intent any more", async () => {
    const { journal, generations } = open();
    await generations.open(opening(APPLY));
    await generations.close(APPLY, closing("applied"));
    await expect(journal.append(intent("late"))).rejects.toThrow("is closed");
  });

  test("what was confirmed survives SIGKILL", async () => {
    const home = temporaryDirectory();
    const lines = await killedAfter(
      300,
      home,
      `
      const { journal } = openEngineStore(home, { clock, random });
      for (let round = 0; ; round++) {
        const ids = await Promise.all(Array.from({ length: 10 }, (_, index) => journal.append({
          apply: "01", address: round + "." + index, action: "create", detail: {}, deadline: 1 })));
        for (const id of ids) console.log(id);
      }`,
    );
    const written = (await open(home).journal.open()).map(({ id }) => String(id));
    expect(lines.length).toBeGreaterThanOrEqual(300);
    expect(written.slice(0, lines.length)).toEqual(lines);
  });
});

describe("generations", () => {
  test("get the next number, one open at a time", async () => {
    const { generations } = open();
    expect(await generations.open(opening(APPLY))).toBe(1);
    const second = parseId<"apply">("02second");
    await expect(generations.open(opening(second))).rejects.toThrow("generation 1 (01first) is open");
    await generations.close(APPLY, closing("aborted"));
    expect(await generations.open(opening(second))).toBe(2);
    const list = await generations.list();
    expect(list.map(({ number, closing: end }) => [number, end?.outcome])).toEqual([
      [1, "aborted"],
      [2, undefined],
    ]);
    expect(list[0]?.opening).toEqual(opening(APPLY));
  });

  test("an apply has one generation", async () => {
    const { generations } = open();
    await generations.open(opening(APPLY));
    await generations.close(APPLY, closing("applied"));
    await expect(generations.open(opening(APPLY))).rejects.toThrow("UNIQUE");
  });

  test("the first decision stands", async () => {
    const directory = path.join(temporaryDirectory(), ".kiln");
    const one = open(directory).generations;
    const other = open(directory).generations;
    await one.open(opening(APPLY));
    expect(await one.decide(APPLY, "commit")).toBe("commit");
    expect(await other.decide(APPLY, "abort")).toBe("commit");
    expect((await other.list())[0]?.decision).toBe("commit");
  });

  test("are closed once, and settled after", async () => {
    const { generations } = open();
    await generations.open(opening(APPLY));
    await generations.close(APPLY, closing("applied"));
    await generations.close(APPLY, closing("applied"));
    await expect(generations.close(APPLY, closing("aborted"))).rejects.toThrow("closed as applied");
    expect((await generations.list())[0]?.settled).toBe(false);
    await generations.settle(APPLY);
    expect((await generations.list())[0]?.settled).toBe(true);
  });
});

describe("the file", () => {
  test("is not made by reading", async () => {
    const directory = path.join(temporaryDirectory(), ".kiln");
    const { journal, generations } = open(directory);
    expect([await journal.open(), await generations.list()]).toEqual([[], []]);
    expect(existsSync(directory)).toBe(false);
  });

  test("a damaged one is named, and refuses both reading and writing", async () => {
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, "kiln.db"), "garbage".repeat(1000));
    const { journal } = open(directory);
    await expect(journal.open()).rejects.toThrow("kiln.db cannot be read");
    await expect(journal.append(intent("a"))).rejects.toThrow("kiln.db cannot be read");
  });

  test("a directory that cannot be made", async () => {
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, ".kiln"), "");
    await expect(open(path.join(directory, ".kiln", "x")).journal.append(intent("a"))).rejects.toThrow(
      "cannot be opened",
    );
  });
});

describe.skipIf(!canMount())(
  "a full disk (where nothing can be mounted, skipped: it needs a file system of its own)",
  () => {
    test("refuses intents, and takes results", () => {
      const output = onSmallDisk(
        3000,
        temporaryDirectory(),
        `
      const fs = await import("node:fs");
      const { journal } = openEngineStore(home, { clock, random });
      const append = (size) => journal.append({
        apply: "01", address: "p".repeat(size), action: "create", detail: {}, deadline: 1 });
      const ids = [];
      for (let count = 0; count < 20; count++) ids.push(await append(10));
      try { fs.writeFileSync(home + "/filler", Buffer.alloc(9e6)); } catch {}
      let refusal;
      for (let count = 0; count < 500 && refusal === undefined; count++) {
        try { await append(20000); } catch (error) { refusal = error; }
      }
      // Both in one group: the intent is refused, and the results beside it are written.
      const results = await Promise.allSettled([
        ...ids.map((id) => journal.resolve(id, { kind: "done", record: "r".repeat(10000) })),
        append(20000),
      ]);
      const open = await journal.open();
      console.log(JSON.stringify({
        summary: refusal?.diagnostics?.[0]?.summary,
        results: results.slice(0, 20).every((result) => result.status === "fulfilled"),
        intent: results.at(-1)?.status,
        leftOpen: open.filter(({ id }) => ids.includes(id)).length }));
      `,
      );
      expect(JSON.parse(output)).toEqual({
        summary: "The disk is full",
        results: true,
        intent: "rejected",
        leftOpen: 0,
      });
    });
  },
);
