import type { BigIntStats } from "node:fs";
import type { BytePath } from "./paths.ts";

/** Size, modification and change time in nanoseconds, device, inode and mode, as one comparable text. */
type Stamp = string;

/** A clock's tick, with room: what changed within it after it was read may keep its times. */
const GRANULARITY_NS = 20_000_000n;

function stampOf(stats: BigIntStats): Stamp {
  return [stats.size, stats.mtimeNs, stats.ctimeNs, stats.dev, stats.ino, stats.mode].join(" ");
}

/**
 * Digests of files by what the file system says of them, so that an unchanged file is not read again. The change
 * time counts, since the modification time can be set back; and a file that changed just before it was read is
 * not remembered, since the next change may leave no trace.
 */
export class FileMemory {
  readonly #known: ReadonlyMap<string, readonly [Stamp, string]>;
  readonly #seen = new Map<string, readonly [Stamp, string]>();
  #learned = false;

  constructor(entries: Iterable<readonly [string, readonly [Stamp, string]]> = []) {
    this.#known = new Map(entries);
  }

  /** Takes what `entries` gave; anything else is an empty memory. */
  static from(saved: unknown): FileMemory {
    return new FileMemory(isSaved(saved) ? saved : []);
  }

  /** The SHA-256 of a file that is as it was when it was read. */
  recall(path: BytePath, stats: BigIntStats): string | undefined {
    const found = this.#seen.get(path) ?? this.#known.get(path);
    if (found === undefined || found[0] !== stampOf(stats)) return undefined;
    this.#seen.set(path, found);
    return found[1];
  }

  /** Remembers what was read, unless the file changed too shortly before `began` (milliseconds since the epoch). */
  learn(path: BytePath, stats: BigIntStats, sha256: string, began: number): void {
    const limit = BigInt(Math.floor(began)) * 1_000_000n - GRANULARITY_NS;
    if (stats.mtimeNs >= limit || stats.ctimeNs >= limit) return;
    this.#seen.set(path, [stampOf(stats), sha256]);
    this.#learned = true;
  }

  /** Whether saving it is worth it. */
  get changed(): boolean {
    return this.#learned || this.#seen.size !== this.#known.size;
  }

  /** What was met since it was made; what was not is forgotten. */
  entries(): (readonly [string, readonly [Stamp, string]])[] {
    return [...this.#seen];
  }
}

function isSaved(value: unknown): value is readonly (readonly [string, readonly [Stamp, string]])[] {
  return (
    Array.isArray(value) &&
    value.every(
      (item: unknown) =>
        Array.isArray(item) &&
        typeof item[0] === "string" &&
        Array.isArray(item[1]) &&
        typeof item[1][0] === "string" &&
        typeof item[1][1] === "string",
    )
  );
}
