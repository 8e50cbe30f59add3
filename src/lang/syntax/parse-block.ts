import type { Block, BlockLabel, Body, Span } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { quotedText } from "./string-text.ts";
import { Token } from "./tokens.ts";

const INVALID = "Invalid block definition";

/** Parses a block from behind its type, up to behind its newline; `parseContent` from behind its `{` to behind its `}`. */
export function parseBlock(cursor: Cursor, type: Span, parseContent: (cursor: Cursor) => Body): Block {
  const { source } = cursor;
  const labels: BlockLabel[] = [];
  const block = (openBrace: number, body: Body): Block => ({
    kind: "block",
    source,
    start: type.start,
    end: body.end,
    type: source.text.slice(type.start, type.end),
    typeEnd: type.end,
    labels,
    body,
    openBrace,
  });
  while (cursor.next() !== Token.OpenBrace) {
    if (cursor.next() === Token.OpenQuote) {
      labels.push(quotedLabel(cursor));
    } else if (cursor.next() === Token.Identifier) {
      labels.push({ text: cursor.text, ...cursor.span });
      cursor.read();
    } else {
      const at = cursor.start;
      reportHeader(cursor, type.start);
      cursor.recoverAfterItem();
      const empty: Body = { kind: "body", source, start: at, end: at, attributes: new Map(), blocks: [] };
      return block(at, empty);
    }
  }
  const openBrace = cursor.start;
  cursor.read();
  cursor.pushNewlines(true);
  const body = parseContent(cursor);
  cursor.popNewlines();
  if (cursor.next() === Token.Newline || cursor.next() === Token.EndOfFile) {
    cursor.read();
  } else {
    cursor.genericProblem(
      "Missing newline after block definition",
      "A block definition must end with a newline.",
      cursor.span,
      type.start,
    );
    cursor.recoverAfterItem();
  }
  return block(openBrace, body);
}

function reportHeader(cursor: Cursor, start: number): void {
  switch (cursor.next()) {
    case Token.Equals:
      cursor.problem(
        INVALID,
        'The equals sign "=" indicates an argument definition, and must not be used when defining a block.',
        cursor.span,
        start,
      );
      break;
    case Token.Newline:
      cursor.problem(
        INVALID,
        'A block definition must have block content delimited by "{" and "}", starting on the same line as the block header.',
        cursor.span,
        start,
      );
      break;
    default:
      cursor.genericProblem(
        INVALID,
        'Either a quoted string block label or an opening brace ("{") is expected here.',
        cursor.span,
        start,
      );
  }
}

/** A label in quotes. A template sequence in it is an error, and stands in the text as `${ ... }`. */
function quotedLabel(cursor: Cursor): BlockLabel {
  const start = cursor.start;
  let text = "";
  cursor.read();
  for (;;) {
    const span = cursor.span;
    const kind = cursor.read();
    switch (kind) {
      case Token.CloseQuote:
        return { text: text.normalize("NFC"), start, end: span.end };
      case Token.QuotedText:
        text += quotedText(cursor, span);
        break;
      case Token.Interpolation:
      case Token.Directive: {
        const sign = kind === Token.Interpolation ? "$" : "%";
        cursor.problem(
          "Invalid string literal",
          `Template sequences are not allowed in this string. To include a literal "${sign}", double it (as "${sign}${sign}") to escape it.`,
          span,
          start,
        );
        text += `${sign}{ ... }`;
        cursor.recover(Token.SequenceEnd);
        break;
      }
      case Token.EndOfFile:
        cursor.genericProblem(
          "Unterminated string literal",
          "Unable to find the closing quote mark before the end of the file.",
          span,
          start,
        );
        return { text, start, end: span.end };
      default:
        cursor.genericProblem(
          "Invalid string literal",
          "This item is not valid in a string literal.",
          span,
          start,
        );
        cursor.recover(Token.CloseQuote);
        return { text, start, end: cursor.previousEnd };
    }
  }
}
