import {
  convert,
  DYNAMIC,
  isCompound,
  isNull,
  isUnknown,
  listType,
  listValue,
  mapType,
  mapValue,
  mark,
  type Mark,
  objectType,
  objectValue,
  STRING,
  tupleType,
  tupleValue,
  type Type,
  typeName,
  typeOf,
  UnknownValue,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { ALL, anyParameter, argument, compoundOf, parameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { quoteText } from "./quote.ts";

const keys: FunctionDefinition = {
  name: "keys",
  parameters: [anyParameter("inputMap", { allowUnknown: true, allowMarked: true })],
  resultType: ([map]) => {
    const type = map === undefined ? DYNAMIC : typeOf(map);
    if (type.kind === "map") return listType(STRING);
    return type.kind === "object"
      ? tupleType(type.names.map(() => STRING))
      : new FunctionProblem("must have map or object type", 0);
  },
  call: (args, _context, type) => {
    const { value, marks } = unmark(argument(args, 0));
    const own = typeOf(value);
    if (own.kind === "object") return mark(tupleValue(own.names), marks);
    const known = isCompound(value) && value.kind === "map";
    return mark(known ? listValue(STRING, value.keys) : unknownValue(type), marks);
  },
};

const values: FunctionDefinition = {
  name: "values",
  parameters: [anyParameter("mapping", { allowMarked: true })],
  resultType: ([map]) => {
    const type = map === undefined ? DYNAMIC : typeOf(map);
    if (type.kind === "map") return listType(type.element);
    return type.kind === "object"
      ? tupleType(type.types)
      : new FunctionProblem("values() requires a map as the first argument");
  },
  call: (args, _context, type) => {
    const { items } = compoundOf(args, 0);
    const { marks } = unmark(argument(args, 0));
    return mark(type.kind === "list" ? listValue(type.element, items) : tupleValue(items), marks);
  },
};

const lookup: FunctionDefinition = {
  name: "lookup",
  parameters: [
    anyParameter("inputMap", { allowMarked: true }),
    parameter("key", STRING, { allowMarked: true }),
  ],
  variadic: anyParameter("default", ALL),
  mayBeNull: true,
  resultType: (args) => {
    if (args.length > 3)
      return new FunctionProblem(`lookup() takes two or three arguments, got ${args.length}`);
    const type = typeOf(argument(args, 0));
    const preset = args[2];
    if (type.kind === "map") {
      return preset !== undefined && "problem" in convert(preset, type.element)
        ? new FunctionProblem("the default value must have the same type as the map elements", 2)
        : type.element;
    }
    if (type.kind !== "object")
      return new FunctionProblem("lookup() requires a map as the first argument", 0);
    if (isUnknown(argument(args, 1))) return DYNAMIC;
    const at = type.index.get(textOf(args, 1));
    if (at !== undefined) return type.types[at] ?? DYNAMIC;
    return preset === undefined
      ? new FunctionProblem(`the given object has no attribute ${quoteText(textOf(args, 1))}`, 0)
      : typeOf(preset);
  },
  call: (args, _context, type) => {
    const map = compoundOf(args, 0);
    const key = textOf(args, 1);
    const marks = unmark(argument(args, 0)).marks.union(unmark(argument(args, 1)).marks);
    const found = map.kind === "map" || map.kind === "object" ? map.get(key) : undefined;
    if (found !== undefined) return mark(found, marks);
    const preset = args[2];
    if (preset === undefined) {
      const shown = marks.has("sensitive") ? "(sensitive value)" : quoteText(key);
      return new FunctionProblem(`lookup failed to find key ${shown}`);
    }
    const converted = convert(preset, type);
    return "problem" in converted ? new FunctionProblem(converted.problem, 2) : mark(converted.value, marks);
  },
};

const merge: FunctionDefinition = {
  name: "merge",
  parameters: [],
  variadic: anyParameter("maps", ALL),
  resultType: (args) => {
    if (args.length === 0) return objectType({});
    const attributes = new Map<string, Type>();
    let attributesKnown = true;
    for (const each of args) {
      const type = typeOf(each);
      if (type === DYNAMIC) return DYNAMIC;
      if (type.kind !== "map" && type.kind !== "object") {
        return new FunctionProblem(`arguments must be maps or objects, got ${quoteText(typeName(type))}`);
      }
      const { value } = unmark(each);
      if (isNull(value)) continue;
      if (type.kind === "object")
        type.names.forEach((name, at) => attributes.set(name, type.types[at] ?? DYNAMIC));
      else if (isCompound(value) && value.kind === "map")
        value.keys.forEach((key) => attributes.set(key, type.element));
      else attributesKnown = false;
    }
    const first = typeOf(argument(args, 0));
    if (args.every((each) => typeOf(each) === first)) return first;
    return attributesKnown ? objectType(attributes) : DYNAMIC;
  },
  call: (args, _context, type) => {
    const entries = new Map<string, Value>();
    let marks: ReadonlySet<Mark> = new Set();
    let unknown = false;
    for (const each of args) {
      const unmarked = unmark(each);
      marks = marks.union(unmarked.marks);
      const { value } = unmarked;
      unknown ||= value instanceof UnknownValue;
      if (isCompound(value) && (value.kind === "map" || value.kind === "object")) {
        value.items.forEach((item, at) => entries.set(value.keys[at] ?? "", item));
      } else if (isCompound(value)) {
        return new FunctionProblem(
          `arguments must be maps or objects, got ${quoteText(typeName(value.type))}`,
        );
      } else if (!(value instanceof UnknownValue) && !isNull(value)) {
        return new FunctionProblem(
          `arguments must be maps or objects, got ${quoteText(typeName(typeOf(value)))}`,
        );
      }
    }
    if (unknown) return mark(unknownValue(type), marks);
    return mark(type.kind === "map" ? mapValue(type.element, entries) : objectValue(entries), marks);
  },
};

const zipmap: FunctionDefinition = {
  name: "zipmap",
  parameters: [
    parameter("keys", listType(STRING), { allowMarked: true }),
    anyParameter("values", { allowMarked: true }),
  ],
  resultType: (args) => {
    const type = typeOf(argument(args, 1));
    if (type.kind === "list") return mapType(type.element);
    if (type.kind !== "tuple") return new FunctionProblem("values argument must be a list or tuple value");
    const names = zipKeys(argument(args, 0), type.elements.length);
    if (names === undefined || names instanceof FunctionProblem) return names ?? DYNAMIC;
    return objectType(names.map((name, at) => [name, type.elements[at] ?? DYNAMIC] as const));
  },
  call: (args, _context, type) => {
    const given = unmark(argument(args, 0));
    const marks = new Set(given.marks.union(unmark(argument(args, 1)).marks));
    const { items } = compoundOf(args, 1);
    const names = zipKeys(given.value, items.length);
    if (names instanceof FunctionProblem) return names;
    if (names === undefined) return mark(unknownValue(type), marks);
    for (const key of compoundOf([given.value], 0).items)
      for (const each of unmark(key).marks) marks.add(each);
    const entries = names.map((name, at) => [name, argument(items, at)] as const);
    return mark(type.kind === "map" ? mapValue(type.element, entries) : objectValue(entries), marks);
  },
};

/** The keys as texts; undefined where one is unknown. */
function zipKeys(list: Value, count: number): readonly string[] | undefined | FunctionProblem {
  const { value } = unmark(list);
  if (!isCompound(value)) return undefined;
  if (value.items.length !== count) {
    return new FunctionProblem(
      `number of keys (${value.items.length}) does not match number of values (${count})`,
    );
  }
  const names: string[] = [];
  for (const [at, item] of value.items.entries()) {
    const key = unmark(item).value;
    if (key instanceof UnknownValue) return undefined;
    if (typeof key !== "string") return new FunctionProblem(`keys list has null value at index ${at}`);
    names.push(key);
  }
  return names;
}

const transpose: FunctionDefinition = {
  name: "transpose",
  parameters: [parameter("values", mapType(listType(STRING)))],
  resultType: mapType(listType(STRING)),
  call: (args, _context, type) => {
    const map = compoundOf(args, 0);
    if (map.containsUnknown) return unknownValue(type);
    const lists = new Map<string, string[]>();
    for (const [at, list] of map.items.entries()) {
      if (isNull(list)) continue;
      const key = map.kind === "map" ? (map.keys[at] ?? "") : "";
      for (const item of compoundOf([list], 0).items) {
        if (typeof item !== "string") return new FunctionProblem("input list must not contain null string");
        lists.set(item, [...(lists.get(item) ?? []), key]);
      }
    }
    return mapValue(
      listType(STRING),
      [...lists].map(([key, items]) => [key, listValue(STRING, items)] as const),
    );
  },
};

/** Functions on maps and objects. */
export const MAP_FUNCTIONS: readonly FunctionDefinition[] = [keys, values, lookup, merge, zipmap, transpose];
