import { copyFile, mkdir, open, readdir, rename, rm, stat, truncate } from "node:fs/promises";
import path from "node:path";
import { isSystemError } from "../../kernel/index.ts";
import type { InstanceId } from "../../kernel/index.ts";

/** An instance's log is turned over at this size; one older part is kept. */
const LARGEST_LOG = 10 * 1024 * 1024;
/** Logs of ended instances that are kept. */
const KEPT_LOGS = 200;

/** The last `bytes` of a file; empty where there is none. */
export async function readEnd(file: string, bytes: number): Promise<string> {
  try {
    const handle = await open(file, "r");
    try {
      const { size } = await handle.stat();
      const length = Math.min(size, bytes);
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length);
      return buffer.subarray(0, bytesRead).toString("utf8");
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return "";
    throw error;
  }
}

/**
 * Keeps a log below its limit: what it holds becomes the older part, and the file is emptied in place, because
 * the instance has it open for appending.
 */
export async function turnOver(log: string): Promise<void> {
  try {
    if ((await stat(log)).size <= LARGEST_LOG) return;
    await copyFile(log, `${log}.1`);
    await truncate(log, 0);
  } catch (error) {
    // The instance ended meanwhile and its log moved away.
    if (!isSystemError(error, "ENOENT")) throw error;
  }
}

/** Where the log of an ended instance is kept. */
export function keptLog(logs: string, id: InstanceId): string {
  return path.join(logs, `${id}.log`);
}

/** Moves the log of an instance that is being removed to where it outlives it, and drops the oldest. */
export async function keepLog(log: string, logs: string, id: InstanceId): Promise<void> {
  await mkdir(logs, { recursive: true, mode: 0o700 });
  try {
    await rename(log, keptLog(logs, id));
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
  }
  // Ids sort by time, so the first are the oldest.
  const kept = (await readdir(logs)).toSorted();
  for (const name of kept.slice(0, Math.max(0, kept.length - KEPT_LOGS))) {
    await rm(path.join(logs, name), { force: true });
  }
}
