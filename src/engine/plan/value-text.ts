import {
  BigFloat,
  type Bound,
  type Json,
  listValue,
  MarkedValue,
  mark,
  mapValue,
  type Mark,
  NullValue,
  nullValue,
  numberText,
  objectValue,
  parseNumber,
  type Refinements,
  setValue,
  tupleValue,
  type Type,
  typeFromJson,
  typeToJson,
  UnknownValue,
  unknownValue,
  type Value,
} from "../../lang/index.ts";
import { isJsonArray, isJsonObject, type JsonObject, textOf } from "../state/json-text.ts";

/*
 * Values in a saved plan: whole, with their types, unknowns, refinements and marks. Strings, bools and safe integers
 * stand for themselves; everything else is an object whose `k` says what it is.
 */

function typeText(type: Type): Json {
  const json: Json = JSON.parse(JSON.stringify(typeToJson(type)));
  return json;
}

/** Encodes any value. */
export function valueToTree(value: Value): Json {
  if (typeof value !== "object") return value;
  if (value instanceof BigFloat) return { k: "number", v: numberText(value) };
  if (value instanceof NullValue) return { k: "null", t: typeText(value.type) };
  if (value instanceof MarkedValue) return { k: "marked", m: [...value.marks], v: valueToTree(value.value) };
  if (value instanceof UnknownValue) {
    return { k: "unknown", t: typeText(value.type), r: refinementsToTree(value.refinements) };
  }
  const items = value.items.map(valueToTree);
  switch (value.kind) {
    case "tuple":
      return { k: "tuple", v: items };
    case "list":
    case "set":
      return { k: value.kind, t: typeText(value.type.element), v: items };
    case "map":
      return { k: "map", t: typeText(value.type.element), n: value.keys, v: items };
    case "object":
      return { k: "object", n: value.keys, v: items };
  }
}

function refinementsToTree({ minimum, maximum, ...plain }: Refinements): JsonObject {
  const bound = ({ value, inclusive }: Bound): JsonObject => ({ v: numberText(value), i: inclusive });
  return {
    ...(minimum === undefined ? {} : { minimum: bound(minimum) }),
    ...(maximum === undefined ? {} : { maximum: bound(maximum) }),
    ...(plain.notNull === undefined ? {} : { notNull: true }),
    ...(plain.prefix === undefined ? {} : { prefix: plain.prefix }),
    ...(plain.minimumLength === undefined ? {} : { minimumLength: plain.minimumLength }),
    ...(plain.maximumLength === undefined ? {} : { maximumLength: plain.maximumLength }),
  };
}

/** The text is no saved plan of ours, though its digest is right: another version's. */
export class MalformedPlan extends Error {}

function typeOfTree(tree: Json | undefined): Type {
  const type = typeFromJson(tree ?? null);
  if (type === undefined) throw new MalformedPlan("a type is malformed");
  return type;
}

function bound(tree: Json | undefined): Bound | undefined {
  if (!isJsonObject(tree)) return undefined;
  const value = parseNumber(textOf(tree["v"]));
  return value === undefined ? undefined : { value, inclusive: tree["i"] === true };
}

function refinementsFromTree(tree: Json | undefined): Refinements {
  if (!isJsonObject(tree)) return {};
  const minimum = bound(tree["minimum"]);
  const maximum = bound(tree["maximum"]);
  const { prefix, shortest, longest } = {
    prefix: tree["prefix"],
    shortest: tree["minimumLength"],
    longest: tree["maximumLength"],
  };
  return {
    ...(minimum === undefined ? {} : { minimum }),
    ...(maximum === undefined ? {} : { maximum }),
    ...(tree["notNull"] === true ? { notNull: true as const } : {}),
    ...(typeof prefix === "string" ? { prefix } : {}),
    ...(typeof shortest === "number" ? { minimumLength: shortest } : {}),
    ...(typeof longest === "number" ? { maximumLength: longest } : {}),
  };
}

function isMark(tree: Json): tree is Mark {
  return tree === "sensitive" || tree === "ephemeral";
}

/** Decodes what `valueToTree` encoded. Throws a MalformedPlan. */
export function valueFromTree(tree: Json | undefined): Value {
  if (typeof tree === "string" || typeof tree === "boolean" || typeof tree === "number") return tree;
  if (!isJsonObject(tree)) throw new MalformedPlan("a value is malformed");
  const inside = tree["v"];
  const items = isJsonArray(inside) ? inside.map(valueFromTree) : [];
  const names = isJsonArray(tree["n"]) ? tree["n"].map(String) : [];
  const entries = names.map((name, at) => [name, items[at] ?? nullValue()] as const);
  switch (tree["k"]) {
    case "number":
      return parseNumber(textOf(inside)) ?? nullValue();
    case "null":
      return nullValue(typeOfTree(tree["t"]));
    case "unknown":
      return unknownValue(typeOfTree(tree["t"]), refinementsFromTree(tree["r"]));
    case "marked":
      return mark(valueFromTree(inside), isJsonArray(tree["m"]) ? tree["m"].filter(isMark) : []);
    case "tuple":
      return tupleValue(items);
    case "list":
      return listValue(typeOfTree(tree["t"]), items);
    case "set":
      return setValue(typeOfTree(tree["t"]), items);
    case "map":
      return mapValue(typeOfTree(tree["t"]), entries);
    case "object":
      return objectValue(entries);
    default:
      throw new MalformedPlan("a value is of no known kind");
  }
}
