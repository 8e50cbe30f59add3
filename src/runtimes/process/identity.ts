import { readFileSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { isSystemError } from "../../kernel/index.ts";
import type { ProcessIdentity } from "../../fleets/index.ts";

/** The parts of /proc/PID/stat that identify a process (proc(5)). */
interface ProcessStatus {
  readonly state: string;
  readonly threads: number;
  readonly session: number;
  readonly startTime: number;
}

function parseStatus(text: string): ProcessStatus {
  // The name in parentheses may hold spaces and parentheses itself; what follows the last one does not.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return {
    state: fields[0] ?? "",
    threads: Number(fields[17]),
    session: Number(fields[3]),
    startTime: Number(fields[19]),
  };
}

/** Whether /proc says that there is no such process. */
function isGone(error: unknown): boolean {
  return isSystemError(error, "ENOENT") || isSystemError(error, "ESRCH");
}

/** The kernel's id of this boot: another one means that every process number is another's. */
export async function readBootId(): Promise<string> {
  return (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
}

/**
 * Identity of a process that was started a moment ago. Read at once and without yielding, so that the process
 * cannot be waited for, and its number used again, in between.
 */
export function identifyNow(pid: number, bootId: string): ProcessIdentity {
  const { session, startTime } = parseStatus(readFileSync(`/proc/${pid}/stat`, "utf8"));
  return { bootId, pid, startTime, session };
}

/** Identity of any process; undefined where it is gone. */
export async function identify(pid: number, bootId: string): Promise<ProcessIdentity | undefined> {
  try {
    const status = parseStatus(await readFile(`/proc/${pid}/stat`, "utf8"));
    // A zombie whose other threads still end keeps its sockets open until the last of them is gone.
    if (status.state === "Z" && status.threads <= 1) return undefined;
    return { bootId, pid, startTime: status.startTime, session: status.session };
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

/** Whether exactly this process still runs: boot, number, start time and session agree. */
export async function isAlive(identity: ProcessIdentity, bootId: string): Promise<boolean> {
  if (identity.bootId !== bootId) return false;
  const now = await identify(identity.pid, bootId);
  return now !== undefined && now.startTime === identity.startTime && now.session === identity.session;
}

/** The environment that a process was started with; undefined where it is gone or another user's. */
export async function readEnvironment(pid: number): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const text = await readFile(`/proc/${pid}/environ`, "utf8");
    return new Map(
      text
        .split("\0")
        .filter((entry) => entry.includes("="))
        .map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    );
  } catch (error) {
    if (isGone(error) || isSystemError(error, "EACCES") || isSystemError(error, "EPERM")) return undefined;
    throw error;
  }
}

/** A process of an instance, found by its environment. */
export interface FoundProcess {
  readonly instance: string;
  readonly identity: ProcessIdentity;
  readonly environment: ReadonlyMap<string, string>;
}

/** Every process that was started as part of an instance of this home. O(processes of the machine). */
export async function findProcesses(home: string, bootId: string): Promise<readonly FoundProcess[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    names.map(async (name): Promise<FoundProcess | undefined> => {
      const pid = Number(name);
      const environment = await readEnvironment(pid);
      const instance = environment?.get("KILN_INSTANCE");
      if (environment === undefined || instance === undefined || environment.get("KILN_HOME") !== home) {
        return undefined;
      }
      const identity = await identify(pid, bootId);
      return identity === undefined ? undefined : { instance, identity, environment };
    }),
  );
  return found.filter((process) => process !== undefined);
}

/** Processes of a session. Only for one that surely still was the instance's a moment ago: its number is used again. */
export async function findSession(session: number, bootId: string): Promise<readonly ProcessIdentity[]> {
  const names = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(names.map((name) => identify(Number(name), bootId)));
  return all.filter((identity) => identity?.session === session).filter((identity) => identity !== undefined);
}
