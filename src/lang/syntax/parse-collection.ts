import type { Expression, ObjectItem } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseFor } from "./parse-for.ts";
import { Token } from "./tokens.ts";

/** Parses what begins with `[`: a tuple, or a for-expression that makes one. */
export function parseBrackets(cursor: Cursor): Expression {
  const { source, start } = cursor;
  cursor.read();
  cursor.pushNewlines(false);
  const expression: Expression = cursor.isKeyword("for")
    ? parseFor(cursor, start, Token.CloseBracket)
    : { kind: "tuple", source, start, items: tupleItems(cursor, start), end: cursor.previousEnd };
  cursor.popNewlines();
  return expression;
}

function tupleItems(cursor: Cursor, start: number): readonly Expression[] {
  const items: Expression[] = [];
  while (cursor.next() !== Token.CloseBracket) {
    if (cursor.next() === Token.EndOfFile) {
      reportUnterminated(cursor, start, "tuple", "bracket");
      return items;
    }
    const known = cursor.problems.length;
    items.push(cursor.expression());
    if (cursor.lost(known)) {
      cursor.recover(Token.CloseBracket);
      return items;
    }
    if (cursor.next() === Token.CloseBracket) break;
    if (cursor.next() !== Token.Comma) {
      if (cursor.next() === Token.EndOfFile) {
        reportUnterminated(cursor, start, "tuple", "bracket");
      } else {
        cursor.genericProblem(
          "Missing item separator",
          "Expected a comma to mark the beginning of the next item.",
          cursor.span,
          start,
        );
      }
      cursor.recover(Token.CloseBracket);
      return items;
    }
    cursor.read();
  }
  cursor.read();
  return items;
}

/** Parses what begins with `{`: an object, or a for-expression that makes one. */
export function parseBraces(cursor: Cursor): Expression {
  const { source, start } = cursor;
  cursor.read();
  // The keyword may come on a later line: newlines mean something in an object only.
  cursor.pushNewlines(false);
  const isFor = cursor.isKeyword("for");
  if (!isFor) {
    cursor.popNewlines();
    cursor.pushNewlines(true);
  }
  const expression: Expression = isFor
    ? parseFor(cursor, start, Token.CloseBrace)
    : { kind: "object", source, start, items: objectItems(cursor, start), end: cursor.previousEnd };
  cursor.popNewlines();
  return expression;
}

function objectItems(cursor: Cursor, start: number): readonly ObjectItem[] {
  const items: ObjectItem[] = [];
  for (;;) {
    if (cursor.next() === Token.Newline) {
      cursor.read();
      continue;
    }
    if (cursor.next() === Token.CloseBrace) break;
    if (cursor.next() === Token.EndOfFile) {
      reportUnterminated(cursor, start, "object", "brace");
      return items;
    }
    const item = objectItem(cursor, start);
    if (item === undefined) {
      cursor.recover(Token.CloseBrace);
      return items;
    }
    items.push(item);
    const next = cursor.next();
    if (next === Token.CloseBrace) break;
    if (next !== Token.Comma && next !== Token.Newline) {
      if (next === Token.EndOfFile) {
        reportUnterminated(cursor, start, "object", "brace");
      } else {
        cursor.genericProblem(
          "Missing attribute separator",
          "Expected a newline or comma to mark the beginning of the next attribute.",
          cursor.span,
          start,
        );
      }
      cursor.recover(Token.CloseBrace);
      return items;
    }
    cursor.read();
  }
  cursor.read();
  return items;
}

/** `key = value`; undefined, and reported, where it is broken. */
function objectItem(cursor: Cursor, start: number): ObjectItem | undefined {
  const evaluated = cursor.next() === Token.OpenParenthesis;
  const known = cursor.problems.length;
  const key = cursor.expression();
  if (cursor.lost(known)) return undefined;
  if (cursor.next() !== Token.Equals && cursor.next() !== Token.Colon) {
    reportSeparator(cursor, start);
    return undefined;
  }
  cursor.read();
  const beforeValue = cursor.problems.length;
  const value = cursor.expression();
  return cursor.lost(beforeValue) ? undefined : { key, evaluated, value };
}

function reportSeparator(cursor: Cursor, start: number): void {
  const wanted = 'Expected an equals sign ("=") to mark the beginning of the attribute value.';
  switch (cursor.next()) {
    case Token.Newline:
    case Token.Comma:
      cursor.genericProblem(
        "Missing attribute value",
        'Expected an attribute value, introduced by an equals sign ("=").',
        cursor.span,
        start,
      );
      break;
    case Token.Identifier:
      cursor.genericProblem(
        "Missing key/value separator",
        `${wanted} If you intended to given an attribute name containing periods or spaces, write the name in quotes to create a string literal.`,
        cursor.span,
        start,
      );
      break;
    case Token.EndOfFile:
      reportUnterminated(cursor, start, "object", "brace");
      break;
    default:
      cursor.genericProblem("Missing key/value separator", wanted, cursor.span, start);
  }
}

function reportUnterminated(cursor: Cursor, start: number, what: string, closer: string): void {
  cursor.genericProblem(
    `Unterminated ${what} constructor expression`,
    `There is no corresponding closing ${closer} before the end of the file. This may be caused by incorrect ${closer} nesting elsewhere in this file.`,
    { start, end: start + 1 },
  );
  cursor.recovering = true;
}
