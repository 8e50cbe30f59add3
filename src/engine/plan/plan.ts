import type { Configuration, ResourceInstanceAddress } from "../../config/index.ts";
import type { Milliseconds } from "../../kernel/index.ts";
import type { AttributePath, Value } from "../../lang/index.ts";
import type { CheckResult } from "../evaluation/checks.ts";
import type { PrivateData } from "../provider.ts";
import type { State } from "../state/state.ts";

/** What is done to one object. */
export type ChangeAction = "no-op" | "create" | "read" | "update" | "replace" | "delete";

/** Why an action was chosen, in Terraform's words; absent where the values say it. */
export type ActionReason =
  | "replace_because_cannot_update"
  | "replace_because_tainted"
  | "replace_by_request"
  | "replace_by_triggers"
  | "delete_because_no_resource_config"
  | "delete_because_no_module"
  | "delete_because_wrong_repetition"
  | "delete_because_count_index"
  | "delete_because_each_key"
  | "read_because_config_unknown"
  | "read_because_dependency_pending";

/** What an apply will do to one object. */
export interface ResourceChange {
  readonly address: ResourceInstanceAddress;
  /** The address as text, as every map and message has it. */
  readonly text: string;
  /** Where the object was before; absent: here. A lone `[0]` follows a `count` that comes or goes. */
  readonly previous?: string;
  /** The key of the deposed object that it is about; absent: the current one. */
  readonly deposed?: string;
  /** The provider configuration, such as `provider["registry.terraform.io/hashicorp/local"]`. */
  readonly provider: string;
  readonly action: ChangeAction;
  /** With `replace` only: which half comes first. */
  readonly replaceOrder?: "create_first" | "delete_first";
  readonly reason?: ActionReason;
  /** Null where there is nothing yet. Sensitive parts are marked. */
  readonly before: Value;
  /** Null where nothing will be left; with unknowns. Sensitive parts are marked. */
  readonly after: Value;
  /** What forces the replacement. */
  readonly requiresReplace: readonly AttributePath[];
  /** The provider's private data beside `after`. */
  readonly private: PrivateData;
  /** Lines for people from the provider, such as `release 4 -> 5`. */
  readonly notes: readonly string[];
  /** Prepared and committed with the group of the apply. */
  readonly transactional: boolean;
  readonly schemaVersion: number;
  /** Resource blocks that it depends on, directly or not; sorted. */
  readonly dependencies: readonly string[];
  readonly createBeforeDestroy: boolean;
}

/** An object that is not any more as it was recorded. */
export interface ResourceDrift {
  readonly address: ResourceInstanceAddress;
  readonly text: string;
  readonly provider: string;
  readonly action: "update" | "delete";
  readonly before: Value;
  /** Null where the object is gone. */
  readonly after: Value;
}

export interface OutputChange {
  readonly name: string;
  readonly action: "no-op" | "create" | "update" | "delete";
  /** Null where it is new. */
  readonly before: Value;
  readonly after: Value;
  readonly sensitive: boolean;
}

export type PlanMode = "normal" | "destroy" | "refresh_only";

/** The actions that turn a state into a configuration: a value that can be saved, shown and applied elsewhere. */
export interface Plan {
  readonly mode: PlanMode;
  readonly configuration: Configuration;
  /** Values of the root module's variables: given, or their defaults. */
  readonly variables: ReadonlyMap<string, Value>;
  readonly workspace: string;
  readonly createdAt: Milliseconds;
  /** The state as it was found by the refresh, under the serial and lineage of the one it was planned from. */
  readonly priorState: State;
  readonly drift: readonly ResourceDrift[];
  readonly changes: readonly ResourceChange[];
  readonly outputs: readonly OutputChange[];
  /** What the conditions came to, as far as that is known. */
  readonly checks: readonly CheckResult[];
  /** Whether applying it would do anything. */
  readonly applicable: boolean;
  /** Whether planning ended in errors: it shows how far it got, and cannot be applied. */
  readonly errored: boolean;
}

/** The counts of `Plan: 1 to add, 2 to change, 0 to destroy.` */
export interface ChangeCounts {
  readonly add: number;
  readonly change: number;
  readonly remove: number;
}

/** Counts a plan's changes as Terraform does: a replacement is one added and one destroyed. */
export function countChanges(changes: readonly ResourceChange[]): ChangeCounts {
  let add = 0;
  let change = 0;
  let remove = 0;
  for (const { action } of changes) {
    if (action === "create" || action === "replace") add++;
    if (action === "update") change++;
    if (action === "delete" || action === "replace") remove++;
  }
  return { add, change, remove };
}
