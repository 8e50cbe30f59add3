import {
  containsUnknown,
  convert,
  DYNAMIC,
  equalValues,
  isCompound,
  isNull,
  isUnknown,
  listType,
  listValue,
  mark,
  nullValue,
  STRING,
  tupleType,
  tupleValue,
  typeName,
  typeOf,
  unify,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import {
  anyParameter,
  argument,
  compoundOf,
  numberParameter,
  parameter,
  wholeNumber,
  WHOLE_NUMBER,
  numberOf,
} from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

const reverse: FunctionDefinition = {
  name: "reverse",
  parameters: [anyParameter("list", { allowMarked: true })],
  resultType: ([list]) => {
    const type = list === undefined ? DYNAMIC : typeOf(list);
    if (type.kind === "tuple") return tupleType(type.elements.toReversed());
    if (type.kind === "list" || type.kind === "set") return listType(type.element);
    return new FunctionProblem(`can only reverse list or tuple values, not ${typeName(type)}`, 0);
  },
  call: (args, _context, type) => {
    const items = compoundOf(args, 0).items.toReversed();
    const { marks } = unmark(argument(args, 0));
    return mark(type.kind === "list" ? listValue(type.element, items) : tupleValue(items), marks);
  },
};

const slice: FunctionDefinition = {
  name: "slice",
  parameters: [
    anyParameter("list", { allowMarked: true }),
    numberParameter("start_index"),
    numberParameter("end_index"),
  ],
  resultType: (args) => {
    const list = argument(args, 0);
    const type = typeOf(list);
    if (type.kind === "set") {
      return new FunctionProblem(
        "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the ordering of the result is not important",
        0,
      );
    }
    if (type.kind !== "list" && type.kind !== "tuple") {
      return new FunctionProblem("must be a list or tuple value", 0);
    }
    const bounds = sliceBounds(args);
    if (bounds instanceof FunctionProblem) return bounds;
    if (type.kind === "list") return type;
    return bounds === undefined ? DYNAMIC : tupleType(type.elements.slice(...bounds));
  },
  call: (args, _context, type) => {
    const bounds = sliceBounds(args);
    if (bounds instanceof FunctionProblem) return bounds;
    if (bounds === undefined) return unknownValue(type);
    const items = compoundOf(args, 0).items.slice(...bounds);
    const { marks } = unmark(argument(args, 0));
    return mark(type.kind === "list" ? listValue(type.element, items) : tupleValue(items), marks);
  },
};

/** Undefined where one is unknown. */
function sliceBounds(args: readonly Value[]): readonly [number, number] | undefined | FunctionProblem {
  const start = sliceBound(args, 1, "start");
  const end = sliceBound(args, 2, "end");
  if (start instanceof FunctionProblem) return start;
  if (end instanceof FunctionProblem) return end;
  const { value: list } = unmark(argument(args, 0));
  const type = typeOf(list);
  const count =
    type.kind === "tuple" ? type.elements.length : isCompound(list) ? list.items.length : undefined;
  if (end !== undefined && count !== undefined && end > count) {
    return new FunctionProblem("end index must not be greater than the length of the list", 2);
  }
  if (start === undefined || end === undefined) return undefined;
  return start > end
    ? new FunctionProblem("start index must not be greater than end index", 1)
    : [start, end];
}

function sliceBound(
  args: readonly Value[],
  position: number,
  which: "start" | "end",
): number | undefined | FunctionProblem {
  if (isUnknown(argument(args, position))) return undefined;
  const bound = wholeNumber(numberOf(args, position));
  if (bound === undefined) return new FunctionProblem(`invalid ${which} index: ${WHOLE_NUMBER}`, position);
  return bound < 0 ? new FunctionProblem(`${which} index must not be less than zero`, position) : bound;
}

const ONE_OR_NONE = "must be a list, set, or tuple value with either zero or one elements";

const one: FunctionDefinition = {
  name: "one",
  parameters: [anyParameter("list", { allowMarked: true })],
  mayBeNull: true,
  resultType: ([list]) => {
    const type = list === undefined ? DYNAMIC : typeOf(list);
    if (type.kind === "list" || type.kind === "set") return type.element;
    if (type.kind !== "tuple" || type.elements.length > 1) return new FunctionProblem(ONE_OR_NONE, 0);
    return type.elements[0] ?? DYNAMIC;
  },
  call: (args, _context, type) => {
    const list = compoundOf(args, 0);
    if (list.items.length > 1) return new FunctionProblem(ONE_OR_NONE, 0);
    return mark(list.items[0] ?? nullValue(type), unmark(argument(args, 0)).marks);
  },
};

const coalesce: FunctionDefinition = {
  name: "coalesce",
  parameters: [],
  variadic: anyParameter("vals", { allowNull: true, allowUnknown: true, allowDynamic: true }),
  resultType: (args) =>
    unify(args.map(typeOf)) ?? new FunctionProblem("all arguments must have the same type"),
  call: (args, _context, type) => {
    for (const [position, each] of args.entries()) {
      const converted = convert(each, type);
      if ("problem" in converted) return new FunctionProblem(converted.problem, position);
      if (isUnknown(converted.value)) return unknownValue(type);
      if (isNull(converted.value) || (type === STRING && converted.value === "")) continue;
      return converted.value;
    }
    return new FunctionProblem("no non-null, non-empty-string arguments");
  },
};

const coalescelist: FunctionDefinition = {
  name: "coalescelist",
  parameters: [],
  variadic: anyParameter("vals", { allowNull: true, allowUnknown: true, allowDynamic: true }),
  resultType: (args) => {
    if (args.length === 0) return new FunctionProblem("at least one argument is required");
    for (const each of args) {
      if (isUnknown(each)) return DYNAMIC;
      const { kind } = typeOf(each);
      if (kind !== "list" && kind !== "tuple") {
        return new FunctionProblem("coalescelist arguments must be lists or tuples");
      }
    }
    const types = new Set(args.map(typeOf));
    return types.size === 1 ? typeOf(argument(args, 0)) : DYNAMIC;
  },
  call: (args, _context, type) => {
    for (const each of args) {
      if (isUnknown(each)) return unknownValue(type);
      if (!isNull(each) && compoundOf([each], 0).items.length > 0) return each;
    }
    return new FunctionProblem("no non-null arguments");
  },
};

const matchkeys: FunctionDefinition = {
  name: "matchkeys",
  parameters: [
    parameter("values", listType(DYNAMIC)),
    parameter("keys", listType(DYNAMIC)),
    parameter("searchset", listType(DYNAMIC)),
  ],
  resultType: (args) =>
    unify([typeOf(argument(args, 1)), typeOf(argument(args, 2))]) === undefined
      ? new FunctionProblem("keys and searchset must be of the same type")
      : typeOf(argument(args, 0)),
  call: (args, _context, type) => {
    const values = compoundOf(args, 0);
    const keys = compoundOf(args, 1);
    if (values.items.length !== keys.items.length) {
      return new FunctionProblem("length of keys and values should be equal");
    }
    if (args.some(containsUnknown)) return unknownValue(type);
    const common = unify([typeOf(argument(args, 1)), typeOf(argument(args, 2))]) ?? DYNAMIC;
    const wanted = convert(argument(args, 2), common);
    const given = convert(argument(args, 1), common);
    if ("problem" in wanted || "problem" in given) {
      return new FunctionProblem("keys and searchset must be of the same type");
    }
    const found: Value[] = [];
    for (const [at, key] of compoundOf([given.value], 0).items.entries()) {
      for (const each of compoundOf([wanted.value], 0).items) {
        if (equalValues(key, each) !== true) continue;
        found.push(argument(values.items, at));
        break;
      }
    }
    return listValue(type.kind === "list" ? type.element : DYNAMIC, found);
  },
};

/** Functions that pick elements of lists, or one list of several. */
export const PICK_FUNCTIONS: readonly FunctionDefinition[] = [
  reverse,
  slice,
  one,
  coalesce,
  coalescelist,
  matchkeys,
];
