import { listValue, mapValue, objectValue, tupleValue } from "./make.ts";
import { mark, unmark } from "./marks.ts";
import { isCompound, NullValue, typeOf, type Value } from "./value.ts";

/**
 * The defaults of the optional attributes of a type constraint, kept beside the type in the same shape. Undefined
 * members have no defaults at or below them.
 */
export interface Defaults {
  /** Of an object: the default of each optional attribute that has one, converted to the attribute's type. */
  readonly values: ReadonlyMap<string, Value>;
  /** Deeper defaults: by attribute name, by a tuple's index as text, or under `""` for the elements of a collection. */
  readonly children: ReadonlyMap<string, Defaults>;
}

/**
 * Puts defaults in the place of attributes that are missing or null, inside out. Before conversion: the result may
 * have tuples and objects where the constraint has collections. Unknown and null values stay as they are.
 */
export function applyDefaults(value: Value, defaults: Defaults): Value {
  if (defaults.values.size === 0 && defaults.children.size === 0) return value;
  const { value: bare, marks } = unmark(value);
  if (!isCompound(bare)) return value;
  const child = (key: string, item: Value): Value => {
    const deeper = defaults.children.get(key) ?? defaults.children.get("");
    return deeper === undefined ? item : applyDefaults(item, deeper);
  };
  if (bare.kind !== "map" && bare.kind !== "object") {
    const items = bare.items.map((item, at) => child(String(at), item));
    return mark(sequence(items, bare.kind === "list"), marks);
  }
  const entries = new Map<string, Value>();
  bare.items.forEach((item, at) => {
    const key = bare.keys[at] ?? "";
    entries.set(key, child(key, item));
  });
  for (const [name, preset] of defaults.values) {
    const given = entries.get(name);
    if (given === undefined || unmark(given).value instanceof NullValue)
      entries.set(name, child(name, preset));
  }
  return mark(keyed(entries, bare.kind === "map"), marks);
}

function sequence(items: readonly Value[], wasList: boolean): Value {
  const element = wasList ? commonType(items) : undefined;
  return element === undefined ? tupleValue(items) : listValue(element, items);
}

function keyed(entries: ReadonlyMap<string, Value>, wasMap: boolean): Value {
  const element = wasMap ? commonType([...entries.values()]) : undefined;
  return element === undefined ? objectValue(entries) : mapValue(element, entries);
}

function commonType(items: readonly Value[]) {
  const first = items[0];
  if (first === undefined) return undefined;
  const type = typeOf(first);
  return items.every((item) => typeOf(item) === type) ? type : undefined;
}
