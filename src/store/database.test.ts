import { readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { applyChanges, emptyControlState } from "../fleets/index.ts";
import { seededRandom, systemClock } from "../kernel/index.ts";
import { CONTROL_SCHEMA } from "./control-schema.ts";
import { openControlStore } from "./control-store.ts";
import { openDatabase } from "./database.ts";
import type { Schema } from "./database.ts";
import { ENGINE_SCHEMA } from "./engine-schema.ts";
import { openEngineStore } from "./engine-store.ts";
import { temporaryDirectory } from "./testing/processes.ts";

/** A file as an earlier version left it, from the statements that were dumped from one. */
function earlier(fixture: string, file = path.join(temporaryDirectory(), "kiln.db")): string {
  const database = new DatabaseSync(file);
  database.exec(readFileSync(path.join(import.meta.dirname, "fixtures", fixture), "utf8"));
  database.close();
  return file;
}

function open(file: string, schema: Schema): DatabaseSync {
  const database = openDatabase(file, schema);
  onTestFinished(() => {
    if (database.isOpen) database.close();
  });
  return database;
}

describe("files of version 1", () => {
  test("of the daemon keep their records, events, id and epoch", async () => {
    const store = openControlStore(earlier("control-1.sql"), {
      clock: systemClock,
      random: seededRandom(2),
      loaded: (epoch, changes) => applyChanges(emptyControlState(epoch), changes),
      fenced: (epoch) => new Error(`epoch ${epoch} is over`),
    });
    onTestFinished(() => store.close());
    expect(store.id).toBe("01j0store00000000001");
    const state = await store.load();
    expect(state.epoch).toBe(7);
    expect(state.table.wanted).toEqual({ epoch: 7, version: 12, routes: [] });
    const events = await store.page(0, 1000);
    expect(events.map(({ sequence, event }) => [sequence, event.kind])).toEqual([
      [1, "daemon_started"],
      [2, "scaled"],
    ]);
  });

  test("of the engine keep their generations and what is open", async () => {
    const directory = temporaryDirectory();
    earlier("engine-1.sql", path.join(directory, "kiln.db"));
    const store = openEngineStore(directory, { clock: systemClock, random: seededRandom(2) });
    onTestFinished(() => store.close());
    expect((await store.generations.list()).map(({ number, closing }) => [number, closing?.outcome])).toEqual(
      [
        [4, "applied"],
        [5, undefined],
      ],
    );
    expect((await store.journal.open()).map(({ intent, doubt }) => [intent.address, doubt])).toEqual([
      ["local_file.a", undefined],
      ["local_file.b", "killed"],
    ]);
  });

  test.each([
    ["control-1.sql", CONTROL_SCHEMA],
    ["engine-1.sql", ENGINE_SCHEMA],
  ])("%s can be brought to a later version, once", (fixture, schema) => {
    const file = earlier(fixture);
    const later = {
      ...schema,
      migrations: [...schema.migrations, "CREATE TABLE added (x); INSERT INTO added VALUES (1)"],
    };
    open(file, later).close();
    const count = open(file, later).prepare("SELECT count(*) AS count FROM added").get();
    expect(count?.["count"]).toBe(1);
  });
});

describe("a migration", () => {
  const schema = (...migrations: string[]): Schema => ({ name: "a test", applicationId: 77, migrations });

  test("that fails leaves the version before it", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    open(file, schema("CREATE TABLE a (x)")).close();
    const broken = schema("CREATE TABLE a (x)", "CREATE TABLE b (x)", "CREATE TABLE a (x)");
    expect(() => openDatabase(file, broken)).toThrow("already exists");
    const database = open(file, schema("CREATE TABLE a (x)"));
    expect(database.prepare("SELECT name FROM sqlite_schema").all()).toEqual([{ name: "a" }]);
  });

  test("is safe where two processes open the file at once", () => {
    const file = path.join(temporaryDirectory(), "kiln.db");
    const both = [open(file, schema("CREATE TABLE a (x)")), open(file, schema("CREATE TABLE a (x)"))];
    expect(both[1]?.prepare("PRAGMA user_version").get()).toEqual({ user_version: 1 });
  });

  test("makes every commit durable", () => {
    const database = open(path.join(temporaryDirectory(), "kiln.db"), schema("CREATE TABLE a (x)"));
    expect(database.prepare("PRAGMA journal_mode").get()).toEqual({ journal_mode: "wal" });
    // 2 is FULL: the log is synced at every commit.
    expect(database.prepare("PRAGMA synchronous").get()).toEqual({ synchronous: 2 });
  });
});
