import { listValue, mapValue, nullValue, setValue, tupleValue, objectValue } from "./make.ts";
import { mark, unmark } from "./marks.ts";
import { mismatchText } from "./mismatch.ts";
import { type AttributePath, attributeStep, indexStep, type PathStep } from "./path.ts";
import {
  attributeType,
  type CollectionType,
  containsDynamic,
  DYNAMIC,
  isCollectionType,
  isPrimitiveType,
  type ObjectType,
  type TupleType,
  type Type,
  withoutOptional,
} from "./types.ts";
import { replaceDynamic } from "./replace-dynamic.ts";
import { unifyTypes } from "./unify.ts";
import { type Converter, Failure, primitiveConverter } from "./convert-primitive.ts";
import { convertedUnknown } from "./convert-unknown.ts";
import { type CompoundValue, isCompound, NullValue, typeOf, UnknownValue, type Value } from "./value.ts";

/** A converted value, or why there is none: the end of a sentence without full stop, and where inside the value. */
export type Conversion = { readonly value: Value } | ConversionProblem;

/** Why a value does not convert. */
export interface ConversionProblem {
  readonly problem: string;
  readonly path: AttributePath;
}

/** Caches without meaning of their own: converters by pair of types; null where there is none. */
type Cache = WeakMap<Type, WeakMap<Type, Converter | null>>;
const unsafe: Cache = new WeakMap();
const safe: Cache = new WeakMap();

/**
 * Converts to a type, also where that may fail or lose something, as the language does everywhere. `any` inside the
 * type keeps what is there; optional attributes that are missing become null; marks stay.
 */
export function convert(value: Value, type: Type): Conversion {
  return convertWith(value, type, unsafe);
}

/** Converts to a type where that can neither fail nor lose anything. */
export function convertSafely(value: Value, type: Type): Conversion {
  return convertWith(value, type, safe);
}

/** Whether values of one type may convert to another. */
export function isConvertible(from: Type, to: Type): boolean {
  return from === to || converterFor(from, to, unsafe) !== null;
}

function isSafelyConvertible(from: Type, to: Type): boolean {
  return from === to || converterFor(from, to, safe) !== null;
}

/** One type for all, or undefined where there is none: the types of a conditional's arms, of a list's elements. */
export function unify(types: readonly Type[]): Type | undefined {
  return unifyTypes(types, isConvertible);
}

function convertWith(value: Value, type: Type, cache: Cache): Conversion {
  const from = typeOf(value);
  if (from === type) return { value };
  const result = converted(value, type, cache, []);
  if (result instanceof Failure) return { problem: result.problem, path: result.path };
  return { value: result };
}

function converted(value: Value, type: Type, cache: Cache, path: AttributePath): Value | Failure {
  const from = typeOf(value);
  if (from === type || type === DYNAMIC) return value;
  const converter = converterFor(from, type, cache);
  if (converter === null) {
    return new Failure(mismatchText(from, type, { any: isConvertible, safe: isSafelyConvertible }), path);
  }
  const { value: bare, marks } = unmark(value);
  if (bare instanceof NullValue)
    return mark(nullValue(replaceDynamic(from, withoutOptional(type), unify)), marks);
  if (bare instanceof UnknownValue) {
    return mark(convertedUnknown(bare, replaceDynamic(from, withoutOptional(type), unify)), marks);
  }
  const result = converter(bare, path);
  return result instanceof Failure ? result : mark(result, marks);
}

function converterFor(from: Type, to: Type, cache: Cache): Converter | null {
  let byTarget = cache.get(from);
  if (byTarget === undefined) cache.set(from, (byTarget = new WeakMap()));
  let found = byTarget.get(to);
  if (found === undefined) byTarget.set(to, (found = makeConverter(from, to, cache)));
  return found;
}

function makeConverter(from: Type, to: Type, cache: Cache): Converter | null {
  if (from === to || to === DYNAMIC) return (value) => value;
  if (from === DYNAMIC) {
    // A known value is never of dynamic type: only nulls and unknowns come here, and those convert before.
    return cache === unsafe ? (value) => value : null;
  }
  if (isPrimitiveType(from) && isPrimitiveType(to)) return primitiveConverter(from, to, cache === unsafe);
  if (to.kind === "object") {
    if (from.kind === "object") return objectConverter(from, to, cache);
    return from.kind === "map" && cache === unsafe ? mapToObject(from, to, cache) : null;
  }
  if (to.kind === "tuple") return from.kind === "tuple" ? tupleConverter(from, to, cache) : null;
  return isCollectionType(to) ? collectionConverter(from, to, cache) : null;
}

function possible(from: Type, to: Type, cache: Cache): boolean {
  return from === to || converterFor(from, to, cache) !== null;
}

function objectConverter(from: ObjectType, to: ObjectType, cache: Cache): Converter | null {
  for (const [at, name] of to.names.entries()) {
    const type = attributeType(from, name);
    if (type === undefined ? !to.optional.has(name) : !possible(type, to.types[at] ?? DYNAMIC, cache))
      return null;
  }
  return (value, path) => {
    if (!isCompound(value) || value.kind !== "object") return new Failure("object required", path);
    return attributesOf(to, (name) => value.get(name), cache, path);
  };
}

function mapToObject(from: CollectionType<"map">, to: ObjectType, cache: Cache): Converter | null {
  const impossible = to.names.some(
    (name, at) => !possible(from.element, to.types[at] ?? DYNAMIC, cache) && !to.optional.has(name),
  );
  if (impossible) return null;
  return (value, path) => {
    if (!isCompound(value) || value.kind !== "map") return new Failure("map required", path);
    const missing = to.names.find((name) => value.get(name) === undefined && !to.optional.has(name));
    if (missing !== undefined)
      return new Failure(`map has no element for required attribute "${missing}"`, path);
    return attributesOf(to, (name) => value.get(name), cache, path);
  };
}

function attributesOf(
  to: ObjectType,
  read: (name: string) => Value | undefined,
  cache: Cache,
  path: AttributePath,
): Value | Failure {
  const entries: [string, Value][] = [];
  for (const [at, name] of to.names.entries()) {
    const wanted = to.types[at] ?? DYNAMIC;
    const value = read(name);
    const result =
      value === undefined
        ? nullValue(withoutOptional(wanted))
        : converted(value, wanted, cache, [...path, attributeStep(name)]);
    if (result instanceof Failure) return result;
    entries.push([name, result]);
  }
  return objectValue(entries);
}

function tupleConverter(from: TupleType, to: TupleType, cache: Cache): Converter | null {
  if (from.elements.length !== to.elements.length) return null;
  if (from.elements.some((type, at) => !possible(type, to.elements[at] ?? DYNAMIC, cache))) return null;
  return (value, path) => {
    if (!isCompound(value)) return new Failure("tuple required", path);
    const items: Value[] = [];
    for (const [at, item] of value.items.entries()) {
      const result = converted(item, to.elements[at] ?? DYNAMIC, cache, [...path, indexStep(at)]);
      if (result instanceof Failure) return result;
      items.push(result);
    }
    return tupleValue(items);
  };
}

function collectionConverter(from: Type, to: CollectionType & Type, cache: Cache): Converter | null {
  let element = to.element;
  if (from.kind === "tuple" || from.kind === "object") {
    if ((from.kind === "object") !== (to.kind === "map")) return null;
    const elements = from.kind === "tuple" ? from.elements : from.types;
    if (element === DYNAMIC && elements.length > 0) {
      const unified = unifyTypes(elements, cache === unsafe ? isConvertible : isSafelyConvertible);
      if (unified === undefined) return null;
      element = unified;
    }
    if (elements.some((type) => !possible(type, element, cache))) return null;
  } else if (isCollectionType(from)) {
    if ((from.kind === "map") !== (to.kind === "map")) return null;
    if (from.kind === "list" && to.kind === "set" && cache === safe) return null;
    if (!possible(from.element, element, cache)) return null;
  } else {
    return null;
  }
  return (value, path) => {
    if (!isCompound(value)) return new Failure(`${to.kind} required`, path);
    return convertElements(value, to.kind, element, cache, path);
  };
}

function convertElements(
  value: CompoundValue,
  kind: CollectionType["kind"],
  element: Type,
  cache: Cache,
  path: AttributePath,
): Value | Failure {
  const items: Value[] = [];
  for (const [at, item] of value.items.entries()) {
    const result = converted(item, element, cache, [...path, elementStep(value, at)]);
    if (result instanceof Failure) return result;
    items.push(result);
  }
  const settled = items.length === 0 ? emptyElements(value, element) : ofOneType(items, cache);
  if (settled === undefined)
    return new Failure(`element types must all match for conversion to ${kind}`, path);
  if (kind === "list") return listValue(settled.element, settled.items);
  if (kind === "set") return setValue(settled.element, settled.items);
  const keys = value.kind === "map" || value.kind === "object" ? value.keys : [];
  return mapValue(
    settled.element,
    settled.items.map((item, at) => [keys[at] ?? "", item] as const),
  );
}

function elementStep(value: CompoundValue, at: number): PathStep {
  if (value.kind === "map" || value.kind === "object") return indexStep(value.keys[at] ?? "");
  return indexStep(value.kind === "set" ? (value.items[at] ?? at) : at);
}

interface Elements {
  readonly element: Type;
  readonly items: readonly Value[];
}

function emptyElements(value: CompoundValue, element: Type): Elements {
  const own = element === DYNAMIC && isCollectionType(value.type) ? value.type.element : element;
  return { element: withoutOptional(own), items: [] };
}

/**
 * The items with one type, where that can be: what an `any` inside the wanted type let through is unified again, and
 * nulls and unknowns of no known type take the others' type.
 */
function ofOneType(items: readonly Value[], cache: Cache): Elements | undefined {
  const first = items[0] === undefined ? DYNAMIC : typeOf(items[0]);
  if (items.every((item) => typeOf(item) === first)) return { element: first, items };
  const types = [...new Set(items.map(typeOf))];
  const settled = types.filter((type) => type !== DYNAMIC);
  const candidates = [
    unifyTypes(types, cache === unsafe ? isConvertible : isSafelyConvertible),
    unifyTypes(settled, isConvertible),
    ...settled.filter((type) => !containsDynamic(type)),
  ];
  for (const element of candidates) {
    const same = element === undefined ? undefined : allConverted(items, element);
    if (same !== undefined) return same;
  }
  return undefined;
}

function allConverted(items: readonly Value[], element: Type): Elements | undefined {
  const same: Value[] = [];
  for (const item of items) {
    const result = converted(item, element, unsafe, []);
    if (result instanceof Failure || typeOf(result) !== element) return undefined;
    same.push(result);
  }
  return { element, items: same };
}
