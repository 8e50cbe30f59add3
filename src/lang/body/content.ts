import type { Diagnostic } from "../../kernel/index.ts";
import { languageError } from "../evaluation/language-error.ts";
import type { Attribute, Block, Body, Span } from "../syntax/ast.ts";
import { nearestName } from "../text/nearest-name.ts";
import type { BlockSchema, BodySchema } from "./schema.ts";

/** What a body has of what a schema names. */
export interface BodyContent {
  readonly attributes: ReadonlyMap<string, Attribute>;
  /** In source order; blocks with wrong labels are left out. */
  readonly blocks: readonly Block[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The same, and what the schema does not name. */
export interface PartialContent extends BodyContent {
  readonly remainder: Body;
}

/** Reads a body that may have only what the schema names: anything else is an error. */
export function content(body: Body, schema: BodySchema): BodyContent {
  const { remainder, ...found } = partialContent(body, schema);
  const diagnostics = [...found.diagnostics];
  for (const attribute of remainder.attributes.values()) {
    diagnostics.push(unsupportedArgument(attribute, schema, found.attributes));
  }
  for (const block of remainder.blocks) diagnostics.push(unsupportedBlock(block, schema));
  return { ...found, diagnostics };
}

/** Reads what the schema names, and leaves the rest to somebody else. */
export function partialContent(body: Body, schema: BodySchema): PartialContent {
  const diagnostics: Diagnostic[] = [];
  const attributes = new Map<string, Attribute>();
  const others = new Map(body.attributes);
  for (const { name, required } of schema.attributes) {
    const attribute = body.attributes.get(name);
    if (attribute !== undefined) {
      attributes.set(name, attribute);
      others.delete(name);
    } else if (required === true) {
      diagnostics.push(
        languageError(
          "Missing required argument",
          `The argument "${name}" is required, but no definition was found.`,
          { source: body.source, start: body.start, end: body.start },
        ),
      );
    }
  }
  const wanted = new Map(schema.blocks.map((block) => [block.type, block]));
  const blocks: Block[] = [];
  const otherBlocks: Block[] = [];
  for (const block of body.blocks) {
    const blockSchema = wanted.get(block.type);
    if (blockSchema === undefined) {
      otherBlocks.push(block);
      continue;
    }
    const problem = labelProblem(block, blockSchema);
    if (problem === undefined) blocks.push(block);
    else diagnostics.push(problem);
  }
  const remainder: Body = { ...body, attributes: others, blocks: otherBlocks };
  return { attributes, blocks, diagnostics, remainder };
}

/** Reads a body whose arguments have any names, and that has no blocks. */
export function justAttributes(body: Body): Pick<BodyContent, "attributes" | "diagnostics"> {
  const [block] = body.blocks;
  if (block === undefined) return { attributes: body.attributes, diagnostics: [] };
  const place = { source: block.source, start: block.start, end: block.typeEnd };
  const problem = languageError(`Unexpected "${block.type}" block`, "Blocks are not allowed here.", place);
  return { attributes: body.attributes, diagnostics: [problem] };
}

function labelProblem(block: Block, { type, labels }: BlockSchema): Diagnostic | undefined {
  const header: Span = { start: block.start, end: block.openBrace + 1 };
  const at = (span: Span) => ({ source: block.source, start: span.start, end: span.end });
  const surplus = block.labels[labels.length];
  if (surplus !== undefined) {
    const detail =
      labels.length === 0
        ? `No labels are expected for ${type} blocks.`
        : `Only ${labels.length} labels (${labels.join(", ")}) are expected for ${type} blocks.`;
    return languageError(`Extraneous label for ${type}`, detail, at(surplus), { context: header });
  }
  const missing = labels[block.labels.length];
  if (missing === undefined) return undefined;
  return languageError(
    `Missing ${missing} for ${type}`,
    `All ${type} blocks must have ${labels.length} labels (${labels.join(", ")}).`,
    at({ start: block.openBrace, end: block.openBrace + 1 }),
    { context: header },
  );
}

function unsupportedArgument(
  { name, nameEnd, source, start }: Attribute,
  schema: BodySchema,
  given: ReadonlyMap<string, Attribute>,
): Diagnostic {
  const free = schema.attributes.map((one) => one.name).filter((one) => !given.has(one));
  const nearest = nearestName(name, free);
  let hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  if (nearest === undefined && schema.blocks.some((block) => block.type === name)) {
    hint = ` Did you mean to define a block of type "${name}"?`;
  }
  const detail = `An argument named "${name}" is not expected here.${hint}`;
  return languageError("Unsupported argument", detail, { source, start, end: nameEnd });
}

function unsupportedBlock({ type, typeEnd, source, start }: Block, schema: BodySchema): Diagnostic {
  const nearest = nearestName(
    type,
    schema.blocks.map((block) => block.type),
  );
  let hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  if (nearest === undefined && schema.attributes.some((attribute) => attribute.name === type)) {
    hint = ` Did you mean to define argument "${type}"? If so, use the equals sign to assign it a value.`;
  }
  const detail = `Blocks of type "${type}" are not expected here.${hint}`;
  return languageError("Unsupported block type", detail, { source, start, end: typeEnd });
}
