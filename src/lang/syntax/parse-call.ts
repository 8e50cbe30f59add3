import type { CallExpression, Expression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { Token } from "./tokens.ts";

/** Parses a call from behind the first name, which lies at `start` to `nameEnd`. */
export function parseCall(cursor: Cursor, start: number, nameEnd: number): Expression {
  const { source } = cursor;
  let name = source.text.slice(start, nameEnd);
  let end = nameEnd;
  let opened = cursor.read();
  while (opened === Token.DoubleColon) {
    const found = cursor.span;
    if (cursor.read() !== Token.Identifier) {
      cursor.problem(
        "Missing function name",
        "Function scope resolution symbol :: must be followed by a function name in this scope.",
        found,
        start,
      );
      cursor.recoverOver(Token.OpenParenthesis);
      return cursor.missing(start, cursor.previousEnd);
    }
    name += `::${source.text.slice(found.start, found.end)}`;
    end = found.end;
    opened = cursor.read();
  }
  if (opened !== Token.OpenParenthesis) {
    cursor.problem(
      "Missing open parenthesis",
      "Function selector must be followed by an open parenthesis to begin the function call.",
      cursor.previous,
      start,
    );
    cursor.recoverOver(Token.OpenParenthesis);
    return cursor.missing(start, cursor.previousEnd);
  }
  const openEnd = cursor.previousEnd;
  cursor.pushNewlines(false);
  const list = callArguments(cursor, start, openEnd);
  cursor.popNewlines();
  return {
    kind: "call",
    source,
    start,
    end: list.close.end,
    name,
    nameEnd: end,
    openEnd,
    closeStart: list.close.start,
    arguments: list.arguments,
    expand: list.expand,
  } satisfies CallExpression;
}

interface ArgumentList {
  readonly arguments: readonly Expression[];
  readonly expand: boolean;
  readonly close: { readonly start: number; readonly end: number };
}

function callArguments(cursor: Cursor, start: number, openEnd: number): ArgumentList {
  const list: Expression[] = [];
  const closed = (expand = false): ArgumentList => ({ arguments: list, expand, close: cursor.previous });
  const recovered = (expand = false): ArgumentList => ({
    arguments: list,
    expand,
    close: cursor.recover(Token.CloseParenthesis),
  });
  for (;;) {
    if (cursor.next() === Token.CloseParenthesis) {
      cursor.read();
      return closed();
    }
    if (cursor.next() === Token.EndOfFile) {
      reportSeparator(cursor, start, openEnd, true);
      return recovered();
    }
    const known = cursor.problems.length;
    list.push(cursor.expression());
    if (cursor.lost(known)) return recovered();
    const separator = cursor.read();
    if (separator === Token.CloseParenthesis) return closed();
    if (separator === Token.Ellipsis) {
      if (cursor.next() === Token.CloseParenthesis) {
        cursor.read();
        return closed(true);
      }
      cursor.genericProblem(
        "Missing closing parenthesis",
        "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
        cursor.previous,
        start,
      );
      return recovered(true);
    }
    if (separator !== Token.Comma) {
      reportSeparator(cursor, start, openEnd, separator === Token.EndOfFile);
      return recovered();
    }
  }
}

function reportSeparator(cursor: Cursor, start: number, openEnd: number, atEnd: boolean): void {
  if (atEnd) {
    cursor.problem(
      "Unterminated function call",
      "There is no closing parenthesis for this function call before the end of the file. This may be caused by incorrect parenthesis nesting elsewhere in this file.",
      { start, end: openEnd },
    );
  } else {
    cursor.problem(
      "Missing argument separator",
      "A comma is required to separate each function argument from the next.",
      cursor.previous,
      start,
    );
  }
}
