import { type AttributePath, attributeStep, indexStep, type PathStep } from "./path.ts";
import {
  type CompoundValue,
  containsMarks,
  isCompound,
  type KnownValue,
  ListValue,
  MapValue,
  type Mark,
  MarkedValue,
  type NullValue,
  ObjectValue,
  SetValue,
  TupleValue,
  type UnknownValue,
  type Value,
} from "./value.ts";

/** No marks. */
export const NO_MARKS: ReadonlySet<Mark> = new Set();

/** A value without marks at its top. */
export type UnmarkedValue = KnownValue | NullValue | UnknownValue;

/** Where a value is marked, and how. */
export interface MarkedPath {
  readonly path: AttributePath;
  readonly marks: ReadonlySet<Mark>;
}

/** The value with these marks added to those it has. */
export function mark(value: Value, marks: Iterable<Mark>): Value {
  const added = new Set(marks);
  if (added.size === 0) return value;
  if (!(value instanceof MarkedValue)) return new MarkedValue(value, added);
  if (added.isSubsetOf(value.marks)) return value;
  return new MarkedValue(value.value, added.union(value.marks));
}

/** The value without the marks at its top, and those marks. */
export function unmark(value: Value): { readonly value: UnmarkedValue; readonly marks: ReadonlySet<Mark> } {
  return value instanceof MarkedValue ? value : { value, marks: NO_MARKS };
}

/** Whether the value has this mark at its top. */
export function hasMark(value: Value, wanted: Mark): boolean {
  return value instanceof MarkedValue && value.marks.has(wanted);
}

/** The value without marks at any depth, and the union of them all. */
export function unmarkDeep(value: Value): {
  readonly value: UnmarkedValue;
  readonly marks: ReadonlySet<Mark>;
} {
  if (!containsMarks(value)) return unmark(value);
  const marks = new Set<Mark>();
  return { value: strip(value, [], (_path, found) => found.forEach((each) => marks.add(each))), marks };
}

/** The value without marks at any depth, and where each of them was, outermost first. */
export function unmarkDeepWithPaths(value: Value): {
  readonly value: UnmarkedValue;
  readonly paths: readonly MarkedPath[];
} {
  if (!containsMarks(value)) return { value: unmark(value).value, paths: [] };
  const paths: MarkedPath[] = [];
  return { value: strip(value, [], (path, marks) => paths.push({ path, marks })), paths };
}

/** Where the value is marked, at its top and inside, outermost first. */
export function markedPaths(value: Value): readonly MarkedPath[] {
  return unmarkDeepWithPaths(value).paths;
}

type Seen = (path: AttributePath, marks: ReadonlySet<Mark>) => void;

function strip(value: Value, path: AttributePath, seen: Seen): UnmarkedValue {
  const { value: bare, marks } = unmark(value);
  if (marks.size > 0) seen(path, marks);
  if (!isCompound(bare) || !bare.containsMarks) return bare;
  return withItems(
    bare,
    bare.items.map((item, at) => strip(item, [...path, stepTo(bare, at)], seen)),
  );
}

/** The step from a value to its element at a position of `items`. */
export function stepTo(value: CompoundValue, at: number): PathStep {
  switch (value.kind) {
    case "tuple":
    case "list":
      return indexStep(at);
    case "set":
      return indexStep(value.items[at] ?? at);
    case "map":
      return indexStep(value.keys[at] ?? "");
    case "object":
      return attributeStep(value.keys[at] ?? "");
  }
}

/** The same value with other elements, which must be of the same types, and for a set distinct and in order. */
export function withItems(value: CompoundValue, items: readonly Value[]): CompoundValue {
  switch (value.kind) {
    case "tuple":
      return new TupleValue(value.type, items);
    case "list":
      return new ListValue(value.type, items);
    case "set":
      return new SetValue(value.type, items);
    case "map":
      return new MapValue(value.type, value.keys, items);
    case "object":
      return new ObjectValue(value.type, items);
  }
}
