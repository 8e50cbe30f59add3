import { didYouMean, type Located, located, problemAt } from "../../config/index.ts";
import { type Diagnostic, hasErrors, warningDiagnostic } from "../../kernel/index.ts";
import {
  type Block,
  type Body,
  content,
  convert,
  elementsOf,
  evaluate,
  type Expression,
  isNull,
  isUnknown,
  mark,
  nullValue,
  objectValue,
  pathText,
  type Scope,
  STRING,
  unknownValue,
  unmark,
  type Value,
} from "../../lang/index.ts";
import type { AttributeSchema, BlockSchema, NestedBlockSchema } from "../schema.ts";
import { absentBlock, impliedType, nestedBlocks } from "./implied-type.ts";

/** What is written in a body, understood by a schema: evaluated once for each instance. */
export function decodeBody(
  body: Body,
  schema: BlockSchema,
  scope: Scope,
  place: Located,
  diagnostics: Diagnostic[],
): Value {
  const found = content(body, {
    attributes: Object.entries(schema.attributes).map(([name, attribute]) => ({
      name,
      required: attribute.use === "required",
    })),
    blocks: [
      ...Object.entries(schema.blocks).map(([type, nested]) => ({
        type,
        labels: nested.nesting === "map" ? ["key"] : [],
      })),
      ...(Object.keys(schema.blocks).length === 0 ? [] : [{ type: "dynamic", labels: ["type"] }]),
    ],
  });
  diagnostics.push(...found.diagnostics);
  // Where arguments are unknown, what the known ones may be is not the matter yet.
  if (!hasErrors(found.diagnostics)) {
    for (const [name, { expression }] of found.attributes) {
      if (schema.attributes[name]?.use === "computed") diagnostics.push(unconfigurable(name, expression));
    }
  }
  const members: [string, Value][] = [];
  for (const [name, attribute] of Object.entries(schema.attributes)) {
    const expression = found.attributes.get(name)?.expression;
    members.push([
      name,
      expression === undefined
        ? nullValue(attribute.type)
        : decodeAttribute(name, attribute, expression, scope, diagnostics),
    ]);
  }
  for (const [name, nested] of Object.entries(schema.blocks)) {
    const blocks = found.blocks.filter((block) => writtenType(block) === name);
    members.push([name, decodeBlocks(name, nested, blocks, scope, place, diagnostics)]);
  }
  for (const block of found.blocks) {
    const type = writtenType(block);
    if (schema.blocks[type] !== undefined) continue;
    diagnostics.push(
      problemAt(
        located(block.source, block.labels[0] ?? block),
        "Unsupported block type",
        `Blocks of type "${type}" are not expected here.${didYouMean(type, Object.keys(schema.blocks))}`,
      ),
    );
  }
  return objectValue(members);
}

function unconfigurable(name: string, expression: Expression): Diagnostic {
  return problemAt(
    expression,
    "Value for unconfigurable attribute",
    `Can't configure a value for "${name}": its value will be decided automatically based on the result of applying this configuration.`,
  );
}

function writtenType(block: Block): string {
  return block.type === "dynamic" ? (block.labels[0]?.text ?? "") : block.type;
}

function decodeAttribute(
  name: string,
  attribute: AttributeSchema,
  expression: Expression,
  scope: Scope,
  diagnostics: Diagnostic[],
): Value {
  const result = evaluate(expression, scope);
  diagnostics.push(...result.diagnostics);
  if (attribute.deprecated === true) {
    diagnostics.push(
      warningDiagnostic("Argument is deprecated", `The argument "${name}" is deprecated.`, {
        subject: expression.source.range(expression.start, expression.end),
      }),
    );
  }
  const converted = convert(result.value, attribute.type);
  if ("problem" in converted) {
    const at = pathText(converted.path);
    diagnostics.push(
      problemAt(
        expression,
        "Incorrect attribute value type",
        `Inappropriate value for attribute "${name}": ${at === "" ? "" : `${at.replace(/^\./, "attribute ")}: `}${converted.problem}.`,
      ),
    );
    return unknownValue(attribute.type);
  }
  if (attribute.use === "required" && isNull(converted.value)) {
    diagnostics.push(
      problemAt(
        expression,
        "Missing required argument",
        `The argument "${name}" is required, but no definition was found.`,
      ),
    );
  }
  return converted.value;
}

interface Element {
  readonly key: string;
  readonly value: Value;
}

function decodeBlocks(
  name: string,
  nested: NestedBlockSchema,
  blocks: readonly Block[],
  scope: Scope,
  place: Located,
  diagnostics: Diagnostic[],
): Value {
  const elements: Element[] = [];
  for (const block of blocks) {
    if (block.type !== "dynamic") {
      elements.push({
        key: block.labels[0]?.text ?? "",
        value: decodeBody(block.body, nested.block, scope, block, diagnostics),
      });
      continue;
    }
    const expanded = decodeDynamic(block, nested, scope, diagnostics);
    // Nobody can say yet how many there will be.
    if (expanded === undefined) return unknownValue(impliedTypeOf(nested));
    elements.push(...expanded);
  }
  const isOne = nested.nesting === "single" || nested.nesting === "group";
  const most = isOne ? 1 : (nested.maxItems ?? 0);
  const surplus = blocks[most];
  if (most > 0 && elements.length > most) {
    const where =
      surplus === undefined ? place : located(surplus.source, { start: surplus.start, end: surplus.typeEnd });
    diagnostics.push(
      problemAt(
        where,
        isOne ? `Duplicate ${name} block` : `Too many ${name} blocks`,
        isOne ? `Only one ${name} block is allowed.` : `No more than ${most} "${name}" blocks are allowed.`,
      ),
    );
  }
  if (elements.length < (nested.minItems ?? 0)) {
    diagnostics.push(
      problemAt(
        place,
        `Insufficient ${name} blocks`,
        `At least ${nested.minItems ?? 0} "${name}" blocks are required.`,
      ),
    );
  }
  return nestedBlocks(
    nested,
    elements.map(({ value }) => value),
    elements.map(({ key }) => key),
  );
}

function impliedTypeOf(nested: NestedBlockSchema) {
  const absent = absentBlock(nested);
  return typeof absent === "object" && "type" in absent ? absent.type : impliedType(nested.block);
}

const DYNAMIC_BLOCK = {
  attributes: [{ name: "for_each", required: true }, { name: "iterator" }, { name: "labels" }],
  blocks: [{ type: "content", labels: [] }],
};

/** The blocks that a `dynamic` block makes; undefined where its collection is not known yet. */
function decodeDynamic(
  block: Block,
  nested: NestedBlockSchema,
  scope: Scope,
  diagnostics: Diagnostic[],
): Element[] | undefined {
  const found = content(block.body, DYNAMIC_BLOCK);
  diagnostics.push(...found.diagnostics);
  const forEach = found.attributes.get("for_each")?.expression;
  const inner = found.blocks[0];
  if (inner === undefined) {
    diagnostics.push(
      problemAt(
        located(block.source, { start: block.start, end: block.openBrace }),
        "Missing dynamic content block",
        'A dynamic block must have a nested block of type "content" to describe the body of each generated block.',
      ),
    );
  }
  if (forEach === undefined || inner === undefined) return [];
  const collection = evaluate(forEach, scope);
  diagnostics.push(...collection.diagnostics);
  if (isUnknown(collection.value)) return undefined;
  const iterator = found.attributes.get("iterator")?.expression;
  const name = iterator?.kind === "variable" ? iterator.name : writtenType(block);
  const { value: bare, marks } = unmark(collection.value);
  const items = isNull(bare) ? undefined : elementsOf(bare);
  if (items === undefined) {
    diagnostics.push(
      problemAt(
        forEach,
        "Invalid dynamic for_each value",
        "Cannot use this value in for_each. A collection is required.",
      ),
    );
    return [];
  }
  return items.map(({ key, value }) => {
    const each = new Map(scope.variables);
    each.set(name, objectValue({ key, value: mark(value, marks) }));
    const inside = { ...scope, variables: each };
    const label = found.attributes.get("labels")?.expression;
    const keyText = label === undefined ? undefined : firstLabel(label, inside);
    return {
      key: keyText ?? (typeof key === "string" || typeof key === "number" ? String(key) : ""),
      value: decodeBody(inner.body, nested.block, inside, block, diagnostics),
    };
  });
}

function firstLabel(labels: Expression, scope: Scope): string | undefined {
  const first = elementsOf(evaluate(labels, scope).value)?.[0];
  if (first === undefined) return undefined;
  const converted = convert(first.value, STRING);
  return "value" in converted && typeof converted.value === "string" ? converted.value : undefined;
}

/** Puts the place of a provider's diagnostic in: the argument that it names, or the whole block. */
export function placeDiagnostics(
  found: readonly Diagnostic[],
  body: Body | undefined,
  place: Located | undefined,
  address: string,
): Diagnostic[] {
  return found.map((diagnostic) => {
    const first = /^\.?([\w-]+)/.exec(diagnostic.attribute ?? "")?.[1];
    const attribute = first === undefined ? undefined : body?.attributes.get(first);
    const at = diagnostic.subject === undefined ? (attribute?.expression ?? place) : undefined;
    if (at === undefined) return { address, ...diagnostic };
    const located = problemAt(at, diagnostic.summary, diagnostic.detail);
    return { address, ...located, ...diagnostic };
  });
}
