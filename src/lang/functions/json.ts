import { isCompound, isNull, isNumber, numberText, quoteJson, unmark, type Value } from "../values/index.ts";

/**
 * The value as JSON in one line, keys in their own order; undefined where an infinity is in it. Marks are ignored.
 * Unknown values are the caller's bug.
 */
export function jsonText(value: Value): string | undefined {
  const { value: bare } = unmark(value);
  if (typeof bare === "string") return quoteJson(bare);
  if (typeof bare === "boolean") return String(bare);
  if (isNull(bare)) return "null";
  if (isNumber(bare)) return typeof bare !== "number" && bare.infinite ? undefined : numberText(bare);
  if (!isCompound(bare)) throw new TypeError("an unknown value has no JSON");
  const keys = bare.kind === "map" || bare.kind === "object" ? bare.keys : undefined;
  const parts: string[] = [];
  for (const [at, item] of bare.items.entries()) {
    const text = jsonText(item);
    if (text === undefined) return undefined;
    parts.push(keys === undefined ? text : `${quoteJson(keys[at] ?? "")}:${text}`);
  }
  return keys === undefined ? `[${parts.join(",")}]` : `{${parts.join(",")}}`;
}
