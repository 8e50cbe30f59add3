import type { ApplyId, Diagnostic, GenerationNumber, StoreId } from "../../kernel/index.ts";
import type { Backend } from "../backend/backend.ts";
import type { Plan } from "../plan/plan.ts";
import type { SessionOptions } from "../session.ts";
import type { State } from "../state/state.ts";
import type { EngineStore, GenerationOutcome, GitPosition, LockHolder } from "../stores.ts";

export interface ApplyOptions extends SessionOptions {
  readonly plan: Plan;
  /** Locked by the caller for as long as this runs. */
  readonly backend: Backend;
  readonly store: EngineStore;
  readonly holder: LockHolder;
  /** Login name. */
  readonly who: string;
  /** The command line, for the history. */
  readonly command: string;
  /** Absent outside a git work tree. */
  readonly git?: GitPosition;
  /** The daemon's store that decides groups; absent where no daemon takes part. */
  readonly daemonStore?: StoreId;
}

export interface ApplyResult {
  readonly outcome: GenerationOutcome;
  readonly diagnostics: readonly Diagnostic[];
  /** The state as it was written, or as it still is. */
  readonly state: State;
  /** Absent where nothing was begun, and so no generation was made. */
  readonly generation?: GenerationNumber;
  readonly apply?: ApplyId;
  readonly added: number;
  readonly changed: number;
  readonly destroyed: number;
}
