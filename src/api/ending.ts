import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { isSystemError } from "../kernel/index.ts";
import type { Milliseconds } from "../kernel/index.ts";

const POLL: Milliseconds = 10;

/** Waits until a process has ended. False: it still runs after `limit`. */
export async function hasEnded(pid: number, limit: Milliseconds): Promise<boolean> {
  const deadline = Date.now() + limit;
  while (await isRunning(pid)) {
    if (Date.now() >= deadline) return false;
    await sleep(POLL);
  }
  return true;
}

async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: the number belongs to another user's process by now.
    if (isSystemError(error, "ESRCH") || isSystemError(error, "EPERM")) return false;
    throw error;
  }
  try {
    // A process that ended and that its parent has not asked about is no more than its number (proc(5)).
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2, stat.lastIndexOf(")") + 3) !== "Z";
  } catch (error) {
    if (!isSystemError(error)) throw error;
    // Gone in between, or a system without /proc, which the next look decides.
    return process.platform !== "linux";
  }
}
