import {
  type CollectionType,
  DYNAMIC,
  isPrimitiveType,
  listType,
  mapType,
  type ObjectType,
  objectType,
  setType,
  STRING,
  tupleType,
  type TupleType,
  type Type,
} from "./types.ts";

/** Whether a conversion exists between two types. */
export type Convertible = (from: Type, to: Type) => boolean;

/**
 * One type that all the given ones convert to, or undefined where there is none. Dynamic where structures or
 * collections meet a dynamic, because what that becomes decides the result. Not for an empty list of types.
 */
export function unifyTypes(types: readonly Type[], convertible: Convertible): Type | undefined {
  const first = types[0];
  if (first === undefined) return undefined;
  if (types.every((type) => type === first)) return first;
  const structural = unifyStructures(types, convertible);
  if (structural !== "undecided") return structural;
  return byPreference(types).find((wanted) =>
    types.every((type) => type === wanted || convertible(type, wanted)),
  );
}

function unifyStructures(types: readonly Type[], convertible: Convertible): Type | undefined | "undecided" {
  const dynamic = types.filter((type) => type === DYNAMIC).length;
  const maps = types.filter((type) => type.kind === "map");
  const lists = types.filter((type) => type.kind === "list");
  const sets = types.filter((type) => type.kind === "set");
  const objects = types.filter((type) => type.kind === "object");
  const tuples = types.filter((type) => type.kind === "tuple");
  const only = (...groups: (readonly Type[])[]) =>
    groups.reduce((sum, group) => sum + group.length, dynamic) === types.length &&
    (groups[0]?.length ?? 0) > 0;
  const collections = (kind: (element: Type) => Type, of: readonly CollectionType[]): Type | undefined => {
    if (dynamic > 0) return DYNAMIC;
    const element = unifyTypes(
      of.map((each) => each.element),
      convertible,
    );
    return element === undefined ? undefined : kind(element);
  };

  if (only(maps)) return collections(mapType, maps);
  if (only(maps, objects)) {
    const unified = dynamic > 0 ? DYNAMIC : asMap(objects, maps, convertible);
    if (unified !== undefined) return unified;
  } else if (only(lists)) {
    return collections(listType, lists);
  } else if (only(lists, tuples)) {
    const unified = dynamic > 0 ? DYNAMIC : asList(tuples, lists, convertible);
    if (unified !== undefined) return unified;
  } else if (only(sets)) {
    return collections(setType, sets);
  } else if (only(objects)) {
    return dynamic > 0 ? DYNAMIC : unifyObjects(objects, convertible);
  } else if (only(tuples)) {
    return dynamic > 0 ? DYNAMIC : unifyTuples(tuples, convertible);
  } else if (objects.length > 0 && tuples.length > 0) {
    return undefined;
  }
  return "undecided";
}

/** What structures hold agrees among itself first, and then with the collections: one mixture could hide a conflict. */
function unifyElements(
  structures: readonly Type[],
  collections: readonly Type[],
  convertible: Convertible,
): Type | undefined {
  if (structures.length === 0) return unifyTypes(collections, convertible);
  const inner = unifyTypes(structures, convertible);
  return inner === undefined ? undefined : unifyTypes([...collections, inner], convertible);
}

function asMap(
  objects: readonly ObjectType[],
  maps: readonly CollectionType<"map">[],
  convertible: Convertible,
): Type | undefined {
  const element = unifyElements(
    objects.flatMap((type) => type.types),
    maps.map((type) => type.element),
    convertible,
  );
  return element === undefined ? undefined : mapType(element);
}

function asList(
  tuples: readonly TupleType[],
  lists: readonly CollectionType<"list">[],
  convertible: Convertible,
): Type | undefined {
  const element = unifyElements(
    tuples.flatMap((type) => type.elements),
    lists.map((type) => type.element),
    convertible,
  );
  return element === undefined ? undefined : listType(element);
}

function unifyObjects(objects: readonly ObjectType[], convertible: Convertible): Type | undefined {
  const names = objects[0]?.names ?? [];
  const sameNames = objects.every(
    (type) => type.names.length === names.length && type.names.every((name, at) => name === names[at]),
  );
  if (!sameNames) return asMap(objects, [], convertible);
  const attributes: [string, Type][] = [];
  for (const [at, name] of names.entries()) {
    const unified = unifyTypes(
      objects.map((type) => type.types[at] ?? DYNAMIC),
      convertible,
    );
    if (unified === undefined) return undefined;
    attributes.push([name, unified]);
  }
  return objectType(attributes);
}

function unifyTuples(tuples: readonly TupleType[], convertible: Convertible): Type | undefined {
  const length = tuples[0]?.elements.length ?? 0;
  if (tuples.some((type) => type.elements.length !== length)) return asList(tuples, [], convertible);
  const elements: Type[] = [];
  for (let at = 0; at < length; at++) {
    const unified = unifyTypes(
      tuples.map((type) => type.elements[at] ?? DYNAMIC),
      convertible,
    );
    if (unified === undefined) return undefined;
    elements.push(unified);
  }
  return tupleType(elements);
}

/** The types, most general first; the given order where nothing is said. */
function byPreference(types: readonly Type[]): readonly Type[] {
  const left = [...new Set(types)];
  const sorted: Type[] = [];
  while (left.length > 0) {
    const best = left.findIndex((type) => left.every((other) => preference(other, type) >= 0));
    sorted.push(...left.splice(Math.max(0, best), 1));
  }
  return sorted;
}

/** Negative where `a` is the better result for both, positive where `b` is. */
function preference(a: Type, b: Type): number {
  if (a === b) return 0;
  if (a === DYNAMIC) return 1;
  if (b === DYNAMIC) return -1;
  if (isPrimitiveType(a) && isPrimitiveType(b)) return a === STRING ? -1 : b === STRING ? 1 : 0;
  if ("element" in a && "element" in b && a.kind === b.kind) return preference(a.element, b.element);
  const rank = rankOf(a) - rankOf(b);
  const related =
    SEQUENCES.has(a.kind) === SEQUENCES.has(b.kind) && !isPrimitiveType(a) && !isPrimitiveType(b);
  if (related && rank !== 0) return rank;
  if (a.kind === "object" && b.kind === "object") {
    if (a.names.length !== b.names.length || a.names.some((name, at) => name !== b.names[at])) return 0;
    return allOf(a.types, b.types);
  }
  return a.kind === "tuple" && b.kind === "tuple" && a.elements.length === b.elements.length
    ? allOf(a.elements, b.elements)
    : 0;
}

const SEQUENCES: ReadonlySet<Type["kind"]> = new Set(["list", "tuple", "set"]);

function rankOf(type: Type): number {
  return type.kind === "list" || type.kind === "map"
    ? 0
    : type.kind === "tuple" || type.kind === "object"
      ? 1
      : 2;
}

function allOf(a: readonly Type[], b: readonly Type[]): number {
  const each = a.map((type, at) => preference(type, b[at] ?? DYNAMIC));
  const better = each.some((order) => order < 0);
  const worse = each.some((order) => order > 0);
  return better === worse ? 0 : better ? -1 : 1;
}
