import {
  type CompoundValue,
  isCompound,
  isNumber,
  type NumberValue,
  toFloat,
  toDouble,
  type Type,
  unmark,
  type Value,
  DYNAMIC,
  NUMBER,
  STRING,
} from "../values/index.ts";
import { FunctionProblem, type Parameter } from "./definition.ts";

/** A parameter that takes known, non-null values of a type. */
export function parameter(
  name: string,
  type: Type,
  allowed: Omit<Parameter, "name" | "type"> = {},
): Parameter {
  return { name, type, ...allowed };
}

/** A string parameter. */
export function stringParameter(name: string): Parameter {
  return parameter(name, STRING);
}

/** A number parameter. */
export function numberParameter(name: string): Parameter {
  return parameter(name, NUMBER);
}

/** A parameter that takes any value, as `allowed` says. */
export function anyParameter(name: string, allowed: Omit<Parameter, "name" | "type"> = {}): Parameter {
  return parameter(name, DYNAMIC, allowed);
}

/** Takes everything there is, as it is. */
export const ALL = { allowNull: true, allowUnknown: true, allowDynamic: true, allowMarked: true } as const;

/** The argument at a position: a bug where there is none. */
export function argument(args: readonly Value[], position: number): Value {
  const value = args[position];
  if (value === undefined) throw new TypeError(`argument ${position} is missing`);
  return value;
}

/** The string at a position. */
export function textOf(args: readonly Value[], position: number): string {
  const { value } = unmark(argument(args, position));
  if (typeof value !== "string") throw new TypeError(`argument ${position} is no string`);
  return value;
}

/** The number at a position. */
export function numberOf(args: readonly Value[], position: number): NumberValue {
  const { value } = unmark(argument(args, position));
  if (!isNumber(value)) throw new TypeError(`argument ${position} is no number`);
  return value;
}

/** The nearest double to the number at a position. */
export function doubleOf(args: readonly Value[], position: number): number {
  return toDouble(numberOf(args, position));
}

/** The elements of the list, set, tuple, map or object at a position. */
export function compoundOf(args: readonly Value[], position: number): CompoundValue {
  const { value } = unmark(argument(args, position));
  if (!isCompound(value)) throw new TypeError(`argument ${position} has no elements`);
  return value;
}

/** What is said of a number that must be an integer of 64 bits. */
export const WHOLE_NUMBER =
  "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

/** The number as an integer (clamped to what JavaScript counts exactly), or undefined where it is none of 64 bits. */
export function wholeNumber(value: NumberValue): number | undefined {
  if (typeof value === "number") return value;
  const float = toFloat(value);
  if (!float.isInteger) return undefined;
  const whole = float.truncated();
  if (BigInt.asIntN(64, whole) !== whole) return undefined;
  return whole > 0n ? Number.MAX_SAFE_INTEGER : Number.MIN_SAFE_INTEGER;
}

/** The integer at a position, or what is wrong with it. */
export function integerOf(args: readonly Value[], position: number, prefix = ""): number | FunctionProblem {
  const whole = wholeNumber(numberOf(args, position));
  return whole ?? new FunctionProblem(prefix + WHOLE_NUMBER);
}
