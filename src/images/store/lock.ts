import { DatabaseSync } from "node:sqlite";
import type { Clock, Milliseconds } from "../../kernel/index.ts";

/** SQLITE_BUSY (sqlite.org/rescode.html). */
const BUSY = 5;
const POLL: Milliseconds = 20;

/** How a lock is waited for. */
export interface LockPatience {
  readonly clock: Clock;
  /** Absent: for ever. */
  readonly timeout?: Milliseconds;
  readonly signal?: AbortSignal | undefined;
}

/** A lock that the kernel lets go of when the process ends, however it ends. */
export interface FileLock {
  release(): void;
}

/**
 * Locks a file. Any number may share it, or one has it alone. Node has no flock; SQLite's locks are the system's
 * own, and hold between connections of one process as well. Undefined: somebody else has it.
 */
export function tryLock(file: string, kind: "shared" | "exclusive"): FileLock | undefined {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    if (kind === "exclusive") database.exec("BEGIN EXCLUSIVE");
    else {
      database.exec("BEGIN");
      // A transaction takes its lock with its first reading.
      database.prepare("SELECT count(*) FROM sqlite_schema").get();
    }
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === BUSY) return undefined;
    throw error;
  }
}

/** As `tryLock`, waiting for it. Undefined: not within the timeout. Rejects with the signal's reason. */
export async function waitForLock(
  file: string,
  kind: "shared" | "exclusive",
  { clock, timeout, signal }: LockPatience,
): Promise<FileLock | undefined> {
  const deadline = timeout === undefined ? Number.POSITIVE_INFINITY : clock.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    const lock = tryLock(file, kind);
    if (lock !== undefined || clock.now() >= deadline) return lock;
    await clock.sleep(POLL, signal);
  }
}
