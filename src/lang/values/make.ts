import { mark, NO_MARKS, unmarkDeep } from "./marks.ts";
import { sameNumber } from "./numbers.ts";
import type { Refinements } from "./refinements.ts";
import { setItems } from "./set-order.ts";
import { compareText } from "./text.ts";
import {
  DYNAMIC,
  listType,
  mapType,
  NUMBER,
  type ObjectType,
  objectType,
  setType,
  STRING,
  tupleType,
  type Type,
  typeSummary,
} from "./types.ts";
import {
  containsMarks,
  ListValue,
  MapValue,
  type Mark,
  NullValue,
  ObjectValue,
  SetValue,
  TupleValue,
  typeOf,
  UnknownValue,
  type Value,
} from "./value.ts";

/* Caches without meaning of their own: nulls by type, and the types of objects by the shape they were written in. */
const nulls = new WeakMap<Type, NullValue>();

interface Shape {
  readonly type: ObjectType;
  /** Position in the written order of each attribute in the type's order. */
  readonly order: readonly number[];
}
const shapes = new Map<string, Shape>();
const MOST_SHAPES = 10_000;

/** The null of a type. */
export function nullValue(type: Type = DYNAMIC): NullValue {
  const existing = nulls.get(type);
  if (existing !== undefined) return existing;
  const made = new NullValue(type);
  nulls.set(type, made);
  return made;
}

/** A tuple of these elements. */
export function tupleValue(items: readonly Value[]): TupleValue {
  return new TupleValue(tupleType(items.map(typeOf)), items);
}

/** An object of these attributes; of a repeated name the last counts. Names must be in normalization form C. */
export function objectValue(
  entries: Iterable<readonly [string, Value]> | Readonly<Record<string, Value>>,
): ObjectValue {
  const names: string[] = [];
  const values: Value[] = [];
  let key = "";
  for (const [name, value] of entriesOf(entries)) {
    names.push(name);
    values.push(value);
    key += `${typeOf(value).id}:${name.length}:${name}`;
  }
  let shape = shapes.get(key);
  if (shape === undefined) {
    shape = shapeOf(names, values);
    if (shapes.size >= MOST_SHAPES) shapes.clear();
    shapes.set(key, shape);
  }
  const items: Value[] = [];
  for (const at of shape.order) {
    const value = values[at];
    if (value !== undefined) items.push(value);
  }
  return new ObjectValue(shape.type, items);
}

function entriesOf(
  entries: Iterable<readonly [string, Value]> | Readonly<Record<string, Value>>,
): Iterable<readonly [string, Value]> {
  return isIterable(entries) ? entries : Object.entries(entries);
}

function isIterable(
  entries: Iterable<readonly [string, Value]> | Readonly<Record<string, Value>>,
): entries is Iterable<readonly [string, Value]> {
  return Symbol.iterator in entries;
}

function shapeOf(names: readonly string[], values: readonly Value[]): Shape {
  const last = new Map(names.map((name, at) => [name, at]));
  const type = objectType([...last].map(([name, at]) => [name, typeOf(values[at] ?? nullValue())] as const));
  return { type, order: type.names.map((name) => last.get(name) ?? 0) };
}

function expectElements(what: string, element: Type, items: readonly Value[]): void {
  for (const item of items) {
    if (typeOf(item) !== element) {
      throw new TypeError(`a ${what} of ${typeSummary(element)} cannot hold ${typeSummary(typeOf(item))}`);
    }
  }
}

/** A list; every item must be of exactly the element type. */
export function listValue(element: Type, items: readonly Value[]): ListValue {
  expectElements("list", element, items);
  return new ListValue(listType(element), items);
}

/** A set; every item must be of exactly the element type. Marks inside move to the set. */
export function setValue(element: Type, items: readonly Value[]): Value {
  expectElements("set", element, items);
  let marks: ReadonlySet<Mark> = NO_MARKS;
  let bare = items;
  if (items.some(containsMarks)) {
    bare = items.map((item) => {
      const unmarked = unmarkDeep(item);
      marks = marks.union(unmarked.marks);
      return unmarked.value;
    });
  }
  return mark(new SetValue(setType(element), setItems(element, bare)), marks);
}

/** A map; every item must be of exactly the element type. Of a repeated key the last counts. */
export function mapValue(
  element: Type,
  entries: Iterable<readonly [string, Value]> | Readonly<Record<string, Value>>,
): MapValue {
  const byKey = new Map(entriesOf(entries));
  const sorted = [...byKey].toSorted(([a], [b]) => compareText(a, b));
  const items = sorted.map(([, item]) => item);
  expectElements("map", element, items);
  return new MapValue(
    mapType(element),
    sorted.map(([key]) => key),
    items,
  );
}

/**
 * An unknown value of a type, with what is known of it; or a known value, where that leaves only one. Refinements
 * that do not belong to the type are dropped.
 */
export function unknownValue(type: Type, refinements: Refinements = {}): Value {
  const kept = refinementsFor(type, refinements);
  return (kept.notNull === true ? onlyValue(type, kept) : undefined) ?? new UnknownValue(type, kept);
}

function refinementsFor(type: Type, from: Refinements): Refinements {
  if (type === DYNAMIC) return {};
  const notNull = from.notNull === true ? { notNull: true as const } : {};
  if (type === STRING) {
    return {
      ...notNull,
      ...(from.prefix === undefined || from.prefix === "" ? {} : { prefix: from.prefix }),
    };
  }
  if (type === NUMBER) {
    return {
      ...notNull,
      ...(from.minimum === undefined ? {} : { minimum: from.minimum }),
      ...(from.maximum === undefined ? {} : { maximum: from.maximum }),
    };
  }
  if (type.kind !== "list" && type.kind !== "set" && type.kind !== "map") return notNull;
  return {
    ...notNull,
    ...(from.minimumLength === undefined || from.minimumLength <= 0
      ? {}
      : { minimumLength: from.minimumLength }),
    ...(from.maximumLength === undefined ? {} : { maximumLength: from.maximumLength }),
  };
}

/** Longest list of unknown elements that a known length is turned into. */
const LONGEST_UNROLLED = 1024;

function onlyValue(type: Type, known: Refinements): Value | undefined {
  const { minimum, maximum, minimumLength = 0, maximumLength } = known;
  if (minimum !== undefined && maximum !== undefined) {
    const single = minimum.inclusive && maximum.inclusive && sameNumber(minimum.value, maximum.value);
    return single ? minimum.value : undefined;
  }
  if (maximumLength === undefined || maximumLength !== minimumLength) return undefined;
  if (maximumLength === 0) {
    if (type.kind === "list") return listValue(type.element, []);
    if (type.kind === "set") return setValue(type.element, []);
    return type.kind === "map" ? mapValue(type.element, []) : undefined;
  }
  if (type.kind === "list" && maximumLength <= LONGEST_UNROLLED) {
    return new ListValue(
      type,
      Array.from({ length: maximumLength }, () => unknownValue(type.element)),
    );
  }
  return type.kind === "set" && maximumLength === 1
    ? new SetValue(type, [unknownValue(type.element)])
    : undefined;
}
