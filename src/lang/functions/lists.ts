import {
  BOOL,
  convert,
  DYNAMIC,
  equalValues,
  graphemes,
  isCompound,
  isNull,
  isUnknown,
  type ListValue,
  listType,
  listValue,
  mark,
  type Mark,
  NUMBER,
  rangeOf,
  tupleType,
  tupleValue,
  type Type,
  typeName,
  typeOf,
  unify,
  UnknownValue,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import {
  anyParameter,
  argument,
  compoundOf,
  integerOf,
  numberParameter,
  parameter,
  wholeNumber,
  WHOLE_NUMBER,
  numberOf,
} from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

const length: FunctionDefinition = {
  name: "length",
  parameters: [anyParameter("value", { allowUnknown: true, allowDynamic: true, allowMarked: true })],
  resultType: ([value]) => {
    const kind = value === undefined ? "dynamic" : typeOf(value).kind;
    return kind === "number" || kind === "bool"
      ? new FunctionProblem("argument must be a string, a collection type, or a structural type")
      : NUMBER;
  },
  call: (args) => {
    const { value, marks } = unmark(argument(args, 0));
    return mark(lengthOf(value), marks);
  },
};

function lengthOf(value: Value): Value {
  if (typeof value === "string") return graphemes(value).length;
  const type = typeOf(value);
  if (type.kind === "tuple") return type.elements.length;
  if (type.kind === "object") return type.names.length;
  if (type === DYNAMIC) return unknownValue(NUMBER, { notNull: true });
  const { minimumLength = 0, maximumLength } = rangeOf(value);
  if (minimumLength === maximumLength) return minimumLength;
  return unknownValue(NUMBER, {
    notNull: true,
    minimum: { value: minimumLength, inclusive: true },
    ...(maximumLength === undefined ? {} : { maximum: { value: maximumLength, inclusive: true } }),
  });
}

const element: FunctionDefinition = {
  name: "element",
  parameters: [anyParameter("list", { allowMarked: true }), numberParameter("index")],
  mayBeNull: true,
  resultType: (args) => {
    const type = typeOf(argument(args, 0));
    if (type.kind === "list") return type.element;
    if (type.kind !== "tuple") return new FunctionProblem(`cannot read elements from ${typeName(type)}`);
    if (isUnknown(argument(args, 1))) return DYNAMIC;
    const at = elementIndex(args, type.elements.length);
    return at instanceof FunctionProblem ? at : (type.elements[at] ?? DYNAMIC);
  },
  call: (args) => {
    const { marks } = unmark(argument(args, 0));
    const list = compoundOf(args, 0);
    const at = elementIndex(args, list.items.length);
    return at instanceof FunctionProblem ? at : mark(argument(list.items, at), marks);
  },
};

function elementIndex(args: readonly Value[], count: number): number | FunctionProblem {
  const index = integerOf(args, 1, "invalid index: ");
  if (index instanceof FunctionProblem) return index;
  if (index < 0) return new FunctionProblem("cannot use element function with a negative index");
  if (count === 0) return new FunctionProblem("cannot use element function with an empty list");
  return index % count;
}

const concat: FunctionDefinition = {
  name: "concat",
  parameters: [],
  variadic: anyParameter("seqs", { allowMarked: true }),
  resultType: (args) => {
    if (args.length === 0) return new FunctionProblem("at least one argument is required");
    const types = args.map(typeOf);
    if (types.every((type) => type.kind === "list")) {
      const common = unify(types);
      if (common !== undefined) return common;
    }
    const elements: Type[] = [];
    for (const [position, type] of types.entries()) {
      if (type.kind === "tuple") elements.push(...type.elements);
      else if (type.kind !== "list") {
        return new FunctionProblem(`all arguments must be lists or tuples; got ${typeName(type)}`, position);
      } else if (isUnknown(argument(args, position))) return DYNAMIC;
      else elements.push(...compoundOf(args, position).items.map(() => type.element));
    }
    return tupleType(elements);
  },
  call: (args, _context, type) => {
    let marks: ReadonlySet<Mark> = new Set();
    const items: Value[] = [];
    for (const [position, list] of args.entries()) {
      marks = marks.union(unmark(list).marks);
      const converted = type.kind === "list" ? convert(list, type) : { value: list };
      if ("problem" in converted) return new FunctionProblem(converted.problem, position);
      items.push(...compoundOf([converted.value], 0).items);
    }
    return mark(type.kind === "list" ? listValue(type.element, items) : tupleValue(items), marks);
  },
};

const contains: FunctionDefinition = {
  name: "contains",
  parameters: [anyParameter("list"), anyParameter("value")],
  resultType: ([list]) => {
    const kind = list === undefined ? "dynamic" : typeOf(list).kind;
    return kind === "list" || kind === "tuple" || kind === "set"
      ? BOOL
      : new FunctionProblem("argument must be list, tuple, or set");
  },
  call: (args, _context, type) => {
    let undecided = false;
    for (const item of compoundOf(args, 0).items) {
      const equal = equalValues(argument(args, 1), item);
      if (equal === true) return true;
      undecided ||= equal !== false;
    }
    return undecided ? unknownValue(type) : false;
  },
};

const index: FunctionDefinition = {
  name: "index",
  parameters: [anyParameter("list"), anyParameter("value")],
  resultType: ([list]) => {
    const kind = list === undefined ? "dynamic" : typeOf(list).kind;
    return kind === "list" || kind === "tuple"
      ? NUMBER
      : new FunctionProblem("argument must be a list or tuple");
  },
  call: (args) => {
    const list = compoundOf(args, 0);
    if (list.items.length === 0) return new FunctionProblem("cannot search an empty list");
    for (const [at, item] of list.items.entries()) {
      const equal = equalValues(argument(args, 1), item);
      if (equal === true) return at;
      if (equal !== false) return unknownValue(NUMBER);
    }
    return new FunctionProblem("item not found");
  },
};

const distinct: FunctionDefinition = {
  name: "distinct",
  parameters: [parameter("list", listType(DYNAMIC))],
  resultType: ([list]) => (list === undefined ? listType(DYNAMIC) : typeOf(list)),
  call: (args, _context, type) => {
    const list = compoundOf(args, 0);
    if (list.containsUnknown) return unknownValue(type);
    const seen = new Set<Value>();
    const kept: Value[] = [];
    for (const item of list.items) {
      if (typeof item === "object") {
        if (kept.some((other) => equalValues(other, item) === true)) continue;
      } else if (seen.has(item)) continue;
      seen.add(item);
      kept.push(item);
    }
    return sameKind(type, kept);
  },
};

function sameKind(type: Type, items: readonly Value[]): ListValue {
  return listValue(type.kind === "list" ? type.element : DYNAMIC, items);
}

const chunklist: FunctionDefinition = {
  name: "chunklist",
  parameters: [
    parameter("list", listType(DYNAMIC), { allowMarked: true }),
    parameter("size", NUMBER, { allowMarked: true }),
  ],
  resultType: ([list]) => listType(list === undefined ? listType(DYNAMIC) : typeOf(list)),
  call: (args, _context, type) => {
    const marks = unmark(argument(args, 0)).marks.union(unmark(argument(args, 1)).marks);
    const size = wholeNumber(numberOf(args, 1));
    if (size === undefined) return new FunctionProblem(`invalid size: ${WHOLE_NUMBER}`);
    if (size < 0) return new FunctionProblem("the size argument must be positive");
    const chunk = type.kind === "list" ? type.element : listType(DYNAMIC);
    const { items } = compoundOf(args, 0);
    const step = size === 0 ? Math.max(1, items.length) : size;
    const chunks: Value[] = [];
    for (let at = 0; at < items.length; at += step) chunks.push(sameKind(chunk, items.slice(at, at + step)));
    return mark(listValue(chunk, chunks), marks);
  },
};

const flatten: FunctionDefinition = {
  name: "flatten",
  parameters: [anyParameter("list", { allowUnknown: true, allowDynamic: true, allowMarked: true })],
  resultType: ([list]) => {
    const kind = list === undefined ? "dynamic" : typeOf(list).kind;
    return kind === "list" || kind === "set" || kind === "tuple" || kind === "dynamic"
      ? DYNAMIC
      : new FunctionProblem("can only flatten lists, sets and tuples");
  },
  call: (args) => {
    const items: Value[] = [];
    const marks = new Set<Mark>();
    const known = flattenInto(argument(args, 0), items, marks);
    return mark(known ? tupleValue(items) : unknownValue(DYNAMIC), marks);
  },
};

/** Appends the innermost elements; false where how many there are is unknown. */
function flattenInto(sequence: Value, items: Value[], found: Set<Mark>): boolean {
  const { value, marks } = unmark(sequence);
  for (const each of marks) found.add(each);
  if (!isCompound(value)) return false;
  let known = !(value.kind === "set" && value.containsUnknown);
  for (const item of value.items) {
    const bare = unmark(item).value;
    const { kind } = typeOf(bare);
    const nested = kind === "list" || kind === "set" || kind === "tuple";
    if (nested && !isNull(bare)) known = flattenInto(item, items, found) && known;
    else if (kind === "dynamic" && bare instanceof UnknownValue) known = false;
    else items.push(item);
  }
  return known;
}

/** Functions on lists, tuples and sets. */
export const LIST_FUNCTIONS: readonly FunctionDefinition[] = [
  length,
  element,
  concat,
  contains,
  index,
  distinct,
  chunklist,
  flatten,
];
