import type { BigFloat } from "./big-float.ts";
import {
  addFloats,
  divideFloats,
  type FloatProblem,
  moduloFloats,
  multiplyFloats,
  subtractFloats,
} from "./float-arithmetic.ts";
import { unknownValue } from "./make.ts";
import { mark, unmark, type UnmarkedValue } from "./marks.ts";
import { compareNumberValues, fromFloat, type NumberValue, toFloat } from "./numbers.ts";
import { rangeOf } from "./refine.ts";
import { BOOL, NUMBER, typeSummary } from "./types.ts";
import { isNumber, typeOf, UnknownValue, type Value } from "./value.ts";

/** What an operation gave: a value, or why there is none (the end of a sentence, without full stop). */
export type Outcome = { readonly value: Value } | { readonly problem: string };

/**
 * Operands are numbers, converted and not null: known, or unknown (of type number or dynamic). Marks of both go to
 * the result.
 */
type Fast = (a: number, b: number) => number;
type Exact = (a: BigFloat, b: BigFloat) => BigFloat | FloatProblem;

function arithmetic(a: Value, b: Value, fast: Fast, exact: Exact): Outcome {
  if (typeof a === "number" && typeof b === "number") {
    const result = fast(a, b);
    if (Number.isSafeInteger(result)) return { value: result };
  }
  const left = unmark(a);
  const right = unmark(b);
  const marks = left.marks.union(right.marks);
  if (left.value instanceof UnknownValue || right.value instanceof UnknownValue) {
    return { value: mark(unknownValue(NUMBER, { notNull: true }), marks) };
  }
  const result = exact(toFloat(expectNumber(left.value)), toFloat(expectNumber(right.value)));
  return "problem" in result ? result : { value: mark(fromFloat(result), marks) };
}

function expectNumber(value: UnmarkedValue): NumberValue {
  if (isNumber(value)) return value;
  throw new TypeError(`an operand must be a number, not ${typeSummary(typeOf(value))}`);
}

/** Only an integral quotient may take the fast path; NaN never does. */
const NO_FAST_PATH = Number.NaN;

/** `a + b` */
export function add(a: Value, b: Value): Outcome {
  return arithmetic(a, b, (x, y) => x + y, addFloats);
}

/** `a - b` */
export function subtract(a: Value, b: Value): Outcome {
  return arithmetic(a, b, (x, y) => x - y, subtractFloats);
}

/** `a * b` */
export function multiply(a: Value, b: Value): Outcome {
  return arithmetic(a, b, (x, y) => x * y, multiplyFloats);
}

/** `a / b`; through zero it is infinite. */
export function divide(a: Value, b: Value): Outcome {
  return arithmetic(a, b, (x, y) => (y !== 0 && x % y === 0 ? x / y : NO_FAST_PATH), divideFloats);
}

/** `a % b`, truncating; `a` where `b` is zero. */
export function modulo(a: Value, b: Value): Outcome {
  return arithmetic(a, b, (x, y) => (y !== 0 && x !== 0 ? (x % y) + 0 : NO_FAST_PATH), moduloFloats);
}

/** `-a` */
export function negate(a: Value): Value {
  const { value, marks } = unmark(a);
  if (value instanceof UnknownValue) return mark(unknownValue(NUMBER, { notNull: true }), marks);
  const number = expectNumber(value);
  return mark(typeof number === "number" ? -number : fromFloat(number.negated()), marks);
}

/** The language's order operators. */
export type Ordering = "<" | "<=" | ">" | ">=";

/** `a < b` and its kin: a bool, unknown where the operands are and their bounds do not decide it. */
export function compareNumbers(operator: Ordering, a: Value, b: Value): Value {
  const left = unmark(a);
  const right = unmark(b);
  const marks = left.marks.union(right.marks);
  if (!(left.value instanceof UnknownValue) && !(right.value instanceof UnknownValue)) {
    const order = compareNumberValues(expectNumber(left.value), expectNumber(right.value));
    return mark(holds(operator, order), marks);
  }
  const decided = decidedByBounds(left.value, right.value);
  return mark(
    decided === undefined ? unknownValue(BOOL, { notNull: true }) : holds(operator, decided),
    marks,
  );
}

function holds(operator: Ordering, order: number): boolean {
  switch (operator) {
    case "<":
      return order < 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case ">=":
      return order >= 0;
  }
}

/** Takes every bound for an exclusive one: `length(unknown) >= 0` stays unknown, as users of the language know it. */
function decidedByBounds(a: UnmarkedValue, b: UnmarkedValue): number | undefined {
  const left = rangeOf(a);
  const right = rangeOf(b);
  if (left.maximum !== undefined && right.minimum !== undefined) {
    if (compareNumberValues(left.maximum.value, right.minimum.value) < 0) return -1;
  }
  if (left.minimum !== undefined && right.maximum !== undefined) {
    if (compareNumberValues(left.minimum.value, right.maximum.value) > 0) return 1;
  }
  return undefined;
}

/** `!a`, of a bool or an unknown. */
export function not(a: Value): Value {
  const { value, marks } = unmark(a);
  return mark(value instanceof UnknownValue ? unknownValue(BOOL, { notNull: true }) : value !== true, marks);
}

/** `a && b`, of bools or unknowns: both operands always count, as the language has it. */
export function and(a: Value, b: Value): Value {
  return logic(a, b, (x, y) => x && y);
}

/** `a || b`, of bools or unknowns. */
export function or(a: Value, b: Value): Value {
  return logic(a, b, (x, y) => x || y);
}

function logic(a: Value, b: Value, decide: (a: boolean, b: boolean) => boolean): Value {
  const left = unmark(a);
  const right = unmark(b);
  const marks = left.marks.union(right.marks);
  if (left.value instanceof UnknownValue || right.value instanceof UnknownValue) {
    return mark(unknownValue(BOOL, { notNull: true }), marks);
  }
  return mark(decide(left.value === true, right.value === true), marks);
}
