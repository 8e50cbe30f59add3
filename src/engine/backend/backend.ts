import type { Diagnostic, Milliseconds } from "../../kernel/index.ts";
import type { State } from "../state/state.ts";

/** What the holder of a lock tells everybody who waits for it. */
export interface LockInfo {
  readonly id: string;
  /** The command, such as `kiln apply`. */
  readonly operation: string;
  /** `user@host`. */
  readonly who: string;
  /** Kiln's version. */
  readonly version: string;
  readonly created: Milliseconds;
  readonly pid: number;
}

/** A lock that is held until it is released, or until the process ends. */
export interface HeldLock {
  readonly info: LockInfo;
  release(): Promise<void>;
}

export type LockResult =
  | { readonly kind: "locked"; readonly lock: HeldLock }
  /** Somebody else has it; `info` is absent where the holder left none. */
  | { readonly kind: "refused"; readonly info?: LockInfo; readonly diagnostic: Diagnostic };

export type ReadResult =
  /** `state` is absent where there is no snapshot yet. */
  | { readonly kind: "read"; readonly state?: State }
  | { readonly kind: "unreadable"; readonly diagnostic: Diagnostic };

/** Where the snapshot of a state lies. */
export interface Backend {
  read(): Promise<ReadResult>;
  /**
   * Replaces the snapshot, whole and durable when it resolves. Rejects with the system's error, and then the old
   * snapshot stands.
   */
  write(state: State): Promise<void>;
  /**
   * Why a snapshot could not be written, nor a lock and a journal beside it; undefined where they can. Writes nothing.
   * Absent: nothing can be said before it is tried.
   */
  unwritable?(): Promise<Diagnostic | undefined>;
  /** Tries once; whoever wants to wait calls again. */
  lock(info: LockInfo): Promise<LockResult>;
  /** Takes away what a dead holder of this id left. False where the lock is held by a living process, or by another id. */
  forceUnlock(id: string): Promise<boolean>;
}
