import { convert } from "./convert.ts";
import { unknownValue } from "./make.ts";
import { mark, unmark, type UnmarkedValue } from "./marks.ts";
import { numberText } from "./numbers.ts";
import { attributeType, DYNAMIC, isPrimitiveType, NUMBER, STRING, type Type } from "./types.ts";
import { typeName } from "./type-text.ts";
import { isCompound, isNumber, NullValue, typeOf, UnknownValue, type Value } from "./value.ts";

/** A part of a value, or why there is none, in the words of a diagnostic. */
export type Access = { readonly value: Value } | AccessProblem;

/** Why a value has no such part. */
export interface AccessProblem {
  readonly summary: string;
  readonly detail: string;
}

/** One element with its key: a number in lists and tuples, the name in maps and objects, the element itself in sets. */
export interface Element {
  readonly key: Value;
  readonly value: Value;
}

/**
 * The elements in the order of iteration. Undefined where the value (marks ignored) is unknown, null or has none.
 */
export function elementsOf(value: Value): readonly Element[] | undefined {
  const { value: bare } = unmark(value);
  if (!isCompound(bare)) return undefined;
  switch (bare.kind) {
    case "tuple":
    case "list":
      return bare.items.map((item, at) => ({ key: at, value: item }));
    case "set":
      return bare.items.map((item) => ({ key: item, value: item }));
    case "map":
    case "object":
      return bare.items.map((item, at) => ({ key: bare.keys[at] ?? "", value: item }));
  }
}

/** Whether values of this type can be iterated over. */
export function isIterableType(type: Type): boolean {
  return type !== DYNAMIC && !isPrimitiveType(type);
}

/** `value.name` */
export function attribute(value: Value, name: string): Access {
  const { value: bare, marks } = unmark(value);
  const type = typeOf(bare);
  if (bare instanceof NullValue) {
    return problem(
      "Attempt to get attribute from null value",
      "This value is null, so it does not have any attributes.",
    );
  }
  if (type.kind === "object") {
    const found = attributeType(type, name);
    if (found === undefined) {
      return problem("Unsupported attribute", `This object does not have an attribute named "${name}".`);
    }
    return marked(isCompound(bare) && bare.kind === "object" ? bare.get(name) : unknownValue(found), marks);
  }
  if (type.kind === "map") {
    if (!isCompound(bare) || bare.kind !== "map") return marked(unknownValue(type.element), marks);
    const found = bare.get(name);
    if (found !== undefined) return marked(found, marks);
    return problem("Missing map element", `This map does not have an element with the key "${name}".`);
  }
  if (type === DYNAMIC) return marked(unknownValue(DYNAMIC), marks);
  if (type.kind === "list" && type.element.kind === "object" && type.element.index.has(name)) {
    return problem(
      "Unsupported attribute",
      `Can't access attributes on a list of objects. Did you mean to access attribute "${name}" for a specific element of the list, or across all elements of the list?`,
    );
  }
  if (type.kind === "set" && type.element.kind === "object" && type.element.index.has(name)) {
    return problem(
      "Unsupported attribute",
      `Can't access attributes on a set of objects. Did you mean to access an attribute across all elements of the set?`,
    );
  }
  return problem(
    "Unsupported attribute",
    isPrimitiveType(type)
      ? `Can't access attributes on a primitive-typed value (${typeName(type)}).`
      : "This value does not have any attributes.",
  );
}

function problem(summary: string, detail: string): AccessProblem {
  return { summary, detail };
}

function marked(value: Value | undefined, marks: Iterable<"sensitive" | "ephemeral">): Access {
  if (value === undefined) throw new TypeError("a value lacks a part that its type has");
  return { value: mark(value, marks) };
}

const NO_ELEMENT = "The given key does not identify an element in this collection value";

/** `value[key]`: the key converts to number for lists and tuples, to string for maps and objects. */
export function indexValue(value: Value, key: Value): Access {
  const collection = unmark(value);
  const index = unmark(key);
  const marks = collection.marks.union(index.marks);
  const bare = collection.value;
  if (bare instanceof NullValue) {
    return problem("Attempt to index null value", "This value is null, so it does not have any indices.");
  }
  if (index.value instanceof NullValue) {
    return problem("Invalid index", "Can't use a null value as an indexing key.");
  }
  const type = typeOf(bare);
  if (type === DYNAMIC) return marked(unknownValue(DYNAMIC), marks);
  switch (type.kind) {
    case "list":
    case "tuple":
      return sequenceElement(bare, type, index.value, marks);
    case "map":
      return mapElement(bare, type.element, index.value, marks);
    case "object":
      return objectAttribute(bare, type, index.value, marks);
    case "set":
      return problem(
        "Invalid index",
        "Elements of a set are identified only by their value and don't have any separate index or key to select with, so it's only possible to perform operations across all elements of the set.",
      );
    default:
      return problem("Invalid index", "This value does not have any indices.");
  }
}

type Marks = ReadonlySet<"sensitive" | "ephemeral">;

function sequenceElement(
  bare: UnmarkedValue,
  type: Type & { kind: "list" | "tuple" },
  key: UnmarkedValue,
  marks: Marks,
): Access {
  const wanted = convert(key, NUMBER);
  if ("problem" in wanted) return problem("Invalid index", `${NO_ELEMENT}: ${wanted.problem}.`);
  const unknown = () => marked(unknownValue(type.kind === "list" ? type.element : DYNAMIC), marks);
  const index = wanted.value;
  if (!isNumber(index)) return unknown();
  if (typeof index !== "number" && !index.isInteger) {
    return problem(
      "Invalid index",
      `${NO_ELEMENT}: indexing a sequence requires a whole number, but the given index has a fractional part.`,
    );
  }
  if (numberText(index).startsWith("-") && index !== 0) {
    return problem("Invalid index", `${NO_ELEMENT}: a negative number is not a valid index for a sequence.`);
  }
  const at = typeof index === "number" ? index : Infinity;
  if (isCompound(bare) && (bare.kind === "list" || bare.kind === "tuple")) {
    if (at < bare.items.length) return marked(bare.items[at], marks);
  } else if (type.kind === "tuple") {
    const element = type.elements[at];
    if (element !== undefined) return marked(unknownValue(element), marks);
  } else {
    return unknown();
  }
  const count = type.kind === "tuple" ? type.elements.length : isCompound(bare) ? bare.items.length : 0;
  if (count === 0) return problem("Invalid index", `${NO_ELEMENT}: the collection has no elements.`);
  return problem(
    "Invalid index",
    at === count
      ? `${NO_ELEMENT}: the given index is greater than or equal to the length of the collection.`
      : `${NO_ELEMENT}.`,
  );
}

function mapElement(bare: UnmarkedValue, element: Type, key: UnmarkedValue, marks: Marks): Access {
  const wanted = convert(key, STRING);
  if ("problem" in wanted) return problem("Invalid index", `${NO_ELEMENT}: ${wanted.problem}.`);
  if (typeof wanted.value !== "string" || !isCompound(bare) || bare.kind !== "map") {
    return marked(unknownValue(element), marks);
  }
  const found = bare.get(wanted.value);
  return found === undefined ? problem("Invalid index", `${NO_ELEMENT}.`) : marked(found, marks);
}

function objectAttribute(
  bare: UnmarkedValue,
  type: Type & { kind: "object" },
  key: UnmarkedValue,
  marks: Marks,
): Access {
  const wanted = convert(key, STRING);
  if ("problem" in wanted) return problem("Invalid index", `${NO_ELEMENT}: ${wanted.problem}.`);
  if (typeof wanted.value !== "string") return marked(unknownValue(DYNAMIC), marks);
  const found = attributeType(type, wanted.value);
  if (found === undefined) {
    const hint = isNumber(key) || key instanceof UnknownValue;
    return problem(
      "Invalid index",
      hint
        ? `${NO_ELEMENT}. An object only supports looking up attributes by name, not by numeric index.`
        : `${NO_ELEMENT}.`,
    );
  }
  return marked(
    isCompound(bare) && bare.kind === "object" ? bare.get(wanted.value) : unknownValue(found),
    marks,
  );
}
