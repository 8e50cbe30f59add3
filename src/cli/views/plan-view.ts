import type { Difference } from "./diff/difference.ts";

/** What is done to one object, as the plan's symbols tell them apart. */
export type PlannedAction =
  | "create"
  | "update"
  | "delete"
  /** `-/+`: the old one goes first. */
  | "replace"
  /** `+/-`: the new one comes first. */
  | "replace_create_first"
  | "read"
  | "forget"
  | "none";

/** A block of a resource with everything in it compared. */
export interface BlockDifference {
  readonly action: Difference["action"];
  readonly replace: boolean;
  readonly attributes: readonly (readonly [string, Difference])[];
  /** Nested blocks by type, in the order of the schema's names; a map's blocks have their key. */
  readonly blocks: readonly {
    readonly type: string;
    readonly key?: string;
    readonly block: BlockDifference;
  }[];
}

/** One object of a plan, ready to be drawn. */
export interface PlannedObject {
  readonly address: string;
  readonly mode: "managed" | "data";
  readonly type: string;
  readonly name: string;
  readonly action: PlannedAction;
  /** Terraform's words for why, such as `replace_because_tainted`. */
  readonly reason?: string;
  /** The key of a deposed object. */
  readonly deposed?: string;
  readonly previousAddress?: string;
  readonly body: BlockDifference;
  /** Lines about what the change does beyond its attributes. */
  readonly notes: readonly string[];
}

/** A whole plan, ready to be drawn. */
export interface PlanPicture {
  readonly objects: readonly PlannedObject[];
  readonly outputs: readonly (readonly [string, Difference])[];
  /** What was changed outside of Kiln since the last apply. */
  readonly drift: readonly PlannedObject[];
  /** Addresses past the commit point, in the plan's order; empty where all of it can be taken back. */
  readonly pastCommit: readonly string[];
  readonly mode: "normal" | "destroy" | "refresh_only";
  readonly errored: boolean;
}

export interface PlanCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
}

/** Counts as `Plan: N to add, ...` says them: a replacement is one of each end. */
export function countChanges(objects: readonly Pick<PlannedObject, "action">[]): PlanCounts {
  let add = 0;
  let change = 0;
  let destroy = 0;
  for (const { action } of objects) {
    if (action === "create" || action === "replace" || action === "replace_create_first") add++;
    if (action === "update") change++;
    if (action === "delete" || action === "replace" || action === "replace_create_first") destroy++;
  }
  return { add, change, destroy };
}
