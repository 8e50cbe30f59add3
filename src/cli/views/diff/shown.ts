/**
 * A value as people see it: what the plan, state and output views draw. `sensitive` hides it, whatever it holds.
 */
export type Shown = { readonly sensitive: boolean } & (
  | { readonly kind: "null" }
  | { readonly kind: "unknown" }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** In decimal, exactly as JSON output has it. */
  | { readonly kind: "number"; readonly text: string }
  | { readonly kind: "string"; readonly value: string }
  /** Lists, tuples and sets. */
  | { readonly kind: "sequence"; readonly ordered: boolean; readonly items: readonly Shown[] }
  /** Maps and objects; keys sorted. */
  | { readonly kind: "record"; readonly entries: ReadonlyMap<string, Shown> }
);

/** What a value's parts are compared by. Typed attributes treat null as absent; the others do not. */
export type Shape =
  /** Without a type in the schema: sequences are compared place by place. */
  | { readonly kind: "dynamic" }
  /** Read out of a text: what was inserted into a sequence is found. */
  | { readonly kind: "json" }
  | { readonly kind: "leaf" }
  | { readonly kind: "sequence"; readonly element: Shape }
  | { readonly kind: "map"; readonly element: Shape }
  | { readonly kind: "object"; readonly attributes: ReadonlyMap<string, Shape> };

export const DYNAMIC_SHAPE: Shape = { kind: "dynamic" };
export const JSON_SHAPE: Shape = { kind: "json" };

/** Whether two values look the same, sensitivity included. */
export function sameShown(a: Shown, b: Shown): boolean {
  if (a.sensitive !== b.sensitive) return false;
  return sameContent(a, b);
}

/** Whether two values are the same, whether or not parts are sensitive. */
export function sameContent(a: Shown, b: Shown): boolean {
  if (a.kind !== b.kind) return false;
  switch (a.kind) {
    case "null":
    case "unknown":
      return true;
    case "boolean":
      return b.kind === "boolean" && a.value === b.value;
    case "number":
      return b.kind === "number" && a.text === b.text;
    case "string":
      return b.kind === "string" && a.value === b.value;
    case "sequence":
      return (
        b.kind === "sequence" &&
        a.items.length === b.items.length &&
        a.items.every((item, index) => {
          const other = b.items[index];
          return other !== undefined && sameContent(item, other);
        })
      );
    case "record":
      return (
        b.kind === "record" &&
        a.entries.size === b.entries.size &&
        [...a.entries].every(([key, item]) => {
          const other = b.entries.get(key);
          return other !== undefined && sameContent(item, other);
        })
      );
  }
}

/** JSON as it is parsed, for values that come without a type. */
export function shownOfJson(value: unknown): Shown {
  const sensitive = false;
  if (value === null || value === undefined) return { kind: "null", sensitive };
  switch (typeof value) {
    case "boolean":
      return { kind: "boolean", value, sensitive };
    case "number":
    case "bigint":
      return { kind: "number", text: String(value), sensitive };
    case "string":
      return { kind: "string", value, sensitive };
    default:
      if (Array.isArray(value))
        return { kind: "sequence", ordered: true, items: value.map(shownOfJson), sensitive };
      return {
        kind: "record",
        entries: new Map(
          Object.entries(value)
            .toSorted(([a], [b]) => (a < b ? -1 : 1))
            .map(([key, member]) => [key, shownOfJson(member)]),
        ),
        sensitive,
      };
  }
}
