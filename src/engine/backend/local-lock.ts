import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { errorDiagnostic, isSystemError } from "../../kernel/index.ts";
import type { HeldLock, LockInfo, LockResult } from "./backend.ts";

/** SQLite's result code for a lock that somebody else holds. */
const SQLITE_BUSY = 5;

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file);
  database.exec("PRAGMA busy_timeout = 0");
  return database;
}

function isBusy(error: unknown): boolean {
  return (
    error instanceof Error &&
    "errcode" in error &&
    typeof error.errcode === "number" &&
    (error.errcode & 0xff) === SQLITE_BUSY
  );
}

/**
 * A lock that the kernel holds: an exclusive transaction on a database beside the state. It is free the moment its
 * process is gone, however that ended (rule F17), so a dead holder never has to be unlocked by hand.
 */
export class LocalLock {
  readonly #directory: string;
  readonly #database: string;
  readonly #info: string;

  constructor(directory: string) {
    this.#directory = directory;
    this.#database = path.join(directory, "lock.db");
    this.#info = path.join(directory, "lock.json");
  }

  async acquire(info: LockInfo): Promise<LockResult> {
    await mkdir(this.#directory, { recursive: true });
    const database = openDatabase(this.#database);
    try {
      database.exec("BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      if (isBusy(error)) return await this.#refusal();
      throw error;
    }
    try {
      // Whole for whoever reads it, but not synced: after a power cut nobody holds the lock.
      const aside = `${this.#info}.${info.id}.tmp`;
      await writeFile(aside, `${JSON.stringify(info, undefined, 2)}\n`);
      await rename(aside, this.#info);
    } catch (error) {
      database.close();
      throw error;
    }
    return { kind: "locked", lock: this.#held(database, info) };
  }

  #held(database: DatabaseSync, info: LockInfo): HeldLock {
    let released = false;
    return {
      info,
      release: async () => {
        if (released) return;
        released = true;
        // The note goes first: once the database is closed it may be another holder's.
        await rm(this.#info, { force: true });
        database.close();
      },
    };
  }

  /** Whether nobody holds it now, or the note has another id; takes a left note away otherwise. */
  async clear(id: string): Promise<boolean> {
    const info = await this.#holder();
    if (info?.id !== id) return false;
    const database = openDatabase(this.#database);
    try {
      database.exec("BEGIN EXCLUSIVE");
      await rm(this.#info, { force: true });
      return true;
    } catch (error) {
      if (isBusy(error)) return false;
      throw error;
    } finally {
      database.close();
    }
  }

  async #holder(): Promise<LockInfo | undefined> {
    try {
      const parsed: unknown = JSON.parse(await readFile(this.#info, "utf8"));
      return isLockInfo(parsed) ? parsed : undefined;
    } catch (error) {
      // No note, or half of one: the holder is between taking the lock and writing it, or let go just now.
      if (isSystemError(error, "ENOENT") || error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  async #refusal(): Promise<LockResult> {
    const info = await this.#holder();
    const holder =
      info === undefined
        ? "Another process holds the lock."
        : [
            "Another process holds the lock:",
            `  ID:        ${info.id}`,
            `  Operation: ${info.operation}`,
            `  Who:       ${info.who} (process ${info.pid})`,
            `  Version:   ${info.version}`,
            `  Created:   ${new Date(info.created).toISOString()}`,
          ].join("\n");
    return {
      kind: "refused",
      ...(info === undefined ? {} : { info }),
      diagnostic: errorDiagnostic("Error acquiring the state lock", holder, {
        remedy:
          "Wait until that command has ended, or give this one time with -lock-timeout=1m. The lock is free as soon as its process is gone.",
      }),
    };
  }
}

function isLockInfo(value: unknown): value is LockInfo {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "operation" in value &&
    typeof value.operation === "string" &&
    "who" in value &&
    typeof value.who === "string" &&
    "version" in value &&
    typeof value.version === "string" &&
    "created" in value &&
    typeof value.created === "number" &&
    "pid" in value &&
    typeof value.pid === "number"
  );
}
