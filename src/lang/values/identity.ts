import { unmark } from "./marks.ts";
import { sameNumber } from "./numbers.ts";
import { type CompoundValue, isCompound, isNumber, UnknownValue, type Value } from "./value.ts";

/**
 * Whether two values are the same one: same type, same content, unknown with the same refinements, null with null of
 * that type. Marks are not compared. This is for caches, plans and tests; the language's `==` is `equalValues`.
 */
export function identicalValues(a: Value, b: Value): boolean {
  if (a === b) return true;
  const left = unmark(a).value;
  const right = unmark(b).value;
  if (left === right) return true;
  if (isNumber(left)) return isNumber(right) && sameNumber(left, right);
  if (typeof left !== "object" || typeof right !== "object" || isNumber(right)) return false;
  if (left.kind !== right.kind || left.type !== right.type) return false;
  if (isCompound(left)) return isCompound(right) && sameItems(left, right);
  if (left instanceof UnknownValue && right instanceof UnknownValue) return sameRefinements(left, right);
  return true;
}

function sameItems(a: CompoundValue, b: CompoundValue): boolean {
  if (a.items.length !== b.items.length) return false;
  if (a.kind === "map" && b.kind === "map" && a.keys.some((key, at) => key !== b.keys[at])) return false;
  for (let at = 0; at < a.items.length; at++) {
    const left = a.items[at];
    const right = b.items[at];
    if (left === undefined || right === undefined || !identicalValues(left, right)) return false;
  }
  return true;
}

function sameRefinements(a: UnknownValue, b: UnknownValue): boolean {
  const left = a.refinements;
  const right = b.refinements;
  return (
    left.notNull === right.notNull &&
    left.prefix === right.prefix &&
    left.minimumLength === right.minimumLength &&
    left.maximumLength === right.maximumLength &&
    sameBound(left.minimum, right.minimum) &&
    sameBound(left.maximum, right.maximum)
  );
}

function sameBound(
  a: UnknownValue["refinements"]["minimum"],
  b: UnknownValue["refinements"]["minimum"],
): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.inclusive === b.inclusive && sameNumber(a.value, b.value);
}
