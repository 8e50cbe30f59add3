import type { Module } from "../../config/index.ts";
import {
  containsUnknown,
  hasMark,
  type Json,
  isNull,
  typeOf,
  typeToJson,
  unmarkDeep,
  type Value,
  valueToJson,
} from "../../lang/index.ts";
import { type Evaluation, placeOf } from "../evaluation/evaluation.ts";
import type { OutputChange } from "../plan/plan.ts";
import type { OutputState, State } from "../state/state.ts";

/**
 * The root module's outputs after an apply: those that were evaluated have their new values, the others what they
 * had. One that is null, or that the configuration lacks, is in no state.
 */
export function outputsAfter(
  root: Module,
  evaluation: Evaluation,
  evaluated: ReadonlySet<string>,
  state: State,
): ReadonlyMap<string, OutputState> {
  const outputs = new Map<string, OutputState>();
  const place = placeOf(root, []);
  for (const output of root.outputs.values()) {
    const value = evaluated.has(output.name) ? evaluation.named(place, "output", output.name) : undefined;
    const before = state.outputs.get(output.name);
    if (value === undefined || containsUnknown(value)) {
      if (before !== undefined) outputs.set(output.name, before);
      continue;
    }
    const encoded = encodeOutput(value, output.sensitive);
    if (encoded !== undefined) outputs.set(output.name, encoded);
  }
  return outputs;
}

/** The outputs after an apply that only refreshes: as the plan found them, since it evaluates nothing again. */
export function outputsRefreshed(changes: readonly OutputChange[]): ReadonlyMap<string, OutputState> {
  const outputs = new Map<string, OutputState>();
  for (const { name, after, sensitive } of changes) {
    const encoded = encodeOutput(after, sensitive);
    if (encoded !== undefined) outputs.set(name, encoded);
  }
  return outputs;
}

function encodeOutput(value: Value, sensitive: boolean): OutputState | undefined {
  const bare = unmarkDeep(value).value;
  if (isNull(bare)) return undefined;
  const encoded = valueToJson(bare, typeOf(bare));
  if ("problem" in encoded) throw new TypeError(encoded.problem);
  const type: Json = JSON.parse(JSON.stringify(typeToJson(typeOf(bare))));
  return { value: encoded.json, type, sensitive: sensitive || hasMark(value, "sensitive") };
}
