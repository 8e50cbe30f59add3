import { closeSync, existsSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import type { SQLOutputValue } from "node:sqlite";
import { DiagnosticError, errorDiagnostic, KILN_VERSION } from "../kernel/index.ts";
import { damaged, storeDiagnostic } from "./errors.ts";

/** How long a writer waits for another one: milliseconds. */
const BUSY_TIMEOUT = 5_000;
/** A write-ahead log that grew larger is cut back to this: bytes. */
const WAL_LIMIT = 4 * 1024 * 1024;

/** The shape of one kind of store through all of its versions. */
export interface Schema {
  /** What the file is, in words. */
  readonly name: string;
  /** Marks the file as Kiln's and of this kind (SQLite's `application_id`). */
  readonly applicationId: number;
  /** Statement lists; the one at index i makes version i + 1 out of version i. Never changed once released. */
  readonly migrations: readonly string[];
}

/**
 * Opens a store, or makes it, and brings it to the newest version of its schema. What is written is durable when
 * the call returns (write-ahead log, synced at every commit). Throws a DiagnosticError, and changes nothing, where
 * the file is damaged, something else, of a newer Kiln, or cannot be written.
 */
export function openDatabase(file: string, schema: Schema): DatabaseSync {
  return explained(file, () => {
    if (!existsSync(file)) closeSync(openSync(file, "a", 0o600));
    const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT });
    try {
      checkKind(file, database, schema);
      database.exec("PRAGMA journal_mode = WAL");
      database.exec("PRAGMA synchronous = FULL");
      // Where a sync does not reach the disk by itself (macOS); without meaning elsewhere.
      database.exec("PRAGMA fullfsync = ON");
      database.exec(`PRAGMA journal_size_limit = ${WAL_LIMIT}`);
      migrate(file, database, schema);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/** Runs the action as one transaction that is taken whole or not at all. */
export function transaction<T>(database: DatabaseSync, action: () => T): T {
  database.exec("BEGIN IMMEDIATE");
  try {
    const value = action();
    database.exec("COMMIT");
    return value;
  } catch (error) {
    // A full disk may have ended the transaction already.
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

/** Turns what SQLite and the system say of a file into diagnostics; bugs stay what they are. */
export function explained<T>(file: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    const diagnostic = storeDiagnostic(file, error);
    if (diagnostic === undefined) throw error;
    throw new DiagnosticError([diagnostic]);
  }
}

export type Row = Readonly<Record<string, SQLOutputValue>>;

/** A column that is text by the schema. */
export function textOf(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new Error(`column ${column} holds ${typeof value}, not text`);
  return value;
}

/** A column that is an integer by the schema. */
export function integerOf(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new Error(`column ${column} holds ${typeof value}, not an integer`);
  return value;
}

/** A JSON column, written by a store of the same schema. Throws a DiagnosticError where it is no JSON. */
export function recordOf<T>(file: string, row: Row, column: string): T {
  try {
    return JSON.parse(textOf(row, column)) as T;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DiagnosticError([damaged(file, `the column "${column}" of a row is not what Kiln wrote`)]);
  }
}

function checkKind(file: string, database: DatabaseSync, schema: Schema): void {
  const application = integerOf(database.prepare("PRAGMA application_id").get(), "application_id");
  const version = versionOf(database);
  const tables = integerOf(database.prepare("SELECT count(*) AS tables FROM sqlite_schema").get(), "tables");
  if (application !== schema.applicationId && !(application === 0 && version === 0 && tables === 0)) {
    throw new DiagnosticError([damaged(file, `it is a database, but not ${schema.name}`)]);
  }
  if (version > schema.migrations.length) {
    throw new DiagnosticError([
      errorDiagnostic(
        "Kiln's store is of a newer version",
        `${file} was written by a newer Kiln (schema ${version}); Kiln ${KILN_VERSION} knows schemas up to ${schema.migrations.length}.`,
        { remedy: "Use the newer Kiln, or another directory. Nothing was changed." },
      ),
    ]);
  }
}

function migrate(file: string, database: DatabaseSync, schema: Schema): void {
  if (versionOf(database) === schema.migrations.length) return;
  transaction(database, () => {
    // Another process may have migrated it while this one waited for the lock.
    checkKind(file, database, schema);
    const version = versionOf(database);
    for (const statements of schema.migrations.slice(version)) database.exec(statements);
    database.exec(`PRAGMA application_id = ${schema.applicationId}`);
    database.exec(`PRAGMA user_version = ${schema.migrations.length}`);
  });
}

function versionOf(database: DatabaseSync): number {
  return integerOf(database.prepare("PRAGMA user_version").get(), "user_version");
}
