import {
  containsDynamic,
  DYNAMIC,
  listType,
  mapType,
  nullValue,
  type ObjectType,
  objectType,
  objectValue,
  setType,
  type Type,
  type Value,
  listValue,
  mapValue,
  setValue,
  tupleValue,
} from "../../lang/index.ts";
import type { BlockSchema, NestedBlockSchema } from "../schema.ts";

/* A cache without meaning of its own: thousands of objects share one schema. */
const impliedTypes = new WeakMap<BlockSchema, ObjectType>();

/** The type of the objects that a schema describes. Where an attribute is dynamic, a value's type says more. */
export function impliedType(block: BlockSchema): ObjectType {
  const known = impliedTypes.get(block);
  if (known !== undefined) return known;
  const type = objectType([
    ...Object.entries(block.attributes).map(([name, attribute]) => [name, attribute.type] as const),
    ...Object.entries(block.blocks).map(([name, nested]) => [name, nestedType(nested)] as const),
  ]);
  impliedTypes.set(block, type);
  return type;
}

function nestedType(nested: NestedBlockSchema): Type {
  const element = impliedType(nested.block);
  switch (nested.nesting) {
    case "single":
    case "group":
      return element;
    case "list":
      return containsDynamic(element) ? DYNAMIC : listType(element);
    case "set":
      return setType(element);
    case "map":
      return containsDynamic(element) ? DYNAMIC : mapType(element);
  }
}

/** The value of a nested block that the configuration does not have. */
export function absentBlock(nested: NestedBlockSchema): Value {
  const element = impliedType(nested.block);
  switch (nested.nesting) {
    case "single":
      return nullValue(element);
    case "group":
      return emptyObject(nested.block);
    case "list":
      return containsDynamic(element) ? tupleValue([]) : listValue(element, []);
    case "set":
      return setValue(element, []);
    case "map":
      return containsDynamic(element) ? objectValue([]) : mapValue(element, []);
  }
}

/** The value of an empty configuration: every attribute null, every block absent. */
export function emptyObject(block: BlockSchema): Value {
  return objectValue([
    ...Object.entries(block.attributes).map(
      ([name, attribute]) => [name, nullValue(attribute.type)] as const,
    ),
    ...Object.entries(block.blocks).map(([name, nested]) => [name, absentBlock(nested)] as const),
  ]);
}

/** Puts the elements of a nested block together, as its nesting wants them. `keys` matter for maps only. */
export function nestedBlocks(
  nested: NestedBlockSchema,
  elements: readonly Value[],
  keys: readonly string[] = [],
): Value {
  const element = impliedType(nested.block);
  switch (nested.nesting) {
    case "single":
    case "group":
      return elements[0] ?? absentBlock(nested);
    case "list":
      return containsDynamic(element) ? tupleValue(elements) : listValue(element, elements);
    case "set":
      return setValue(element, elements);
    case "map": {
      const entries = elements.map((value, at) => [keys[at] ?? "", value] as const);
      return containsDynamic(element) ? objectValue(entries) : mapValue(element, entries);
    }
  }
}
