import type { BigIntStats } from "node:fs";
import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { isSystemError } from "../../kernel/index.ts";
import type { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { bytePath, encodePath, joinPath, ROOT, systemPath } from "../paths.ts";

/** Something in a directory, and where it lies. */
export interface Found {
  /** Below the directory that was walked. */
  readonly path: BytePath;
  readonly absolute: BytePath;
  readonly stats: BigIntStats;
}

/** Everything below a directory, a directory before what it holds; no link is followed. */
export async function* walk(directory: string, pacer: Pacer): AsyncGenerator<Found> {
  const root = encodePath(directory);
  const waiting: BytePath[] = [ROOT];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const name of readdirSync(systemPath(joinPath(root, at)), { encoding: "latin1" })) {
      const path = joinPath(at, bytePath(name));
      const absolute = joinPath(root, path);
      const stats = statsOf(absolute);
      if (stats === undefined) continue;
      if (stats.isDirectory()) waiting.push(path);
      yield { path, absolute, stats };
      if (pacer.due) await pacer.rest();
    }
  }
}

/** Where a link points, as bytes. */
export function linkTarget(absolute: BytePath): BytePath {
  return bytePath(readlinkSync(systemPath(absolute), { encoding: "latin1" }));
}

function statsOf(absolute: BytePath): BigIntStats | undefined {
  try {
    return lstatSync(systemPath(absolute), { bigint: true });
  } catch (error) {
    // Removed since the directory was read: as if it had not been there.
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}
