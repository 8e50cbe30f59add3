import { compareText } from "./text.ts";

/** `string`, `number`, `bool`, and `dynamic`: the type of what is not known yet (written `any`). */
export interface PrimitiveType {
  readonly kind: "string" | "number" | "bool" | "dynamic";
  /** Distinguishes interned types; meaningless outside this process. */
  readonly id: number;
}

/** `list(T)`, `set(T)` and `map(T)`. */
export interface CollectionType<Kind extends "list" | "set" | "map" = "list" | "set" | "map"> {
  readonly kind: Kind;
  readonly id: number;
  readonly element: Type;
}

/** `tuple([T, ...])`. */
export interface TupleType {
  readonly kind: "tuple";
  readonly id: number;
  readonly elements: readonly Type[];
}

/** `object({name = T, ...})`. A value's type has no optional attributes; a constraint may. */
export interface ObjectType {
  readonly kind: "object";
  readonly id: number;
  /** Sorted by code point. */
  readonly names: readonly string[];
  /** In the order of `names`. */
  readonly types: readonly Type[];
  /** Position of each name in `names`. */
  readonly index: ReadonlyMap<string, number>;
  /** Names that a value converted to this may lack (they become null). */
  readonly optional: ReadonlySet<string>;
}

/** Types are interned: two types are equal exactly when they are the same object. */
export type Type =
  | PrimitiveType
  | CollectionType<"list">
  | CollectionType<"set">
  | CollectionType<"map">
  | TupleType
  | ObjectType;

/*
 * The interning tables below are caches without meaning of their own: a process that forgot them could not tell
 * two equal types apart by identity, and nothing else would change.
 */
const ids = { last: 0 };
const nextId = (): number => ++ids.last;

const primitive = (kind: PrimitiveType["kind"]): PrimitiveType => ({ kind, id: nextId() });
export const STRING: PrimitiveType = primitive("string");
export const NUMBER: PrimitiveType = primitive("number");
export const BOOL: PrimitiveType = primitive("bool");
export const DYNAMIC: PrimitiveType = primitive("dynamic");

const lists = new Map<Type, CollectionType<"list">>();
const sets = new Map<Type, CollectionType<"set">>();
const maps = new Map<Type, CollectionType<"map">>();
const tuples = new Map<string, TupleType>();
const objects = new Map<string, ObjectType>();

function interned<Key, T>(table: Map<Key, T>, key: Key, make: () => T): T {
  const existing = table.get(key);
  if (existing !== undefined) return existing;
  const made = make();
  table.set(key, made);
  return made;
}

/** `list(element)`. */
export function listType(element: Type): CollectionType<"list"> {
  return interned(lists, element, () => ({ kind: "list", id: nextId(), element }));
}

/** `set(element)`. */
export function setType(element: Type): CollectionType<"set"> {
  return interned(sets, element, () => ({ kind: "set", id: nextId(), element }));
}

/** `map(element)`. */
export function mapType(element: Type): CollectionType<"map"> {
  return interned(maps, element, () => ({ kind: "map", id: nextId(), element }));
}

/** `tuple([elements...])`. */
export function tupleType(elements: readonly Type[]): TupleType {
  let key = "";
  for (const element of elements) key += `${element.id},`;
  return interned(tuples, key, () => ({ kind: "tuple", id: nextId(), elements: [...elements] }));
}

/**
 * `object({...})` from attribute names and types. Names in `optional` which are no attribute are ignored.
 * A record's keys may come in any order; `__proto__` is only safe in an iterable of entries.
 */
export function objectType(
  attributes: Readonly<Record<string, Type>> | Iterable<readonly [string, Type]>,
  optional: Iterable<string> = [],
): ObjectType {
  const byName = new Map<string, Type>(
    isIterable(attributes) ? attributes : Object.entries<Type>(attributes),
  );
  const names = [...byName.keys()].toSorted(compareText);
  const wanted = new Set(optional);
  let key = "";
  for (const name of names) {
    key += `${byName.get(name)?.id ?? 0}${wanted.has(name) ? "?" : ":"}${name.length}:${name}`;
  }
  return interned(objects, key, () => ({
    kind: "object",
    id: nextId(),
    names,
    types: names.map((name) => byName.get(name) ?? DYNAMIC),
    index: new Map(names.map((name, at) => [name, at])),
    optional: new Set(names.filter((name) => wanted.has(name))),
  }));
}

function isIterable<T>(value: object | Iterable<T>): value is Iterable<T> {
  return Symbol.iterator in value;
}

/** The type of the attribute `name`, or undefined where the type has none. */
export function attributeType(type: ObjectType, name: string): Type | undefined {
  const at = type.index.get(name);
  return at === undefined ? undefined : type.types[at];
}

/** `string`, `number` or `bool`. */
export function isPrimitiveType(type: Type): type is PrimitiveType {
  return type.kind === "string" || type.kind === "number" || type.kind === "bool";
}

/** A list, set or map. */
export function isCollectionType(type: Type): type is CollectionType<"list" | "set" | "map"> & Type {
  return type.kind === "list" || type.kind === "set" || type.kind === "map";
}

/** Applies `change` to the innermost types first, then to what they make up. */
function rewriteType(type: Type, change: (type: Type) => Type): Type {
  switch (type.kind) {
    case "list":
      return change(listType(rewriteType(type.element, change)));
    case "set":
      return change(setType(rewriteType(type.element, change)));
    case "map":
      return change(mapType(rewriteType(type.element, change)));
    case "tuple":
      return change(tupleType(type.elements.map((element) => rewriteType(element, change))));
    case "object":
      return change(
        objectType(
          type.names.map((name, at) => [name, rewriteType(type.types[at] ?? DYNAMIC, change)] as const),
          type.optional,
        ),
      );
    default:
      return change(type);
  }
}

const required = new Map<Type, Type>();

/** The same type with every attribute required, at every depth: what a value converted to it has. */
export function withoutOptional(type: Type): Type {
  return interned(required, type, () => requireAll(type));
}

function requireAll(type: Type): Type {
  return rewriteType(type, (inner) =>
    inner.kind === "object" && inner.optional.size > 0
      ? objectType(inner.names.map((name, at) => [name, inner.types[at] ?? DYNAMIC] as const))
      : inner,
  );
}

/** Whether `dynamic` occurs anywhere in the type. */
export function containsDynamic(type: Type): boolean {
  switch (type.kind) {
    case "dynamic":
      return true;
    case "list":
    case "set":
    case "map":
      return containsDynamic(type.element);
    case "tuple":
      return type.elements.some(containsDynamic);
    case "object":
      return type.types.some(containsDynamic);
    default:
      return false;
  }
}

/** The type in one word and no detail, for the messages of bugs. */
export function typeSummary(type: Type): string {
  return "element" in type ? `${type.kind}(${typeSummary(type.element)})` : type.kind;
}
