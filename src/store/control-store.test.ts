import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ApplyRecord, ControlTransaction, Decision, RecordChange, Verdict } from "../fleets/index.ts";
import { applyChanges, emptyControlState, FencedError } from "../fleets/index.ts";
import { DiagnosticError, parseId, seededRandom, systemClock } from "../kernel/index.ts";
import type { FleetEvent } from "../kernel/index.ts";
import { openControlStore } from "./control-store.ts";
import type { ControlStoreParts, OpenControlStore } from "./control-store.ts";
import { canMount, killedAfter, onSmallDisk, temporaryDirectory } from "./testing/processes.ts";

const WEB = parseId<"fleet">("lineage/kiln_fleet.web");
const API = parseId<"fleet">("lineage/kiln_fleet.api");
const APPLY = parseId<"apply">("01apply");

const PARTS: ControlStoreParts = {
  clock: systemClock,
  random: seededRandom(1),
  loaded: (epoch, changes) => applyChanges(emptyControlState(epoch), changes),
  fenced: (epoch, claimed) => new FencedError(epoch, claimed),
};

function open(file = path.join(temporaryDirectory(), "kiln.db"), eventsKept?: number): OpenControlStore {
  const store = openControlStore(file, {
    ...PARTS,
    ...(eventsKept === undefined ? {} : { eventsKept }),
  });
  onTestFinished(() => store.close());
  return store;
}

function apply(decision: Decision, verdict: Verdict = { kind: "none" }): RecordChange {
  const record: ApplyRecord = {
    id: APPLY,
    lineage: parseId<"lineage">("lineage"),
    epoch: 1,
    coordinator: { kind: "daemon", handedOver: false },
    members: [WEB, API],
    decision,
    verdict,
    settled: false,
    who: "ada",
    why: "kiln apply",
    openedAt: 1,
  };
  return { collection: "applies", key: APPLY, record };
}

function scaled(to: number, fleet = WEB): FleetEvent {
  return { kind: "scaled", fleet, name: "web", from: 0, to, who: "ada" };
}

function write(epoch: number, more: Partial<ControlTransaction>): ControlTransaction {
  return { epoch, at: 1000, changes: [], events: [], ...more };
}

describe("records", () => {
  test("come back as they were written, after the file was closed", async () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const first = openControlStore(file, PARTS);
    const epoch = await first.claim();
    const changes: RecordChange[] = [
      apply({ kind: "open" }),
      {
        collection: "table",
        key: "table",
        record: { wanted: { epoch, version: 7, routes: [] }, acknowledgedVersion: 6, acknowledgedAt: 12 },
      },
    ];
    await first.commit(write(epoch, { changes }));
    first.close();

    const state = await open(file).load();
    expect(state.epoch).toBe(1);
    expect([...state.applies.values()]).toEqual([changes[0]?.record]);
    expect(state.table.wanted.version).toBe(7);
  });

  test("are forgotten by a change without a record", async () => {
    const store = open();
    const epoch = await store.claim();
    await store.commit(write(epoch, { changes: [apply({ kind: "open" })] }));
    await store.commit(write(epoch, { changes: [{ collection: "applies", key: APPLY }] }));
    expect((await store.load()).applies.size).toBe(0);
  });

  test("a decision and a verdict are written once", async () => {
    const store = open();
    const epoch = await store.claim();
    await store.commit(write(epoch, { changes: [apply({ kind: "commit", at: 1 })] }));
    await expect(
      store.commit(
        write(epoch, { changes: [apply({ kind: "abort", at: 2, reason: "late" })], events: [scaled(1)] }),
      ),
    ).rejects.toThrow("decided (commit)");
    await store.commit(
      write(epoch, { changes: [apply({ kind: "commit", at: 1 }, { kind: "kept", at: 2 })] }),
    );
    await expect(
      store.commit(
        write(epoch, {
          changes: [apply({ kind: "commit", at: 1 }, { kind: "back", at: 3, reason: "late" })],
        }),
      ),
    ).rejects.toThrow("has its verdict (kept)");
    expect(await store.events({})).toEqual([]);
  });
});

describe("epochs", () => {
  test("rise with each claim, and an older writer changes nothing", async () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const old = open(file);
    const stale = await old.claim();
    const fresh = await open(file).claim();
    expect([stale, fresh]).toEqual([1, 2]);

    const attempt = old.commit(write(stale, { changes: [apply({ kind: "open" })], events: [scaled(3)] }));
    await expect(attempt).rejects.toThrow(FencedError);
    expect((await old.load()).applies.size).toBe(0);
    expect(await old.page(0, 1000)).toEqual([]);
  });

  test("the store's id is made once", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    expect(open(file).id).toBe(open(file).id);
    expect(open().id).not.toBe("");
  });
});

describe("events", () => {
  test("are numbered without gaps over all writers and restarts", async () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const first = open(file);
    const epoch = await first.claim();
    await first.commit(write(epoch, { events: [scaled(1), scaled(2)] }));
    await first.record([{ kind: "daemon_stopping" }]);
    const second = open(file);
    const recorded = await second.commit(write(epoch, { events: [scaled(3)] }));
    expect(recorded.map(({ sequence }) => sequence)).toEqual([4]);
    const all = await second.page(0, 1000);
    expect(all.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect(all[2]?.event.kind).toBe("daemon_stopping");
    expect((await second.events({ after: 1 })).map(({ sequence }) => sequence)).toEqual([2, 4]);
  });

  test("of a fleet are those that name it, or an apply that it is a member of", async () => {
    const store = open();
    const epoch = await store.claim();
    await store.commit(
      write(epoch, {
        changes: [apply({ kind: "commit", at: 1 })],
        events: [
          scaled(1, WEB),
          scaled(1, API),
          { kind: "decided", apply: APPLY, decision: "commit", reason: "" },
        ],
      }),
    );
    // The apply is forgotten, and what was written of it stays.
    await store.commit(
      write(epoch, {
        changes: [{ collection: "applies", key: APPLY }],
        events: [{ kind: "verdict", apply: APPLY, verdict: "kept", reason: "" }],
      }),
    );
    const kinds = async (fleet: typeof WEB) => (await store.events({ fleet })).map(({ event }) => event.kind);
    expect(await kinds(WEB)).toEqual(["scaled", "decided", "verdict"]);
    expect(await kinds(parseId<"fleet">("lineage/other"))).toEqual([]);
    expect((await store.events({ fleet: API, limit: 2 })).map(({ sequence }) => sequence)).toEqual([3, 4]);
  });

  test("the oldest are dropped beyond the limit, and numbers go on", async () => {
    const store = open(undefined, 10);
    const epoch = await store.claim();
    for (let count = 1; count <= 34; count++) await store.commit(write(epoch, { events: [scaled(count)] }));
    await store.commit(write(epoch, { events: [scaled(35), scaled(36), scaled(37)] }));
    const sequences = (await store.page(0, 1000)).map(({ sequence }) => sequence);
    expect(sequences.at(-1)).toBe(37);
    expect(sequences.length).toBeGreaterThanOrEqual(10);
    expect(sequences.length).toBeLessThan(12);
    expect((await store.events({ fleet: WEB })).length).toBe(sequences.length);
  });
});

describe("what a promise confirmed", () => {
  test("survives SIGKILL at any moment, whole and in order", async () => {
    const home = temporaryDirectory();
    const lines = await killedAfter(
      40,
      home,
      `
      const store = openControlStore(home + "/kiln.db", parts);
      const epoch = await store.claim();
      for (let to = 1; ; to++) {
        const table = { wanted: { epoch, version: to, routes: [] }, acknowledgedVersion: 0, acknowledgedAt: 0 };
        await store.commit({
          epoch,
          at: to,
          changes: [{ collection: "table", key: "table", record: table }],
          events: [{ kind: "scaled", fleet: "f", name: "f", from: 0, to, who: "ada" }],
        });
        console.log(to);
      }`,
    );
    const confirmed = Number(lines.at(-1));
    expect(confirmed).toBeGreaterThanOrEqual(40);
    const store = open(path.join(home, "kiln.db"));
    const written = (await store.load()).table.wanted.version;
    expect(written).toBeGreaterThanOrEqual(confirmed);
    // Records and events of one transaction are there together.
    const sequences = (await store.page(0, 1000)).map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: written }, (_, index) => index + 1));
  });
});

describe("a store that cannot be used", () => {
  const refused = (file: string): DiagnosticError => {
    try {
      openControlStore(file, PARTS).close();
    } catch (error) {
      if (error instanceof DiagnosticError) return error;
      throw error;
    }
    throw new Error("it was opened");
  };

  test("a damaged file is named and left as it is", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    writeFileSync(file, "x".repeat(10_000));
    const { diagnostics } = refused(file);
    expect(diagnostics[0]?.detail).toContain(file);
    expect(diagnostics[0]?.remedy).toContain("backup");
    expect(readFileSync(file, "utf8")).toBe("x".repeat(10_000));
  });

  test("damage inside is found when it is read, and not overwritten", async () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const store = open(file);
    const epoch = await store.claim();
    await store.commit(write(epoch, { changes: [apply({ kind: "open" })] }));
    const direct = new DatabaseSync(file);
    direct.exec(`UPDATE records SET record = '{"id":'`);
    direct.close();
    await expect(store.load()).rejects.toThrow(`${file} cannot be read`);
  });

  test("a database of another program is left alone", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (x)");
    other.close();
    const before = readFileSync(file);
    expect(refused(file).message).toContain("not the store of Kiln's daemon");
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("a newer schema is refused and left as it is", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    openControlStore(file, PARTS).close();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    const before = readFileSync(file);
    const { diagnostics } = refused(file);
    expect(diagnostics[0]?.summary).toBe("Kiln's store is of a newer version");
    expect(diagnostics[0]?.detail).toContain("schema 99");
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test("a directory in its place, and a path below a file", () => {
    const directory = temporaryDirectory();
    mkdirSync(path.join(directory, "kiln.db"));
    expect(refused(path.join(directory, "kiln.db")).diagnostics[0]?.summary).toContain("cannot be opened");
    writeFileSync(path.join(directory, "file"), "");
    expect(refused(path.join(directory, "file", "kiln.db")).message).toContain("not a directory");
  });

  test("the file is for its owner alone", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    open(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });
});

describe.skipIf(!canMount())(
  "a full disk (where nothing can be mounted, skipped: it needs a file system of its own)",
  () => {
    test("refuses what begins, and takes what ends things", () => {
      const output = onSmallDisk(
        3000,
        temporaryDirectory(),
        `
      const fs = await import("node:fs");
      const store = openControlStore(home + "/kiln.db", parts);
      const epoch = await store.claim();
      const instance = (phase) => ({
        collection: "instances", key: "i" + Math.random(), record: { id: "i", phase, padding: "p".repeat(20000) } });
      const commit = (changes) => store.commit({ epoch, at: 1, changes, events: [] });
      try { fs.writeFileSync(home + "/filler", Buffer.alloc(9e6)); } catch {}
      let refusal;
      for (let count = 0; count < 500 && refusal === undefined; count++) {
        try { await commit([instance({ kind: "intent" })]); } catch (error) { refusal = error; }
      }
      const before = (await store.load()).instances.size;
      for (let count = 0; count < 20; count++) await commit([instance({ kind: "gone", reason: "", at: 1 })]);
      console.log(JSON.stringify({
        summary: refusal?.diagnostics?.[0]?.summary, before, after: (await store.load()).instances.size,
        reserve: fs.existsSync(home + "/kiln.db.reserve") }));
      `,
      );
      const { summary, before, after, reserve } = JSON.parse(output);
      expect(summary).toBe("The disk is full");
      expect(after - before).toBeGreaterThanOrEqual(20);
      expect(reserve).toBe(false);
    });

    test("at the first start is a diagnostic", () => {
      const output = onSmallDisk(
        64,
        temporaryDirectory(),
        `
      const fs = await import("node:fs");
      try { fs.writeFileSync(home + "/filler", Buffer.alloc(9e6)); } catch {}
      try { openControlStore(home + "/kiln.db", parts); } catch (error) {
        console.log(error.diagnostics[0].summary, error.diagnostics[0].detail);
      }`,
      );
      expect(output).toContain("The disk is full");
      expect(output).toContain("kiln.db");
    });
  },
);
