import type { OutputState } from "../../engine/index.ts";
import { JsonNumber } from "../../lang/index.ts";
import type { Json } from "../../lang/index.ts";
import type { Shown } from "./diff/shown.ts";

/** An output value of a state as the state view draws it. */
export function outputShown({ value, sensitive }: OutputState): Shown {
  return { ...shown(value), sensitive };
}

function shown(value: Json): Shown {
  const sensitive = false;
  if (value === null) return { kind: "null", sensitive };
  if (typeof value === "string") return { kind: "string", value, sensitive };
  if (typeof value === "boolean") return { kind: "boolean", value, sensitive };
  if (typeof value === "number") return { kind: "number", text: String(value), sensitive };
  if (value instanceof JsonNumber) return { kind: "number", text: value.text, sensitive };
  if (Array.isArray(value)) {
    return { kind: "sequence", ordered: true, items: value.map((item: Json) => shown(item)), sensitive };
  }
  const entries = Object.entries(value)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => [key, shown(member)] as const);
  return { kind: "record", entries: new Map(entries), sensitive };
}
