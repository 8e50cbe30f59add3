import { randomFillSync } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, rmSync, writeFileSync } from "node:fs";
import { isSystemError } from "../kernel/index.ts";
import type { Clock, Milliseconds } from "../kernel/index.ts";
import { isDiskFull } from "./errors.ts";

/** Enough for some hundred records in the write-ahead log: bytes. */
const RESERVE_SIZE = 1024 * 1024;
/** How often it is tried to take the space again that was given up. */
const REFILL_INTERVAL: Milliseconds = 30_000;

/**
 * Space on the disk that is kept by a file beside the store and given up when the disk is full, so that what ends
 * things (an abort, a switch back, a result) can always be written.
 */
export class Reserve {
  readonly #file: string;
  readonly #clock: Clock;
  #nextTry = 0;

  constructor(database: string, clock: Clock) {
    this.#file = `${database}.reserve`;
    this.#clock = clock;
  }

  /** Takes the space where it is not held. Does nothing where it cannot: no write depends on it yet. */
  fill(): void {
    const now = this.#clock.now();
    if (now < this.#nextTry) return;
    this.#nextTry = now + REFILL_INTERVAL;
    if (existsSync(this.#file)) return;
    try {
      writeWhole(this.#file);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      // No room for a reserve, or no right to make one: writes go on without.
      rmSync(this.#file, { force: true });
    }
  }

  /**
   * Throws the system's error where the disk has no room for the space: whoever begins something then could not
   * write down how it ends.
   */
  demand(): void {
    if (existsSync(this.#file)) return;
    try {
      writeWhole(this.#file);
    } catch (error) {
      rmSync(this.#file, { force: true });
      if (!isSystemError(error) || isDiskFull(error)) throw error;
      // No right to make one: writes go on without.
    }
  }

  /** Runs a write that must not fail for want of space: once more without the reserve where it did. */
  spend<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      if (!isDiskFull(error) || !existsSync(this.#file)) throw error;
      rmSync(this.#file, { force: true });
      this.#nextTry = this.#clock.now() + REFILL_INTERVAL;
      return action();
    }
  }
}

function writeWhole(file: string): void {
  // Random bytes, since a file system that compresses would keep no room for zeros.
  const content = randomFillSync(Buffer.alloc(RESERVE_SIZE));
  const handle = openSync(file, "wx", 0o600);
  try {
    writeFileSync(handle, content);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
