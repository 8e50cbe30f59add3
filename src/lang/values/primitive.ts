import { numberText } from "./numbers.ts";
import { typeSummary } from "./types.ts";
import { isNumber, typeOf, type Value } from "./value.ts";

/** The text of a string, number or bool that is known, not null and not marked; any other value is a bug. */
export function primitiveText(value: Value): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  if (isNumber(value)) return numberText(value);
  throw new TypeError(`a ${typeSummary(typeOf(value))} has no text`);
}
