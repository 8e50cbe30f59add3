import { stringValue } from "./text.ts";
import {
  BOOL,
  DYNAMIC,
  listType,
  mapType,
  NUMBER,
  objectType,
  setType,
  STRING,
  tupleType,
  type Type,
} from "./types.ts";

/** A type in the JSON form of states, plans and provider schemas. */
export type TypeJson = string | readonly [string, ...unknown[]];

/** The JSON form: `"string"`, `["list", T]`, `["object", {name: T}, ["optional"]]`, `["tuple", [T]]`, `"dynamic"`. */
export function typeToJson(type: Type): TypeJson {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return [type.kind, typeToJson(type.element)];
    case "tuple":
      return ["tuple", type.elements.map(typeToJson)];
    case "object": {
      const attributes = Object.fromEntries(
        type.names.map((name, at) => [name, typeToJson(type.types[at] ?? DYNAMIC)] as const),
      );
      return type.optional.size > 0 ? ["object", attributes, [...type.optional]] : ["object", attributes];
    }
    default:
      return type.kind;
  }
}

const PRIMITIVES: ReadonlyMap<unknown, Type> = new Map([
  ["string", STRING],
  ["number", NUMBER],
  ["bool", BOOL],
  ["dynamic", DYNAMIC],
]);

/** Reads the JSON form; undefined where it is none. */
export function typeFromJson(json: unknown): Type | undefined {
  if (!Array.isArray(json)) return PRIMITIVES.get(json);
  const [kind, inner, optional = []]: unknown[] = json;
  if (kind === "list" || kind === "set" || kind === "map") {
    const element = typeFromJson(inner);
    if (element === undefined || json.length !== 2) return undefined;
    return kind === "list" ? listType(element) : kind === "set" ? setType(element) : mapType(element);
  }
  if (kind === "tuple" && Array.isArray(inner) && json.length === 2) {
    const elements = inner.map(typeFromJson);
    return elements.every((element) => element !== undefined) ? tupleType(elements) : undefined;
  }
  if (kind !== "object" || typeof inner !== "object" || inner === null || Array.isArray(inner))
    return undefined;
  if (!Array.isArray(optional) || !optional.every((name) => typeof name === "string")) return undefined;
  const attributes: [string, Type][] = [];
  for (const [name, attribute] of Object.entries(inner)) {
    const type = typeFromJson(attribute);
    if (type === undefined) return undefined;
    attributes.push([stringValue(name), type]);
  }
  return objectType(attributes, optional);
}

/** The name that messages use: `string`, `list of number`, `object`, `tuple`, `dynamic`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return `${type.kind} of ${typeName(type.element)}`;
    default:
      return type.kind;
  }
}

/** The name that a constraint goes by in messages: as `typeName`, but `any type` inside collections. */
export function typeNameForConstraint(type: Type): string {
  switch (type.kind) {
    case "list":
    case "set":
    case "map":
      return type.element === DYNAMIC
        ? `${type.kind} of any single type`
        : `${type.kind} of ${typeNameForConstraint(type.element)}`;
    case "dynamic":
      return "any type";
    default:
      return type.kind;
  }
}

/** The type as a constraint is written: `list(object({a=string}))`, `any`. */
export function typeConstraintText(type: Type): string {
  switch (type.kind) {
    case "dynamic":
      return "any";
    case "list":
    case "set":
    case "map":
      return `${type.kind}(${typeConstraintText(type.element)})`;
    case "tuple":
      return `tuple([${type.elements.map(typeConstraintText).join(",")}])`;
    case "object": {
      const attributes = type.names.map((name, at) => {
        const inner = typeConstraintText(type.types[at] ?? DYNAMIC);
        return `${name}=${type.optional.has(name) ? `optional(${inner})` : inner}`;
      });
      return `object({${attributes.join(",")}})`;
    }
    default:
      return type.kind;
  }
}
