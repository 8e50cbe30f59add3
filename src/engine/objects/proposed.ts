import {
  identicalValues,
  isCompound,
  isNull,
  isUnknown,
  nullValue,
  ObjectValue,
  objectValue,
  unmark,
  type Value,
} from "../../lang/index.ts";
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from "../schema.ts";
import { absentBlock, emptyObject, nestedBlocks } from "./implied-type.ts";

/** An attribute of an object value; undefined where the value is null, unknown or no object. */
export function attributeOf(value: Value, name: string): Value | undefined {
  const bare = unmark(value).value;
  return bare instanceof ObjectValue ? bare.get(name) : undefined;
}

/** Whether the provider may decide the attribute's value. */
export function isComputed(attribute: AttributeSchema): boolean {
  return attribute.use === "computed" || attribute.use === "optional_computed";
}

/**
 * What the object would be if the provider had nothing to add: the configuration, and what it was before where the
 * provider decides and the configuration says nothing. Values without marks.
 */
export function proposedNew(block: BlockSchema, prior: Value, config: Value): Value {
  if (isNull(config)) return config;
  return merge(block, isNull(prior) ? emptyObject(block) : prior, config);
}

function merge(block: BlockSchema, prior: Value, config: Value): Value {
  const members: [string, Value][] = [];
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const configured = attributeOf(config, name) ?? nullValue(attribute.type);
    const before = attributeOf(prior, name) ?? nullValue(attribute.type);
    if (attribute.writeOnly === true) members.push([name, nullValue(attribute.type)]);
    else members.push([name, isComputed(attribute) && isNull(configured) ? before : configured]);
  }
  for (const [name, nested] of Object.entries(block.blocks)) {
    const configured = attributeOf(config, name) ?? absentBlock(nested);
    members.push([name, mergeNested(nested, attributeOf(prior, name) ?? absentBlock(nested), configured)]);
  }
  return objectValue(members);
}

function mergeNested(nested: NestedBlockSchema, prior: Value, config: Value): Value {
  if (isNull(config) || isUnknown(config)) return config;
  const priorOf = (before: Value | undefined): Value =>
    before === undefined || isNull(before) || isUnknown(before) ? emptyObject(nested.block) : before;
  if (nested.nesting === "single" || nested.nesting === "group") {
    return merge(nested.block, priorOf(prior), config);
  }
  if (!isCompound(config)) return config;
  const before = isCompound(prior) ? prior : undefined;
  if (config.kind === "map" || config.kind === "object") {
    const keys = config.keys;
    const elements = config.items.map((item, at) => {
      const key = keys[at] ?? "";
      const old = before?.kind === "map" || before?.kind === "object" ? before.get(key) : undefined;
      return merge(nested.block, priorOf(old), item);
    });
    return nestedBlocks(nested, elements, keys);
  }
  const elements = config.items.map((item, at) => {
    if (config.kind !== "set") return merge(nested.block, priorOf(before?.items[at]), item);
    // An element of a set has no name: it is the old one if merging with the old one changes nothing.
    const same = before?.items.find((old) => identicalValues(merge(nested.block, old, item), old));
    return same ?? merge(nested.block, emptyObject(nested.block), item);
  });
  return nestedBlocks(nested, elements);
}
