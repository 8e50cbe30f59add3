import {
  formatConfigResource,
  formatResourceInstance,
  referenceOf,
  type ResourceInstanceAddress,
} from "../../config/index.ts";
import {
  type AttributePath,
  attributeStep,
  evaluate,
  type Expression,
  indexStep,
  type Step,
  staticTraversal,
  unmark,
  valueAt,
} from "../../lang/index.ts";
import type { ModulePlace } from "../evaluation/evaluation.ts";
import { type Repeated, repeatedScope, scopeOf } from "../evaluation/scope.ts";
import { surelyEqual } from "../objects/differences.ts";
import type { ResourceChange } from "./plan.ts";
import type { Planning } from "./planning.ts";

/** Whether one of the expressions of `replace_triggered_by` refers to something that changes. */
export function isTriggered(
  planning: Planning,
  place: ModulePlace,
  triggers: readonly Expression[],
  repeated: Repeated,
): boolean {
  return triggers.some((trigger) => {
    const steps = stepsOf(planning, place, trigger, repeated);
    return steps !== undefined && changes(planning, place, steps);
  });
}

interface Trigger {
  readonly address: Omit<ResourceInstanceAddress, "key">;
  readonly key: ResourceInstanceAddress["key"];
  readonly path: readonly Step[];
}

/** The resource that a trigger refers to, with a key such as `[each.key]` worked out. */
function stepsOf(
  planning: Planning,
  place: ModulePlace,
  trigger: Expression,
  repeated: Repeated,
): Trigger | undefined {
  if (trigger.kind === "traversal") {
    const from = stepsOf(planning, place, trigger.from, repeated);
    return from === undefined ? undefined : { ...from, path: [...from.path, ...trigger.steps] };
  }
  if (trigger.kind === "index") {
    const from = stepsOf(planning, place, trigger.collection, repeated);
    const scope = repeatedScope(scopeOf(planning.session.evaluation, place, [trigger.key]), repeated);
    const key = unmark(evaluate(trigger.key, scope).value).value;
    if (from === undefined || (typeof key !== "string" && typeof key !== "number")) return undefined;
    return from.key === undefined && from.path.length === 0 ? { ...from, key } : undefined;
  }
  const traversal = staticTraversal(trigger);
  const result = traversal === undefined ? undefined : referenceOf(traversal);
  if (result === undefined || "diagnostic" in result || result.reference.target.kind !== "resource")
    return undefined;
  const { mode, type, name, key, path } = result.reference.target;
  return { address: { module: place.instance, mode, type, name }, key, path };
}

function changes(planning: Planning, place: ModulePlace, { address, key, path }: Trigger): boolean {
  const block = formatConfigResource(place.module.path, address);
  const inModule = (planning.byBlock.get(block) ?? []).filter(
    (change) =>
      change.deposed === undefined &&
      formatResourceInstance({ ...change.address, key: undefined }) ===
        formatResourceInstance({ ...address, key: undefined }) &&
      (key === undefined || change.address.key === key),
  );
  return inModule.some((change) => (path.length === 0 ? isChange(change) : changesAt(change, path)));
}

function isChange({ action }: ResourceChange): boolean {
  return action === "update" || action === "replace";
}

function changesAt(change: ResourceChange, steps: readonly Step[]): boolean {
  if (change.action === "no-op" || change.action === "create") return false;
  const path: AttributePath = steps.map((step) =>
    step.kind === "attribute" ? attributeStep(step.name) : indexStep(step.key),
  );
  const before = valueAt(change.before, path);
  const after = valueAt(change.after, path);
  if (before === undefined || after === undefined) return before !== after;
  return !surelyEqual(before, after);
}
