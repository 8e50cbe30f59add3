import type {
  ApplyId,
  GenerationNumber,
  Intent,
  Journal,
  Lineage,
  Milliseconds,
  OperationId,
  OperationResult,
  StoreId,
} from "../kernel/index.ts";

/*
 * What the engine needs of a store beside the state: its journal and its generations. One store belongs to one
 * working directory (`.kiln/kiln.db`). What a promise has confirmed is durable, as the Journal's is; a write that
 * is refused (disk full, read-only) rejects, and the engine then does not do what the write was to permit.
 */

/** The commit a configuration was at. */
export interface GitPosition {
  /** The full object name of HEAD. */
  readonly commit: string;
  /** Files of the work tree differ from it. */
  readonly dirty: boolean;
}

/** The process that holds the state's lock: a process id alone may have been given to another one since. */
export interface LockHolder {
  readonly pid: number;
  /** Start time of that process in clock ticks since boot (proc(5), field 22); 0 where the system has none. */
  readonly startTime: number;
  readonly lockToken: string;
}

/** What is known of a generation before its first effect. */
export interface GenerationOpening {
  /** The generation's id, and the idempotency key of everything below it. */
  readonly apply: ApplyId;
  readonly lineage: Lineage;
  /** Terraform's workspace, `default` unless another was selected. */
  readonly workspace: string;
  /** The daemon's store that decides the apply; absent: it is decided in this journal. */
  readonly daemonStore?: StoreId;
  /** Addresses of the group: those that are prepared and decided as one. */
  readonly members: readonly string[];
  readonly planDigest: string;
  readonly configDigest: string;
  /** Serial of the state that the plan started from. */
  readonly baseSerial: number;
  readonly holder: LockHolder;
  /** Login name. */
  readonly who: string;
  /** The command line, such as `kiln apply -auto-approve`. */
  readonly command: string;
  /** Absent outside a git work tree. */
  readonly git?: GitPosition;
  readonly openedAt: Milliseconds;
}

export type GenerationOutcome = "applied" | "aborted" | "switched_back" | "partial" | "failed" | "held";

/** What is known of a generation after its last effect; copied from the decisions, and from then on the truth. */
export interface GenerationClosing {
  readonly outcome: GenerationOutcome;
  readonly decision: GroupDecision;
  /** Absent where nothing was committed. */
  readonly verdict?: "kept" | "back";
  /** Serial of the snapshot that was written before this record. */
  readonly serial: number;
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
  /** Errors as `summary: detail`, for the history. */
  readonly reasons: readonly string[];
  readonly closedAt: Milliseconds;
}

/** Permits the switch, or the throwing away. */
export type GroupDecision = "commit" | "abort";

export interface GenerationRecord {
  readonly number: GenerationNumber;
  readonly opening: GenerationOpening;
  /** Only of an apply that no daemon decides; absent until written. */
  readonly decision?: GroupDecision;
  /** Absent while the generation is open. */
  readonly closing?: GenerationClosing;
  /** The daemon confirmed that it may forget its records. Meaningful only with a `daemonStore`. */
  readonly settled: boolean;
}

/** One operation of a generation with how it ended. */
export interface JournalledOperation {
  readonly id: OperationId;
  readonly intent: Intent;
  /** Absent while nothing is known about its end. */
  readonly result?: OperationResult;
}

export interface GenerationStore {
  /** Makes the next number (the highest ever used, and one) and its row. Rejects where another one is open. */
  open(opening: GenerationOpening): Promise<GenerationNumber>;
  /** Writes the decision unless one stands; gives the one that stands. */
  decide(apply: ApplyId, decision: GroupDecision): Promise<GroupDecision>;
  /** Written after the snapshot. A generation is closed once; again with the same apply changes nothing. */
  close(apply: ApplyId, closing: GenerationClosing): Promise<void>;
  settle(apply: ApplyId): Promise<void>;
  /** Oldest first. */
  list(): Promise<readonly GenerationRecord[]>;
  /** All operations of one generation, in the order they were begun. */
  operations(apply: ApplyId): Promise<readonly JournalledOperation[]>;
}

/** The engine's store of one working directory. */
export interface EngineStore {
  readonly journal: Journal;
  readonly generations: GenerationStore;
  /** Releases its files; nothing is called afterwards. */
  close(): Promise<void>;
}
