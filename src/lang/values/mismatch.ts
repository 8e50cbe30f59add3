import type { Convertible } from "./unify.ts";
import { typeNameForConstraint } from "./type-text.ts";
import {
  attributeType,
  DYNAMIC,
  isCollectionType,
  type CollectionType,
  type ObjectType,
  type TupleType,
  type Type,
} from "./types.ts";

/** Which conversions exist. */
export interface Conversions {
  readonly any: Convertible;
  readonly safe: Convertible;
}

/** Why no value of type `got` converts to `want`: the end of a sentence, without full stop. */
export function mismatchText(got: Type, want: Type, conversions: Conversions): string {
  if (got.kind === "object" && want.kind === "object") return objectMismatch(got, want, conversions);
  if (isCollectionType(want)) {
    if (want.element === DYNAMIC) {
      if (got.kind === "tuple" && want.kind === "list") return "all list elements must have the same type";
      if (got.kind === "tuple" && want.kind === "set") return "all set elements must have the same type";
      if (got.kind === "object" && want.kind === "map") return "all map elements must have the same type";
    }
    if (got.kind === "tuple" || got.kind === "object") return structureMismatch(got, want, conversions);
    if (isCollectionType(got) && (want.kind === "map") === (got.kind === "map")) {
      return `incorrect ${want.kind} element type: ${mismatchText(got.element, want.element, conversions)}`;
    }
  }
  return required(want);
}

function required(want: Type): string {
  return `${typeNameForConstraint(want)} required`;
}

function objectMismatch(got: ObjectType, want: ObjectType, conversions: Conversions): string {
  const missing = want.names.filter((name) => !got.index.has(name) && !want.optional.has(name));
  if (missing.length > 0) return missingText(missing);
  let safely: string | undefined;
  for (const [at, name] of want.names.entries()) {
    const from = attributeType(got, name);
    const to = want.types[at] ?? DYNAMIC;
    if (from === undefined || from === to) continue;
    const text = () => `attribute "${name}": ${mismatchText(from, to, conversions)}`;
    if (!conversions.any(from, to)) return text();
    if (safely === undefined && !conversions.safe(from, to)) safely = text();
  }
  return safely ?? "incorrect object attributes";
}

function missingText(names: readonly string[]): string {
  const quoted = names.map((name) => `"${name}"`);
  if (quoted.length === 1) return `attribute ${quoted.join("")} is required`;
  if (quoted.length === 2) return `attributes ${quoted.join(" and ")} are required`;
  return `attributes ${quoted.slice(0, -1).join(", ")}, and ${quoted.at(-1) ?? ""} are required`;
}

function structureMismatch(
  got: TupleType | ObjectType,
  want: CollectionType & Type,
  conversions: Conversions,
): string {
  if ((got.kind === "object") !== (want.kind === "map")) return required(want);
  const elements = got.kind === "tuple" ? got.elements : got.types;
  const at = elements.findIndex((type) => type !== want.element && !conversions.any(type, want.element));
  const found = elements[at];
  if (found === undefined) return `all elements must be ${typeNameForConstraint(want.element)}`;
  const name = got.kind === "tuple" ? String(at) : `"${got.names[at] ?? ""}"`;
  return `element ${name}: ${mismatchText(found, want.element, conversions)}`;
}
