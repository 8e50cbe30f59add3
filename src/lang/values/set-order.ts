import { exactDigits, significantDigits } from "./decimal.ts";
import { compareFloats } from "./float-arithmetic.ts";
import { identicalValues } from "./identity.ts";
import { numberText, type NumberValue, toFloat } from "./numbers.ts";
import { compareText } from "./text.ts";
import { isPrimitiveType, type Type } from "./types.ts";
import { containsUnknown, isCompound, isNumber, NullValue, UnknownValue, type Value } from "./value.ts";

/**
 * The elements of a set: duplicates dropped (unknown ones never are), in the set's order: text by code point, numbers
 * by value, false before true, null after those, unknown last; other types by a canonical text. No element is marked.
 */
export function setItems(element: Type, items: readonly Value[]): readonly Value[] {
  if (items.length < 2) return items;
  if (isPrimitiveType(element)) return withoutRepetition(items.toSorted(comparePrimitives));
  const keyed = items.map((item) => ({ item, text: canonicalText(item) }));
  keyed.sort((a, b) => compareText(a.text, b.text));
  const kept: typeof keyed = [];
  for (const each of keyed) {
    let repeated = false;
    for (let at = kept.length - 1; at >= 0 && kept[at]?.text === each.text && !repeated; at--) {
      repeated = sameInSet(kept[at]?.item, each.item);
    }
    if (!repeated) kept.push(each);
  }
  return kept.map((each) => each.item);
}

function withoutRepetition(sorted: readonly Value[]): readonly Value[] {
  return sorted.filter((item, at) => at === 0 || !sameInSet(sorted[at - 1], item));
}

function sameInSet(a: Value | undefined, b: Value): boolean {
  return a !== undefined && !containsUnknown(a) && !containsUnknown(b) && identicalValues(a, b);
}

function comparePrimitives(a: Value, b: Value): number {
  if (typeof a === "string" && typeof b === "string") return compareText(a, b);
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (isNumber(a) && isNumber(b)) return compareFloats(toFloat(a), toFloat(b));
  return rank(a) - rank(b);
}

function rank(value: Value): number {
  if (value instanceof NullValue) return 2;
  if (value instanceof UnknownValue) return 3;
  return value === true ? 1 : 0;
}

function canonicalText(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "boolean") return value ? "T" : "F";
  if (isNumber(value)) return shortNumber(value);
  if (isCompound(value)) {
    const keys = value.kind === "map" ? value.keys : undefined;
    let inside = "";
    value.items.forEach((item, at) => {
      if (keys !== undefined) inside += `${JSON.stringify(keys[at])}:`;
      inside += `${canonicalText(item)};`;
    });
    if (keys !== undefined) return `{${inside}}`;
    return value.kind === "list" || value.kind === "set" ? `[${inside}]` : `<${inside}>`;
  }
  return value instanceof UnknownValue ? "?" : "~";
}

/** Digits that the canonical text keeps of a number. */
const SIGNIFICANT = 10;

function shortNumber(value: NumberValue): string {
  if (typeof value === "number" && Math.abs(value) < 1e10) return numberText(value);
  const float = toFloat(value);
  if (float.infinite) return float.text;
  const exact = exactDigits(float.mantissa, float.exponent);
  const { digits, point } = significantDigits(exact, SIGNIFICANT);
  const sign = float.negative ? "-" : "";
  const exponent = point - 1;
  if (exponent >= -4 && exponent < SIGNIFICANT) {
    if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
    const whole = digits.slice(0, point).padEnd(point, "0");
    return digits.length > point ? `${sign}${whole}.${digits.slice(point)}` : sign + whole;
  }
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${sign}${digits.charAt(0)}${fraction}e${exponent < 0 ? "-" : "+"}${power}`;
}
