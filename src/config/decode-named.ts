import type { Diagnostic } from "../kernel/index.ts";
import { type Block, content, justAttributes } from "../lang/index.ts";
import { decodeCondition } from "./conditions.ts";
import type { Local, Output } from "./configuration.ts";
import { decodeDependsOn } from "./depends-on.ts";
import { checkName, literalBool, literalText } from "./literals.ts";
import { headerOf, nameOf } from "./problems.ts";

/** Reads a `locals` block. */
export function decodeLocals(block: Block, diagnostics: Diagnostic[]): Local[] {
  const found = justAttributes(block.body);
  diagnostics.push(...found.diagnostics);
  return [...found.attributes.values()].map((attribute) => ({
    name: attribute.name,
    expression: attribute.expression,
    place: nameOf(attribute),
  }));
}

const OUTPUT = {
  attributes: [
    { name: "description" },
    { name: "value", required: true },
    { name: "depends_on" },
    { name: "sensitive" },
    { name: "ephemeral" },
  ],
  blocks: [{ type: "precondition", labels: [] }],
};

/** Reads an `output` block; undefined where it has no name or no value. */
export function decodeOutput(block: Block, diagnostics: Diagnostic[]): Output | undefined {
  const name = checkName(block, 0, "Invalid output name", diagnostics);
  const found = content(block.body, OUTPUT);
  diagnostics.push(...found.diagnostics);
  const value = found.attributes.get("value");
  const description = literalText(found.attributes.get("description"), diagnostics);
  const sensitive = literalBool(found.attributes.get("sensitive"), diagnostics) ?? false;
  const ephemeral = literalBool(found.attributes.get("ephemeral"), diagnostics) ?? false;
  const dependsOn = decodeDependsOn(found.attributes.get("depends_on"), diagnostics);
  const preconditions = found.blocks.flatMap((each) => decodeCondition(each, diagnostics) ?? []);
  if (name === undefined || value === undefined) return undefined;
  return {
    name,
    value: value.expression,
    ...(description === undefined ? {} : { description }),
    sensitive,
    ephemeral,
    dependsOn,
    preconditions,
    place: headerOf(block),
  };
}
