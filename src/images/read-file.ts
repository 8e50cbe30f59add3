import type { BigIntStats } from "node:fs";
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { createHash } from "node:crypto";
import type { BytePath } from "./paths.ts";
import { systemPath } from "./paths.ts";
import type { Pacer } from "./pacer.ts";

const CHUNK = 1 << 20;
const ATTEMPTS = 3;

/** A file that was written to each time it was read. */
export class FileChangedError extends Error {
  readonly path: BytePath;

  constructor(path: BytePath) {
    super(`${path} changed while it was read`);
    this.name = "FileChangedError";
    this.path = path;
  }
}

/** One reading of a file from end to end. */
export interface Reading {
  readonly stats: BigIntStats;
  readonly sha256: string;
}

/**
 * Reads a file to its end, never through a link, and gives its chunks away; a chunk is valid until the next one.
 * Throws `FileChangedError` where it changed meanwhile or is longer or shorter than it said.
 */
export async function readOnce(
  path: BytePath,
  pacer: Pacer,
  take: (chunk: Buffer) => void = () => {},
): Promise<Reading> {
  const descriptor = openSync(
    systemPath(path),
    constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
  );
  try {
    const before = fstatSync(descriptor, { bigint: true });
    const digest = createHash("sha256");
    const buffer = Buffer.allocUnsafe(Math.max(1, Math.min(CHUNK, Number(before.size) + 1)));
    let size = 0n;
    for (;;) {
      const count = readSync(descriptor, buffer, 0, buffer.length, null);
      if (count === 0) break;
      const chunk = buffer.subarray(0, count);
      digest.update(chunk);
      size += BigInt(count);
      // A file that grows must not overflow the room that its header announced.
      if (size > before.size) throw new FileChangedError(path);
      take(chunk);
      if (pacer.due) await pacer.rest();
    }
    const after = fstatSync(descriptor, { bigint: true });
    const same = before.mtimeNs === after.mtimeNs && before.ctimeNs === after.ctimeNs && size === after.size;
    if (!same) throw new FileChangedError(path);
    return { stats: after, sha256: digest.digest("hex") };
  } finally {
    closeSync(descriptor);
  }
}

/** As `readOnce` for the digest alone; reads again where the file changed meanwhile, and then gives up. */
export async function readStable(path: BytePath, pacer: Pacer): Promise<Reading> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readOnce(path, pacer);
    } catch (error) {
      if (!(error instanceof FileChangedError) || attempt === ATTEMPTS) throw error;
    }
  }
}
