import { type Diagnostic, errorDiagnostic } from "../../kernel/index.ts";
import {
  type AttributePath,
  containsUnknown,
  isNull,
  isUnknown,
  nullValue,
  pathText,
  transformValue,
  typeOf,
  type Value,
} from "../../lang/index.ts";
import { brokenPromises } from "../objects/differences.ts";
import { encodeObject, markSensitive } from "../objects/encode.ts";
import { attributeOf } from "../objects/proposed.ts";
import type { PlannedInstance } from "../plan/plan-instance.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { blockOf } from "../plan/planning.ts";
import type { ApplyAnswer, ApplyRequest } from "../provider.ts";
import type { ObjectChange } from "../state/state.ts";
import type { Applying } from "./applying.ts";

/** The instance that is being made, as far as its provider's schema and its block say. */
export type Instance = Pick<PlannedInstance, "place" | "expansion" | "key" | "resource" | "types" | "text">;

/** The final plan of an object, now that what it refers to is known. */
export interface FinalPlan {
  readonly request: Omit<ApplyRequest, "operation">;
  readonly marks: readonly AttributePath[];
}

/** The object's id, for the events. */
export function objectIdOf(state: Value): { objectId?: string } {
  const id = attributeOf(state, "id");
  return typeof id === "string" ? { objectId: id } : {};
}

/** What is wrong with what a provider gave, measured against what it had promised. */
export function brokenResult(text: string, source: string, planned: Value, actual: Value): Diagnostic[] {
  const bug = "This is a bug in the provider.";
  if (isNull(actual) || containsUnknown(actual)) {
    return [
      errorDiagnostic(
        "Provider returned invalid result object after apply",
        `After the apply operation, the provider ${source} ${isNull(actual) ? "gave nothing" : "still indicated an unknown value"} for ${text}.\n\n${bug}`,
        { address: text },
      ),
    ];
  }
  return brokenPromises(planned, actual).map(({ path, reason }) =>
    errorDiagnostic(
      "Provider produced inconsistent result after apply",
      `When applying changes to ${text}, provider ${source} produced an unexpected new value: ${pathText(path) || "the object"}: ${reason}.\n\n${bug}`,
      { address: text },
    ),
  );
}

/** What the state says of an object after a call. What is unknown after a failure is null in it. */
export function resultOf(
  applying: Applying,
  change: ResourceChange,
  answer: ApplyAnswer,
  instance: Instance,
  marks: FinalPlan["marks"],
  failed: boolean,
): ObjectChange {
  const base = { address: change.address, provider: change.provider, slot: "current" as const };
  if (isNull(answer.state)) return base;
  const { schema } = instance.types;
  const creating = change.action !== "update";
  return {
    ...base,
    object: encodeObject(markSensitive(withoutUnknowns(answer.state), marks), schema.block, {
      status: failed && creating ? "tainted" : "ready",
      schemaVersion: schema.version,
      private: answer.private,
      dependencies: failed
        ? change.dependencies
        : (applying.facts.dependencies.get(blockOf(change.address)) ?? change.dependencies),
      createBeforeDestroy: change.createBeforeDestroy,
    }),
  };
}

function withoutUnknowns(value: Value): Value {
  return containsUnknown(value)
    ? transformValue(value, (_path, part) => (isUnknown(part) ? nullValue(typeOf(part)) : part))
    : value;
}
