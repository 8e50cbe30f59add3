import type { Diagnostic } from "../kernel/index.ts";
import {
  applyDefaults,
  type Attribute,
  type Block,
  content,
  convert,
  DYNAMIC,
  isNull,
  isPrimitiveType,
  references,
  type Type,
  typeConstraint,
  type Defaults,
  type Value,
} from "../lang/index.ts";
import { decodeCondition } from "./conditions.ts";
import type { Condition, Variable } from "./configuration.ts";
import { checkName, literalBool, literalText, literalValue } from "./literals.ts";
import { headerOf, located, problemAt } from "./problems.ts";

const VARIABLE = {
  attributes: [
    { name: "description" },
    { name: "default" },
    { name: "type" },
    { name: "sensitive" },
    { name: "ephemeral" },
    { name: "nullable" },
  ],
  blocks: [{ type: "validation", labels: [] }],
};

/** Names that mean something in a `module` block, and so could never be given. */
const RESERVED = new Set([
  "source",
  "version",
  "providers",
  "count",
  "for_each",
  "lifecycle",
  "depends_on",
  "locals",
]);

/** Reads a `variable` block; undefined where it has no usable name. */
export function decodeVariable(block: Block, diagnostics: Diagnostic[]): Variable | undefined {
  const name = checkName(block, 0, "Invalid variable name", diagnostics);
  if (name === undefined) return undefined;
  const label = block.labels[0];
  if (RESERVED.has(name) && label !== undefined) {
    diagnostics.push(
      problemAt(
        located(block.source, label),
        "Invalid variable name",
        `The variable name "${name}" is reserved due to its special meaning inside module blocks.`,
      ),
    );
  }
  const found = content(block.body, VARIABLE);
  diagnostics.push(...found.diagnostics);
  const { type, defaults } = decodeType(found.attributes.get("type"), diagnostics);
  const nullable = literalBool(found.attributes.get("nullable"), diagnostics) ?? true;
  const initial = decodeDefault(found.attributes.get("default"), type, defaults, nullable, diagnostics);
  const description = literalText(found.attributes.get("description"), diagnostics);
  return {
    name,
    type,
    takesText: !found.attributes.has("type") || isPrimitiveType(type),
    ...(defaults === undefined ? {} : { defaults }),
    ...(initial === undefined ? {} : { default: initial }),
    ...(description === undefined ? {} : { description }),
    sensitive: literalBool(found.attributes.get("sensitive"), diagnostics) ?? false,
    ephemeral: literalBool(found.attributes.get("ephemeral"), diagnostics) ?? false,
    nullable,
    validations: found.blocks.flatMap((each) => decodeValidation(name, each, diagnostics)),
    place: headerOf(block),
  };
}

function decodeType(
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): { readonly type: Type; readonly defaults?: Defaults | undefined } {
  if (attribute === undefined) return { type: DYNAMIC };
  const result = typeConstraint(attribute.expression);
  diagnostics.push(...result.diagnostics);
  return result;
}

function decodeDefault(
  attribute: Attribute | undefined,
  type: Type,
  defaults: Defaults | undefined,
  nullable: boolean,
  diagnostics: Diagnostic[],
): Value | undefined {
  if (attribute === undefined) return undefined;
  const value = literalValue(attribute.expression, diagnostics);
  if (value === undefined) return undefined;
  const refuse = (detail: string) => {
    diagnostics.push(problemAt(attribute.expression, "Invalid default value for variable", detail));
    return undefined;
  };
  if (isNull(value) && !nullable) return refuse("A null default value is not valid when nullable=false.");
  const filled = defaults === undefined || isNull(value) ? value : applyDefaults(value, defaults);
  const converted = convert(filled, type);
  if ("problem" in converted) {
    return refuse(
      `This default value is not compatible with the variable's type constraint: ${converted.problem}.`,
    );
  }
  return converted.value;
}

function decodeValidation(name: string, block: Block, diagnostics: Diagnostic[]): Condition[] {
  const condition = decodeCondition(block, diagnostics);
  if (condition === undefined) return [];
  const named = references(condition.condition).some(
    ({ name: root, steps }) => root === "var" && steps[0]?.kind === "attribute" && steps[0].name === name,
  );
  if (!named) {
    diagnostics.push(
      problemAt(
        condition.condition,
        "Invalid variable validation condition",
        `The condition for variable "${name}" must refer to var.${name} in order to test incoming values.`,
      ),
    );
  }
  return [condition];
}
