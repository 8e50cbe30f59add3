import { acquireLock } from "../../engine/index.ts";
import type { HeldLock } from "../../engine/index.ts";
import { DiagnosticError, KILN_VERSION, newId } from "../../kernel/index.ts";
import type { Milliseconds } from "../../kernel/index.ts";
import type { Workspace } from "./workspace.ts";

export interface LockOptions {
  /** False: no lock is taken. */
  readonly lock: boolean;
  /** How long to wait for it. */
  readonly lockTimeout: Milliseconds;
  /** Aborted: waiting ends. */
  readonly signal: AbortSignal;
}

/** A lock, or the absence of one that the user asked for. */
export interface Locked {
  /** Names the lock in records; empty without one. */
  readonly token: string;
}

/** Runs something while the state is locked. Throws a diagnostic that names the holder where it stays locked. */
export async function withLock<Result>(
  workspace: Workspace,
  options: LockOptions,
  use: (locked: Locked) => Promise<Result>,
): Promise<Result> {
  if (!options.lock) return await use({ token: "" });
  const held = await acquire(workspace, options);
  try {
    return await use({ token: held.info.id });
  } finally {
    await held.release();
  }
}

async function acquire(workspace: Workspace, options: LockOptions): Promise<HeldLock> {
  const { clock, random } = workspace.surroundings;
  const info = {
    id: newId(clock, random),
    operation: workspace.command,
    who: `${workspace.user}@${workspace.host}`,
    version: KILN_VERSION,
    created: clock.now(),
    pid: workspace.process.pid,
  };
  const result = await acquireLock(workspace.backend, info, options.lockTimeout, clock, options.signal);
  if ("diagnostic" in result) throw new DiagnosticError([result.diagnostic]);
  return result.lock;
}
