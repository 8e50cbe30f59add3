import type { Module } from "../../config/index.ts";
import {
  nullValue,
  typeFromJson,
  unmarkDeep,
  type Value,
  valueFromJson,
  hasMark,
  mark,
  isNull,
} from "../../lang/index.ts";
import { type Evaluation, placeOf } from "../evaluation/evaluation.ts";
import { surelyEqual } from "../objects/differences.ts";
import type { OutputState, State } from "../state/state.ts";
import type { OutputChange } from "./plan.ts";

/** The value of an output in a state. */
export function outputValue(output: OutputState): Value {
  const type = typeFromJson(output.type);
  const decoded = type === undefined ? undefined : valueFromJson(output.value, type);
  const value = decoded !== undefined && "value" in decoded ? decoded.value : nullValue();
  return output.sensitive ? mark(value, ["sensitive"]) : value;
}

/** How the root module's outputs will change; all of them go where `destroying`. */
export function outputChanges(
  root: Module,
  evaluation: Evaluation,
  state: State,
  destroying: boolean,
): OutputChange[] {
  const changes: OutputChange[] = [];
  const place = placeOf(root, []);
  for (const output of destroying ? [] : root.outputs.values()) {
    const existing = state.outputs.get(output.name);
    const before = existing === undefined ? nullValue() : outputValue(existing);
    const after = evaluation.named(place, "output", output.name);
    const sensitive = output.sensitive || hasMark(after, "sensitive");
    changes.push({
      name: output.name,
      action: actionOf(existing, before, after, sensitive),
      before,
      after,
      sensitive,
    });
  }
  for (const [name, existing] of state.outputs) {
    if (!destroying && root.outputs.has(name)) continue;
    changes.push({
      name,
      action: "delete",
      before: outputValue(existing),
      after: nullValue(),
      sensitive: existing.sensitive,
    });
  }
  return changes.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function actionOf(
  existing: OutputState | undefined,
  before: Value,
  after: Value,
  sensitive: boolean,
): OutputChange["action"] {
  // An output that is null is in no state.
  if (existing === undefined) return isNull(after) ? "no-op" : "create";
  const same = surelyEqual(unmarkDeep(before).value, unmarkDeep(after).value);
  return same && existing.sensitive === sensitive ? "no-op" : "update";
}
