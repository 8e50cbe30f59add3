import { parseNumber } from "./numbers.ts";
import type { AttributePath } from "./path.ts";
import { primitiveText } from "./primitive.ts";
import { BOOL, NUMBER, STRING, type Type } from "./types.ts";
import type { KnownValue, Value } from "./value.ts";

/** Why a value does not convert, inside this room: told apart from values by its class. */
export class Failure {
  readonly problem: string;
  readonly path: AttributePath;
  constructor(problem: string, path: AttributePath) {
    this.problem = problem;
    this.path = path;
  }
}

/** Converts known values of one type to another; what is wrong with a value is returned. */
export type Converter = (value: KnownValue, path: AttributePath) => Value | Failure;

/** The converter between two primitive types; without `mayFail` only where nothing can go wrong. */
export function primitiveConverter(from: Type, to: Type, mayFail: boolean): Converter | null {
  if (to === STRING) return (value) => primitiveText(value);
  if (from !== STRING || !mayFail) return null;
  if (to === NUMBER) {
    return (value, path) => parseNumber(primitiveText(value)) ?? new Failure("a number is required", path);
  }
  return to === BOOL ? (value, path) => parseBool(primitiveText(value), path) : null;
}

function parseBool(text: string, path: AttributePath): Value | Failure {
  if (text === "true" || text === "1") return true;
  if (text === "false" || text === "0") return false;
  const lower = text.toLowerCase();
  return lower === "true" || lower === "false"
    ? new Failure(`a bool is required; to convert from string, use lowercase "${lower}"`, path)
    : new Failure("a bool is required", path);
}
