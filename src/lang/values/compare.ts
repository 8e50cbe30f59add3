import { unknownValue } from "./make.ts";
import { mark, unmarkDeep, type UnmarkedValue } from "./marks.ts";
import { compareNumberValues, sameNumber } from "./numbers.ts";
import { isNeverNull, rangeOf } from "./refine.ts";
import { BOOL, containsDynamic } from "./types.ts";
import {
  type CompoundValue,
  containsUnknown,
  isCompound,
  isNumber,
  NullValue,
  typeOf,
  UnknownValue,
  type Value,
} from "./value.ts";

/**
 * The language's `==`: converts nothing, so values of different types are unequal, but any two nulls are equal.
 * Unknown where an unknown inside could decide it either way. All marks inside both go to the result.
 */
export function equalValues(a: Value, b: Value): Value {
  const left = unmarkDeep(a);
  const right = unmarkDeep(b);
  const equal = equality(left.value, right.value);
  return mark(equal ?? unknownValue(BOOL, { notNull: true }), left.marks.union(right.marks));
}

/** Undefined where it cannot be known yet. Operands without marks. */
function equality(a: Value, b: Value): boolean | undefined {
  if (a instanceof UnknownValue || b instanceof UnknownValue) return equalityOfUnknown(a, b);
  if (a instanceof NullValue || b instanceof NullValue)
    return a instanceof NullValue && b instanceof NullValue;
  if (isNumber(a) && isNumber(b)) return sameNumber(a, b);
  if (typeof a !== "object" || typeof b !== "object" || isNumber(a) || isNumber(b)) return a === b;
  if (!isCompound(a) || !isCompound(b)) throw new TypeError("equality takes values without marks");
  return a.type === b.type || containsDynamic(a.type) || containsDynamic(b.type)
    ? equalityOfElements(a, b)
    : false;
}

function equalityOfUnknown(a: Value, b: Value): boolean | undefined {
  const types = [typeOf(a), typeOf(b)] as const;
  if (a instanceof NullValue || b instanceof NullValue) {
    return isNeverNull(a) || isNeverNull(b) ? false : undefined;
  }
  if (containsDynamic(types[0]) || containsDynamic(types[1])) return undefined;
  if (types[0] !== types[1]) return false;
  return cannotMeet(a, b) ? false : undefined;
}

/** Whether what is known of two values of one type excludes that they are equal. */
function cannotMeet(a: Value, b: Value): boolean {
  const left = rangeOf(a);
  const right = rangeOf(b);
  if (left.prefix !== undefined && right.prefix !== undefined) {
    const known = (value: Value) => !(value instanceof UnknownValue);
    const length = Math.min(left.prefix.length, right.prefix.length);
    if (left.prefix.slice(0, length) !== right.prefix.slice(0, length)) return true;
    if (known(a) && left.prefix.length < right.prefix.length) return true;
    if (known(b) && right.prefix.length < left.prefix.length) return true;
  }
  return (
    below(left.maximum, right.minimum) ||
    below(right.maximum, left.minimum) ||
    (left.maximumLength ?? Infinity) < (right.minimumLength ?? 0) ||
    (right.maximumLength ?? Infinity) < (left.minimumLength ?? 0)
  );
}

type Bounds = ReturnType<typeof rangeOf>;

function below(maximum: Bounds["maximum"], minimum: Bounds["minimum"]): boolean {
  if (maximum === undefined || minimum === undefined) return false;
  const order = compareNumberValues(maximum.value, minimum.value);
  return order < 0 || (order === 0 && !(maximum.inclusive && minimum.inclusive));
}

function equalityOfElements(a: CompoundValue, b: CompoundValue): boolean | undefined {
  if (a.kind !== b.kind) return false;
  if (a.kind === "set" && b.kind === "set") return equalityOfSets(a.items, b.items);
  if (a.items.length !== b.items.length) return false;
  if ((a.kind === "map" || a.kind === "object") && (b.kind === "map" || b.kind === "object")) {
    if (a.keys.some((key, at) => key !== b.keys[at])) return false;
  }
  let result: boolean | undefined = true;
  for (let at = 0; at < a.items.length; at++) {
    const left = a.items[at];
    const right = b.items[at];
    if (left === undefined || right === undefined) return false;
    const equal = equality(left, right);
    if (equal === false) return false;
    if (equal === undefined) result = undefined;
  }
  return result;
}

function equalityOfSets(
  a: readonly UnmarkedValue[] | readonly Value[],
  b: readonly Value[],
): boolean | undefined {
  if (a.some(containsUnknown) || b.some(containsUnknown)) return undefined;
  return a.length === b.length && a.every((item, at) => equality(item, b[at] ?? item) === true);
}
