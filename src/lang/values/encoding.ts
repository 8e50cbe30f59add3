import type { Conversion, ConversionProblem } from "./convert.ts";
import { type Json, JsonNumber, plainObject } from "./lossless-json.ts";
import { listValue, mapValue, nullValue, objectValue, setValue, tupleValue } from "./make.ts";
import { stepTo } from "./marks.ts";
import { numberText, parseNumber } from "./numbers.ts";
import { type AttributePath, attributeStep, indexStep } from "./path.ts";
import { stringValue } from "./text.ts";
import { type CollectionType, DYNAMIC, isCollectionType, type ObjectType, type Type } from "./types.ts";
import { typeFromJson, typeToJson } from "./type-text.ts";
import { BigFloat } from "./big-float.ts";
import { isCompound, NullValue, typeOf, type Value } from "./value.ts";

/**
 * A value as states hold it, of the type that its schema says: where that is dynamic, the type is written beside the
 * value (`{"value": ..., "type": ...}`). Infinities are a problem; unknown and marked values are the caller's bug.
 */
export function valueToJson(value: Value, type: Type): { readonly json: Json } | ConversionProblem {
  const problems: ConversionProblem[] = [];
  const json = encode(value, type, [], problems);
  return problems[0] ?? { json };
}

function encode(value: Value, type: Type, path: AttributePath, problems: ConversionProblem[]): Json {
  if (type === DYNAMIC) {
    const own = typeOf(value);
    if (own === DYNAMIC && value instanceof NullValue) return null;
    return plainObject([
      ["value", encode(value, own, path, problems)],
      ["type", typeJson(own)],
    ]);
  }
  if (typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  if (value instanceof BigFloat) {
    if (value.infinite) problems.push({ problem: "an infinite number cannot be stored", path });
    return new JsonNumber(value.text);
  }
  if (value instanceof NullValue) return null;
  if (!isCompound(value)) throw new TypeError(`a value that is ${value.kind} cannot be stored`);
  const items = value.items.map((item, at) =>
    encode(item, elementTypeAt(type, value, at), [...path, stepTo(value, at)], problems),
  );
  if (value.kind !== "map" && value.kind !== "object") return items;
  return plainObject(value.keys.map((key, at) => [key, items[at] ?? null] as const));
}

/** The declared type of an element: what the schema says, and the value's own type only below a dynamic. */
function elementTypeAt(type: Type, value: Value, at: number): Type {
  if (isCollectionType(type)) return type.element;
  if (type.kind === "tuple") return type.elements[at] ?? DYNAMIC;
  if (type.kind === "object" && isCompound(value) && value.kind === "object") {
    return type.types[type.index.get(value.keys[at] ?? "") ?? -1] ?? DYNAMIC;
  }
  throw new TypeError(`a value of type ${typeOf(value).kind} is stored as ${type.kind}`);
}

function typeJson(type: Type): Json {
  const json = typeToJson(type);
  return typeof json === "string" ? json : (JSON.parse(JSON.stringify(json)) as Json);
}

/** Reads what `valueToJson` wrote. Numbers and bools may be strings, and the other way round; missing attributes are null. */
export function valueFromJson(json: Json, type: Type): Conversion {
  try {
    return { value: decode(json, type, []) };
  } catch (error) {
    if (error instanceof DecodeError) return { problem: error.message, path: error.path };
    throw error;
  }
}

class DecodeError extends Error {
  readonly path: AttributePath;
  constructor(message: string, path: AttributePath) {
    super(message);
    this.path = path;
  }
}

function decode(json: Json, type: Type, path: AttributePath): Value {
  if (json === null) return nullValue(type);
  switch (type.kind) {
    case "dynamic":
      return decodeDynamic(json, path);
    case "string":
      return decodeString(json, path);
    case "number":
      return decodeNumber(json, path);
    case "bool":
      if (json === true || json === "true" || json === "1") return true;
      if (json === false || json === "false" || json === "0") return false;
      throw new DecodeError("a bool is required", path);
    case "tuple": {
      const items = arrayOf(json, "a tuple", path);
      if (items.length !== type.elements.length) {
        throw new DecodeError(`a tuple of ${type.elements.length} elements is required`, path);
      }
      return tupleValue(
        items.map((item, at) => decode(item, type.elements[at] ?? DYNAMIC, [...path, indexStep(at)])),
      );
    }
    case "object":
      return decodeObject(json, type, path);
    default:
      return decodeCollection(json, type, path);
  }
}

function decodeString(json: Json, path: AttributePath): Value {
  if (typeof json === "string") return stringValue(json);
  if (typeof json === "number" || typeof json === "boolean") return String(json);
  if (json instanceof JsonNumber) return numberText(decodeNumber(json, path));
  throw new DecodeError("a string is required", path);
}

function decodeNumber(json: Json, path: AttributePath) {
  const text = json instanceof JsonNumber ? json.text : json;
  const number = typeof text === "number" ? text : typeof text === "string" ? parseNumber(text) : undefined;
  if (number === undefined) throw new DecodeError("a number is required", path);
  return typeof number === "number" && !Number.isSafeInteger(number) ? numberFromDouble(number) : number;
}

function numberFromDouble(value: number) {
  return parseNumber(String(value)) ?? BigFloat.double(value);
}

function decodeCollection(json: Json, type: CollectionType, path: AttributePath): Value {
  if (type.kind === "map") {
    const entries = objectOf(json, "a map", path);
    return mapValue(
      ...oneType(
        type.element,
        entries.map(
          ([key, item]) => [stringValue(key), decode(item, type.element, [...path, indexStep(key)])] as const,
        ),
      ),
    );
  }
  const items = arrayOf(json, type.kind === "list" ? "a list" : "a set", path).map((item, at) =>
    decode(item, type.element, [...path, indexStep(at)]),
  );
  const element = elementType(type.element, items);
  return type.kind === "list" ? listValue(element, items) : setValue(element, items);
}

function oneType<Entry extends readonly [string, Value]>(declared: Type, entries: readonly Entry[]) {
  return [
    elementType(
      declared,
      entries.map(([, item]) => item),
    ),
    entries,
  ] as const;
}

/** Below a dynamic the elements say what type they have. */
function elementType(declared: Type, items: readonly Value[]): Type {
  return items[0] === undefined ? declared : typeOf(items[0]);
}

function decodeObject(json: Json, type: ObjectType, path: AttributePath): Value {
  const given = new Map(objectOf(json, "an object", path));
  for (const name of given.keys()) {
    if (!type.index.has(stringValue(name))) throw new DecodeError(`unsupported attribute "${name}"`, path);
  }
  return objectValue(
    type.names.map((name, at) => {
      const item = given.get(name);
      const wanted = type.types[at] ?? DYNAMIC;
      return [
        name,
        item === undefined ? nullValue(wanted) : decode(item, wanted, [...path, attributeStep(name)]),
      ] as const;
    }),
  );
}

function decodeDynamic(json: Json, path: AttributePath): Value {
  const entries = new Map(objectOf(json, "an object with value and type", path));
  const type = typeFromJson(entries.get("type"));
  if (type === undefined) throw new DecodeError("a type is required beside a value of any type", path);
  return decode(entries.get("value") ?? null, type, path);
}

function arrayOf(json: Json, what: string, path: AttributePath): readonly Json[] {
  if (Array.isArray(json)) return json as readonly Json[];
  throw new DecodeError(`${what} is required`, path);
}

function objectOf(json: Json, what: string, path: AttributePath): readonly (readonly [string, Json])[] {
  const plain =
    typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);
  if (plain) return Object.entries(json) as readonly (readonly [string, Json])[];
  throw new DecodeError(`${what} is required`, path);
}

/** The value of JSON of no declared type: arrays are tuples, objects are objects, as `jsondecode` has it. */
export function impliedValue(json: Json): Value {
  if (json === null) return nullValue(DYNAMIC);
  if (typeof json === "string") return stringValue(json);
  if (typeof json === "boolean") return json;
  if (typeof json === "number" || json instanceof JsonNumber) return decodeNumber(json, []);
  if (Array.isArray(json)) return tupleValue((json as readonly Json[]).map(impliedValue));
  return objectValue(
    objectOf(json, "an object", []).map(([key, item]) => [stringValue(key), impliedValue(item)] as const),
  );
}

/** The value as the language's JSON, types dropped: what `jsonencode` and `output -json` show. Sets are arrays. */
export function plainJson(value: Value): { readonly json: Json } | ConversionProblem {
  return valueToJson(value, typeOf(value));
}
