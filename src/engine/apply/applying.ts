import type { ApplyId } from "../../kernel/index.ts";
import type { ResourceFacts } from "../dependencies.ts";
import type { ResourceChange } from "../plan/plan.ts";
import type { ApplyScope, PreparedToken, Transactional } from "../provider.ts";
import type { Session } from "../session.ts";
import { changeObject, type InstanceState, type ObjectChange } from "../state/state.ts";
import type { ApplyOptions } from "./options.ts";

/** One prepared object of the group. */
export interface Prepared {
  readonly change: ResourceChange;
  readonly token: PreparedToken;
  readonly transactional: Transactional;
  /** What the state will say when the group is kept. */
  readonly result: ObjectChange;
}

/** An apply under way. */
export interface Applying {
  readonly options: ApplyOptions;
  readonly session: Session;
  readonly facts: ResourceFacts;
  readonly apply: ApplyId;
  readonly scope: ApplyScope;
  /** The state so far. */
  readonly instances: Map<string, InstanceState>;
  readonly prepared: Prepared[];
  /** Who was asked to prepare something, whatever became of it. */
  readonly asked: Set<Transactional>;
  /** Changes whose objects an operator holds: nothing was done to them. */
  readonly held: ResourceChange[];
  /** A preparation waits for a person's word. */
  waiting: boolean;
  /** Objects that were changed for good, but for those without effect outside the state. */
  lasting: number;
  /** Undo of changes without effect outside the state, oldest first. */
  readonly undo: ObjectChange[];
  /** The journal can no longer be written: nothing new may be begun. */
  journalLost: boolean;
  /** Journal writes that nobody waits for yet. */
  readonly pendingWrites: Set<Promise<void>>;
  readonly counts: { added: number; changed: number; destroyed: number };
  /** Deposed keys given to objects that are replaced creating first, by address. */
  readonly deposedKeys: Map<string, string>;
}

/** Notes in the state what an object is now. */
export function keep(applying: Applying, change: ObjectChange): void {
  changeObject(applying.instances, change);
}
