import { listValue, mapValue, objectValue, setValue, tupleValue } from "./make.ts";
import { mark, stepTo, unmark } from "./marks.ts";
import { numberText } from "./numbers.ts";
import type { AttributePath, PathStep } from "./path.ts";
import { identicalValues } from "./identity.ts";
import { quoteJson } from "./lossless-json.ts";
import { type CompoundValue, isCompound, isNumber, typeOf, type Value } from "./value.ts";

/** Calls `visit` for the value and everything inside, outermost first. A `false` from it skips what is inside. */
export function walkValue(
  value: Value,
  visit: (path: AttributePath, value: Value) => boolean | void,
  path: AttributePath = [],
): void {
  if (visit(path, value) === false) return;
  const { value: bare } = unmark(value);
  if (!isCompound(bare)) return;
  bare.items.forEach((item, at) => walkValue(item, visit, [...path, stepTo(bare, at)]));
}

/**
 * The value with everything inside, then itself, replaced by what `change` makes of it. Elements of one list, set or
 * map must come out with one type. Marks stay around what they were around.
 */
export function transformValue(
  value: Value,
  change: (path: AttributePath, value: Value) => Value,
  path: AttributePath = [],
): Value {
  const { value: bare, marks } = unmark(value);
  if (!isCompound(bare)) return change(path, value);
  const items = bare.items.map((item, at) => transformValue(item, change, [...path, stepTo(bare, at)]));
  const same = items.every((item, at) => item === bare.items[at]);
  return change(path, same ? value : mark(rebuilt(bare, items), marks));
}

function rebuilt(value: CompoundValue, items: readonly Value[]): Value {
  const element = items[0] === undefined ? undefined : typeOf(items[0]);
  const entries = (keys: readonly string[]) => items.map((item, at) => [keys[at] ?? "", item] as const);
  switch (value.kind) {
    case "tuple":
      return tupleValue(items);
    case "object":
      return objectValue(entries(value.keys));
    case "list":
      return listValue(element ?? value.type.element, items);
    case "set":
      return setValue(element ?? value.type.element, items);
    case "map":
      return mapValue(element ?? value.type.element, entries(value.keys));
  }
}

/** The value at the end of a path (marks on the way are ignored), or undefined where there is no such thing. */
export function valueAt(value: Value, path: AttributePath): Value | undefined {
  let here: Value | undefined = value;
  for (const step of path) {
    here = here === undefined ? undefined : elementAt(unmark(here).value, step);
  }
  return here;
}

function elementAt(value: Value, step: PathStep): Value | undefined {
  if (!isCompound(value)) return undefined;
  if (step.kind === "attribute") return value.kind === "object" ? value.get(step.name) : undefined;
  if (value.kind === "set") return value.items.find((item) => identicalValues(item, step.key));
  if (value.kind === "map" || value.kind === "object") {
    return typeof step.key === "string" ? value.get(step.key) : undefined;
  }
  return typeof step.key === "number" ? value.items[step.key] : undefined;
}

/** The path as messages show it: `.a.b[0]["key"]`, `[...]` for an element of a set. Empty for the value itself. */
export function pathText(path: AttributePath): string {
  return path.map(stepText).join("");
}

function stepText(step: PathStep): string {
  if (step.kind === "attribute") return `.${step.name}`;
  if (typeof step.key === "string") return `[${quoteJson(step.key)}]`;
  return isNumber(step.key) ? `[${numberText(step.key)}]` : "[...]";
}

/** Whether two paths take the same steps. */
export function samePath(a: AttributePath, b: AttributePath): boolean {
  return a.length === b.length && a.every((step, at) => sameStep(step, b[at]));
}

function sameStep(a: PathStep, b: PathStep | undefined): boolean {
  if (a.kind === "attribute") return b?.kind === "attribute" && a.name === b.name;
  return b?.kind === "index" && identicalValues(a.key, b.key);
}
