import { BigFloat, FULL_PRECISION } from "./big-float.ts";
import { compareFloats, roundedRatio } from "./float-arithmetic.ts";

/** A number: a JavaScript number while it is a safe integer (`-0` included), else a BigFloat. */
export type NumberValue = number | BigFloat;

/** The number as a BigFloat, for exact work. */
export function toFloat(value: NumberValue): BigFloat {
  return typeof value === "number" ? BigFloat.double(value) : value;
}

/** The canonical form of a BigFloat: a JavaScript number where that is a safe integer. */
export function fromFloat(value: BigFloat): NumberValue {
  if (value.infinite || value.exponent < 0 || value.exponent > 53) return value;
  const whole = Number(value.mantissa) * 2 ** value.exponent;
  if (!Number.isSafeInteger(whole)) return value;
  return value.negative ? -whole : whole;
}

/**
 * A number from an integer, a double (taken exactly), a bigint, or the text of a literal.
 * A text that is no number, and NaN, are the caller's bugs: see `parseNumber` for users' texts.
 */
export function numberValue(from: string | number | bigint): NumberValue {
  if (typeof from === "number") return Number.isSafeInteger(from) ? from : fromFloat(BigFloat.double(from));
  if (typeof from === "bigint") return fromFloat(BigFloat.integer(from));
  const parsed = parseNumber(from);
  if (parsed === undefined) throw new RangeError(`not a number: ${JSON.stringify(from)}`);
  return parsed;
}

const NUMBER = /^([+-]?)(\d*)(?:(\.)(\d*))?(?:([eEpP])([+-]?\d+))?$/;

/** From this binary exponent on a number of few digits is infinite: spares computing the power. */
const OVERFLOWS_AT = 2_000_000;

/**
 * Reads what the language takes for a number: `12`, `1.`, `.5`, `+1`, `1e5`, `1p3` (8), `inf`; not `0x10`, `1_000`,
 * ` 1`, `NaN`. Rounded to 512 bits. Undefined where the text is none.
 */
export function parseNumber(text: string): NumberValue | undefined {
  const match = NUMBER.exec(text);
  if (match === null) {
    const infinity = /^([+-]?)(?:Inf|inf)$/.exec(text);
    return infinity === null ? undefined : BigFloat.infinity(infinity[1] === "-");
  }
  const [, sign = "", whole = "", , fraction = "", letter = "", power = "0"] = match;
  if (whole === "" && fraction === "") return undefined;
  if (fraction === "" && letter === "" && whole.length < 16) {
    const small = Number(whole);
    return sign === "-" ? -small : small;
  }
  const negative = sign === "-";
  const digits = BigInt(whole + fraction);
  if (digits === 0n) return negative ? -0 : 0;
  const exponent = Number(power);
  const binary = letter === "p" || letter === "P";
  const bits = (binary ? 1 : Math.log2(10)) * Math.abs(exponent);
  if (bits >= OVERFLOWS_AT + 4 * (whole.length + fraction.length)) {
    return exponent > 0 ? BigFloat.infinity(negative) : negative ? -0 : 0;
  }
  const ten = (binary ? 0 : exponent) - fraction.length;
  return fromFloat(scaled(negative, digits, ten, binary ? exponent : 0));
}

/** `digits * 10^ten * 2^two`, at full precision. */
function scaled(negative: boolean, digits: bigint, ten: number, two: number): BigFloat {
  if (ten >= 0) return BigFloat.rounded(negative, digits * 5n ** BigInt(ten), ten + two, FULL_PRECISION);
  return roundedRatio(negative, digits, 5n ** BigInt(-ten), ten + two, FULL_PRECISION);
}

/** The number's text as the language prints it: the shortest exact-enough decimal, never with an exponent. */
export function numberText(value: NumberValue): string {
  if (typeof value !== "number") return value.text;
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Whether the number has no fraction; infinities are no integers. */
export function isInteger(value: NumberValue): boolean {
  return typeof value === "number" || value.isInteger;
}

/** The nearest double. */
export function toDouble(value: NumberValue): number {
  return typeof value === "number" ? value : value.toDouble();
}

/** Whether the numbers are equal: integers exactly, others where their texts agree. */
export function sameNumber(a: NumberValue, b: NumberValue): boolean {
  if (typeof a === "number" && typeof b === "number") return a === b;
  if (isInteger(a) && isInteger(b)) return compareNumberValues(a, b) === 0;
  return numberText(a) === numberText(b);
}

/** Negative, zero or positive, exactly by value. */
export function compareNumberValues(a: NumberValue, b: NumberValue): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  return compareFloats(toFloat(a), toFloat(b));
}
