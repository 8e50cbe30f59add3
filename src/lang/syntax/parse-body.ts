import type { Attribute, Block, Body, Span } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseBlock } from "./parse-block.ts";
import { placeText } from "./template-parts.ts";
import { Token, type TokenKind } from "./tokens.ts";

const REQUIRED = "Argument or block definition required";
const REQUIRED_HERE = "An argument or block definition is required here.";
const USE_EQUALS = `${REQUIRED_HERE} To set an argument, use the equals sign "=" to introduce the argument value.`;

/** Parses attributes and blocks up to behind the closer, which is `}` or the end of the file. */
export function parseBody(cursor: Cursor, closer: TokenKind): Body {
  const start = cursor.previous.start;
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    if (cursor.next() === closer) {
      cursor.read();
      break;
    }
    if (cursor.next() === Token.Newline) {
      cursor.read();
    } else if (cursor.next() === Token.Identifier) {
      const item = parseItem(cursor);
      if (item?.kind === "block") blocks.push(item);
      else if (item !== undefined) addAttribute(cursor, attributes, item);
    } else {
      cursor.read();
      reportBad(cursor, start);
      cursor.recover(closer);
      break;
    }
  }
  return { kind: "body", source: cursor.source, start, end: cursor.previousEnd, attributes, blocks };
}

function addAttribute(cursor: Cursor, attributes: Map<string, Attribute>, attribute: Attribute): void {
  const existing = attributes.get(attribute.name);
  if (existing === undefined) {
    attributes.set(attribute.name, attribute);
    return;
  }
  const place = placeText(cursor.source, { start: existing.start, end: existing.nameEnd });
  cursor.problem(
    "Attribute redefined",
    `The argument "${attribute.name}" was already set at ${place}. Each argument may be set only once.`,
    { start: attribute.start, end: attribute.nameEnd },
  );
}

/** Reports a token that begins neither an attribute nor a block; it was read already. */
function reportBad(cursor: Cursor, bodyStart: number): void {
  const found = cursor.previous;
  const text = cursor.source.text;
  if (found.start >= text.length) {
    cursor.genericProblem(
      "Unclosed configuration block",
      "There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.",
      { start: bodyStart, end: bodyStart + 1 },
    );
  } else if (text.charCodeAt(found.start) === 34) {
    cursor.genericProblem("Invalid argument name", "Argument names must not be quoted.", found);
  } else {
    cursor.genericProblem(REQUIRED, REQUIRED_HERE, found);
  }
}

/** Parses what begins with a name, up to behind its newline. */
function parseItem(cursor: Cursor): Attribute | Block | undefined {
  const name = cursor.span;
  cursor.read();
  switch (cursor.next()) {
    case Token.Equals:
      return parseAttribute(cursor, name, false);
    case Token.OpenQuote:
    case Token.OpenBrace:
    case Token.Identifier:
      if (!cursor.descend()) {
        cursor.recoverAfterItem();
        return undefined;
      }
      return withAscent(cursor, parseBlock(cursor, name, blockBody));
    default:
      cursor.recoverAfterItem();
      cursor.problem(REQUIRED, USE_EQUALS, name);
      return undefined;
  }
}

function withAscent<T>(cursor: Cursor, result: T): T {
  cursor.ascend();
  return result;
}

/** Parses `= expression` and, unless the attribute shares its line with its block's braces, the newline. */
function parseAttribute(cursor: Cursor, name: Span, singleLine: boolean): Attribute {
  const { source } = cursor;
  cursor.read();
  const known = cursor.problems.length;
  const expression = cursor.expression();
  const end = cursor.previousEnd;
  if (cursor.lost(known)) {
    cursor.recoverAfterItem();
  } else if (!singleLine) {
    if (cursor.next() === Token.Newline || cursor.next() === Token.EndOfFile) {
      cursor.read();
    } else {
      const detail = "An argument definition must end with a newline.";
      if (cursor.next() === Token.Comma) {
        cursor.genericProblem(
          "Unexpected comma after argument",
          `Argument definitions must be separated by newlines, not commas. ${detail}`,
          cursor.span,
          name.start,
        );
      } else {
        cursor.genericProblem("Missing newline after argument", detail, cursor.span, name.start);
      }
      cursor.recoverAfterItem();
    }
  }
  return {
    kind: "attribute",
    source,
    start: name.start,
    end,
    name: source.text.slice(name.start, name.end),
    nameEnd: name.end,
    expression,
  };
}

/** Parses a block's content from behind its `{` to behind its `}`. */
function blockBody(cursor: Cursor): Body {
  const next = cursor.next();
  if (next === Token.Newline || next === Token.EndOfFile || next === Token.CloseBrace) {
    return parseBody(cursor, Token.CloseBrace);
  }
  const start = cursor.previous.start;
  const attributes = new Map<string, Attribute>();
  const attribute = singleAttribute(cursor);
  if (attribute !== undefined) attributes.set(attribute.name, attribute);
  closeSingle(cursor);
  return { kind: "body", source: cursor.source, start, end: cursor.previousEnd, attributes, blocks: [] };
}

function singleAttribute(cursor: Cursor): Attribute | undefined {
  const name = cursor.span;
  const text = cursor.text;
  if (cursor.read() !== Token.Identifier) {
    cursor.problem(REQUIRED, REQUIRED_HERE, name);
    cursor.recoverAfterItem();
    return undefined;
  }
  switch (cursor.next()) {
    case Token.Equals:
      return parseAttribute(cursor, name, true);
    case Token.OpenQuote:
    case Token.OpenBrace:
    case Token.Identifier:
      cursor.problem(
        "Argument definition required",
        `A single-line block definition can contain only a single argument. If you meant to define argument "${text}", use an equals sign to assign it a value. To define a nested block, place it on a line of its own within its parent block.`,
        { start: name.start, end: cursor.end },
      );
      break;
    default:
      cursor.problem(REQUIRED, USE_EQUALS, name);
  }
  cursor.recoverAfterItem();
  return undefined;
}

const INVALID_SINGLE = "Invalid single-argument block definition";

function closeSingle(cursor: Cursor): void {
  switch (cursor.next()) {
    case Token.CloseBrace:
      cursor.read();
      return;
    case Token.Comma:
      cursor.problem(
        INVALID_SINGLE,
        "Single-line block syntax can include only one argument definition. To define multiple arguments, use the multi-line block syntax with one argument definition per line.",
        cursor.span,
      );
      break;
    case Token.Newline:
      cursor.problem(
        INVALID_SINGLE,
        "An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on the same line. Place the block's closing brace immediately after the argument definition.",
        cursor.span,
      );
      break;
    default:
      cursor.genericProblem(
        INVALID_SINGLE,
        "A single-line block definition must end with a closing brace immediately after its single argument definition.",
        cursor.span,
      );
  }
  cursor.recover(Token.CloseBrace);
}
