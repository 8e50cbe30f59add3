import { mark, unmark } from "./marks.ts";
import { unknownValue } from "./make.ts";
import { compareNumberValues, type NumberValue } from "./numbers.ts";
import type { Bound, Refinements } from "./refinements.ts";
import { DYNAMIC } from "./types.ts";
import { isCompound, isNumber, NullValue, typeOf, UnknownValue, type Value } from "./value.ts";

/**
 * Adds what is known to an unknown value (at its top, through marks); other values come back as they are. Where the
 * result leaves only one value, that comes back.
 */
export function refine(value: Value, more: Refinements): Value {
  const { value: bare, marks } = unmark(value);
  if (!(bare instanceof UnknownValue)) return value;
  const had = bare.refinements;
  const minimum = narrower(had.minimum, more.minimum, 1);
  const maximum = narrower(had.maximum, more.maximum, -1);
  const prefix = (had.prefix?.length ?? -1) >= (more.prefix?.length ?? -1) ? had.prefix : more.prefix;
  const least = Math.max(had.minimumLength ?? 0, more.minimumLength ?? 0);
  const most = Math.min(had.maximumLength ?? Infinity, more.maximumLength ?? Infinity);
  const refined = unknownValue(bare.type, {
    ...(had.notNull === true || more.notNull === true ? { notNull: true } : {}),
    ...(prefix === undefined ? {} : { prefix }),
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(least > 0 ? { minimumLength: least } : {}),
    ...(most < Infinity ? { maximumLength: most } : {}),
  });
  return mark(refined, marks);
}

/** The value, known not to be null. */
export function refineNotNull(value: Value): Value {
  return refine(value, { notNull: true });
}

function narrower(a: Bound | undefined, b: Bound | undefined, direction: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const order = compareNumberValues(a.value, b.value) * direction;
  if (order === 0) return a.inclusive ? b : a;
  return order > 0 ? a : b;
}

function wider(a: Bound | undefined, b: Bound | undefined, direction: 1 | -1): Bound | undefined {
  if (a === undefined || b === undefined) return undefined;
  const order = compareNumberValues(a.value, b.value) * direction;
  if (order === 0) return a.inclusive ? a : b;
  return order < 0 ? a : b;
}

/** Whether the value cannot be null, now or later. */
export function isNeverNull(value: Value): boolean {
  const { value: bare } = unmark(value);
  if (bare instanceof UnknownValue) return bare.refinements.notNull === true;
  return !(bare instanceof NullValue);
}

/** What is known of a value of any kind, as refinements: a known number has equal bounds, and so on. */
export function rangeOf(value: Value): Refinements {
  const { value: bare } = unmark(value);
  if (bare instanceof UnknownValue) return bare.refinements;
  if (bare instanceof NullValue) return {};
  if (typeof bare === "string") return { notNull: true, prefix: bare };
  if (isNumber(bare)) return { notNull: true, minimum: bound(bare), maximum: bound(bare) };
  if (!isCompound(bare) || bare.kind === "object") return { notNull: true };
  const most = bare.items.length;
  const least = bare.kind === "set" && bare.containsUnknown ? Math.min(most, 1) : most;
  return { notNull: true, minimumLength: least, maximumLength: most };
}

function bound(value: NumberValue): Bound {
  return { value, inclusive: true };
}

/**
 * The unknown result of a choice between two values of one type: known to be not null where neither can be, and to
 * lie within both values' number bounds or lengths. The marks are the caller's to add.
 */
export function unknownBetween(a: Value, b: Value): Value {
  const type = typeOf(a);
  if (type !== typeOf(b) || type === DYNAMIC) return unknownValue(DYNAMIC);
  const left = rangeOf(a);
  const right = rangeOf(b);
  if (!isNeverNull(a) || !isNeverNull(b)) return unknownValue(type);
  const minimum = wider(left.minimum, right.minimum, 1);
  const maximum = wider(left.maximum, right.maximum, -1);
  return unknownValue(type, {
    notNull: true,
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    minimumLength: Math.min(left.minimumLength ?? 0, right.minimumLength ?? 0),
    ...(left.maximumLength === undefined || right.maximumLength === undefined
      ? {}
      : { maximumLength: Math.max(left.maximumLength, right.maximumLength) }),
  });
}
