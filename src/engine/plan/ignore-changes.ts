import type { Diagnostic } from "../../kernel/index.ts";
import { problemAt } from "../../config/index.ts";
import {
  type AttributePath,
  attributeStep,
  type Expression,
  indexStep,
  isCompound,
  isNull,
  mapValue,
  objectValue,
  staticTraversal,
  type Value,
  valueAt,
  withItems,
} from "../../lang/index.ts";
import { isComputed } from "../objects/proposed.ts";
import type { BlockSchema } from "../schema.ts";

/** The paths of `ignore_changes`; one whose first attribute the schema lacks is a mistake. */
export function ignoredPaths(
  ignored: readonly Expression[],
  schema: BlockSchema,
  diagnostics: Diagnostic[],
): AttributePath[] {
  const paths: AttributePath[] = [];
  for (const expression of ignored) {
    const traversal = staticTraversal(expression);
    if (traversal === undefined) {
      diagnostics.push(
        problemAt(
          expression,
          "Invalid expression",
          "A reference to an attribute of this resource is required.",
        ),
      );
      continue;
    }
    const { name, steps } = traversal;
    if (schema.attributes[name] === undefined && schema.blocks[name] === undefined) {
      diagnostics.push(
        problemAt(
          expression,
          "Unsupported attribute",
          `This object has no argument, nested block, or exported attribute named "${name}".`,
        ),
      );
      continue;
    }
    paths.push([
      attributeStep(name),
      ...steps.map((step) => (step.kind === "attribute" ? attributeStep(step.name) : indexStep(step.key))),
    ]);
  }
  return paths;
}

/** The configuration with what is ignored as it was before. Values without marks. */
export function ignoreChanges(
  config: Value,
  prior: Value,
  ignored: "all" | readonly AttributePath[],
  schema: BlockSchema,
): Value {
  if (isNull(prior) || isNull(config)) return config;
  const paths =
    ignored === "all"
      ? [
          ...Object.entries(schema.attributes)
            .filter(([, attribute]) => attribute.use !== "computed")
            .map(([name]) => [attributeStep(name)]),
          ...Object.keys(schema.blocks).map((name) => [attributeStep(name)]),
        ]
      : ignored;
  let result = config;
  for (const path of paths) {
    const [first] = path;
    const attribute = first?.kind === "attribute" ? schema.attributes[first.name] : undefined;
    const before = valueAt(prior, path);
    // What the provider decides stays null in the configuration: the merge takes the prior value for it.
    if (
      ignored === "all" &&
      attribute !== undefined &&
      isComputed(attribute) &&
      isNull(valueAt(config, path) ?? config)
    ) {
      continue;
    }
    result = replaceAt(result, path, before);
  }
  return result;
}

/** The value with another part at a path; an absent part takes a map's element away. */
function replaceAt(value: Value, path: AttributePath, part: Value | undefined): Value {
  const [step, ...rest] = path;
  if (step === undefined) return part ?? value;
  if (!isCompound(value) || (value.kind !== "object" && value.kind !== "map")) {
    return replaceItem(value, step, rest, part);
  }
  const name = step.kind === "attribute" ? step.name : step.key;
  if (typeof name !== "string") return value;
  const entries = new Map(value.keys.map((key, at) => [key, value.items[at] ?? value] as const));
  const existing = entries.get(name);
  if (rest.length === 0) {
    if (part === undefined) entries.delete(name);
    else entries.set(name, part);
  } else if (existing !== undefined) entries.set(name, replaceAt(existing, rest, part));
  return value.kind === "map" ? mapValue(value.type.element, entries) : objectValue(entries);
}

function replaceItem(
  value: Value,
  step: AttributePath[number],
  rest: AttributePath,
  part: Value | undefined,
): Value {
  if (!isCompound(value) || step.kind !== "index" || typeof step.key !== "number") return value;
  const existing = value.items[step.key];
  if (existing === undefined || part === undefined || (value.kind !== "list" && value.kind !== "tuple"))
    return value;
  return withItems(
    value,
    value.items.map((item, at) => (at === step.key ? replaceAt(item, rest, part) : item)),
  );
}
