import {
  convert,
  containsUnknown,
  DYNAMIC,
  equalValues,
  isCompound,
  isUnknown,
  listType,
  listValue,
  mark,
  type Mark,
  rangeOf,
  setType,
  setValue,
  tupleType,
  tupleValue,
  type Type,
  typeOf,
  unify,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { anyParameter, compoundOf, parameter } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

type Combine = (items: readonly Value[], other: readonly Value[]) => readonly Value[];

const has = (items: readonly Value[], wanted: Value): boolean =>
  items.some((item) => equalValues(item, wanted) === true);

function setOperation(
  name: string,
  names: readonly string[],
  others: string | undefined,
  combine: Combine,
  needsKnown: boolean,
): FunctionDefinition {
  const sets = setType(DYNAMIC);
  return {
    name,
    parameters: names.map((each) => parameter(each, sets, { allowDynamic: true })),
    ...(others === undefined ? {} : { variadic: parameter(others, sets, { allowDynamic: true }) }),
    resultType: commonSet,
    call: (args, _context, type) => {
      // Elements whose type is not known yet do not fit into one set with others.
      const unsettled = type.kind === "set" && type.element === DYNAMIC;
      if (unsettled && args.some((each) => compoundOf([each], 0).items.length > 0)) return unknownValue(type);
      let items: readonly Value[] | undefined;
      for (const [position, each] of args.entries()) {
        const converted = convert(each, type);
        if ("problem" in converted) return new FunctionProblem(converted.problem, position);
        if (needsKnown && containsUnknown(converted.value)) return unknownValue(type);
        const next = compoundOf([converted.value], 0).items;
        items = items === undefined ? next : combine(items, next);
      }
      return setValue(type.kind === "set" ? type.element : DYNAMIC, items ?? []);
    },
  };
}

function commonSet(args: readonly Value[]): Type | FunctionProblem {
  const elements: Type[] = [];
  for (const each of args) {
    const type = typeOf(each);
    const element = type.kind === "set" ? type.element : DYNAMIC;
    const empty = isCompound(each) && each.items.length === 0;
    if (!(empty && element === DYNAMIC)) elements.push(element);
  }
  if (elements.length === 0) return setType(DYNAMIC);
  const element = unify(elements);
  return element === undefined
    ? new FunctionProblem("given sets must all have compatible element types")
    : setType(element);
}

const setproduct: FunctionDefinition = {
  name: "setproduct",
  parameters: [],
  variadic: anyParameter("sets", { allowMarked: true }),
  resultType: (args) => {
    if (args.length < 2) return new FunctionProblem("at least two arguments are required");
    const elements: Type[] = [];
    for (const [position, each] of args.entries()) {
      const type = typeOf(each);
      if (type.kind === "set" || type.kind === "list") elements.push(type.element);
      else if (type.kind !== "tuple") return new FunctionProblem("a set or a list is required", position);
      else if (type.elements.length === 0) elements.push(DYNAMIC);
      else {
        const element = unify(type.elements);
        if (element === undefined) {
          return new FunctionProblem("all elements must be of the same type", position);
        }
        elements.push(element);
      }
    }
    const row = tupleType(elements);
    return args.some((each) => typeOf(each).kind === "set") ? setType(row) : listType(row);
  },
  call: (args, _context, type) => {
    let marks: ReadonlySet<Mark> = new Set();
    let unknown = false;
    for (const each of args) {
      const unmarked = unmark(each);
      marks = marks.union(unmarked.marks);
      const { minimumLength = 0, maximumLength } = rangeOf(unmarked.value);
      const tuple = typeOf(each).kind === "tuple";
      unknown ||= isUnknown(each) || (!tuple && minimumLength !== maximumLength);
    }
    if (unknown) return mark(unknownValue(type), marks);
    const row = type.kind === "list" || type.kind === "set" ? type.element : tupleType([]);
    const rows = productOf(args, row);
    if (rows instanceof FunctionProblem) return rows;
    // Elements without a common type: Terraform crashes here.
    if (rows.some((each) => typeOf(each) !== row)) {
      return new FunctionProblem("all elements must be of the same type");
    }
    return mark(type.kind === "set" ? setValue(row, rows) : listValue(row, rows), marks);
  },
};

/** Most combinations that are made. */
const MOST_ROWS = 1_000_000;

function productOf(args: readonly Value[], row: Type): readonly Value[] | FunctionProblem {
  let rows: readonly (readonly Value[])[] = [[]];
  for (const [position, each] of args.entries()) {
    const wanted = row.kind === "tuple" ? (row.elements[position] ?? DYNAMIC) : DYNAMIC;
    const items: Value[] = [];
    for (const item of compoundOf([each], 0).items) {
      const converted = convert(item, wanted);
      if ("problem" in converted) return new FunctionProblem(converted.problem, position);
      items.push(converted.value);
    }
    if (rows.length * items.length > MOST_ROWS) return new FunctionProblem("there are too many combinations");
    rows = rows.flatMap((before) => items.map((item) => [...before, item]));
  }
  return rows.map((items) => tupleValue(items));
}

/** Functions on sets. */
export const SET_FUNCTIONS: readonly FunctionDefinition[] = [
  setOperation("setunion", ["first_set"], "other_sets", (a, b) => [...a, ...b], false),
  setOperation(
    "setintersection",
    ["first_set"],
    "other_sets",
    (a, b) => a.filter((item) => has(b, item)),
    true,
  ),
  setOperation("setsubtract", ["a", "b"], undefined, (a, b) => a.filter((item) => !has(b, item)), true),
  setproduct,
];
