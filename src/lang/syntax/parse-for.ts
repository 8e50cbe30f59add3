import type { Expression, ForExpression, Span } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { Token, type TokenKind } from "./tokens.ts";

const INVALID = "Invalid 'for' expression";

/** The names that a for-expression or directive binds. */
export interface ForNames {
  readonly keyName: string | undefined;
  readonly valueName: string;
}

/**
 * Parses `k, v in` from behind `for`. Reports what is missing, in the words of an expression or a directive,
 * and is undefined then.
 */
export function parseForNames(
  cursor: Cursor,
  summary: string,
  words: { readonly name: string; readonly second: string; readonly keyword: string },
  start?: number,
): ForNames | undefined {
  const fail = (detail: string): undefined => {
    cursor.genericProblem(summary, detail, cursor.span, start);
  };
  const name = (): string => {
    const text = cursor.text;
    cursor.read();
    return text;
  };
  if (cursor.next() !== Token.Identifier) return fail(words.name);
  let valueName = name();
  let keyName: string | undefined;
  if (cursor.next() === Token.Comma) {
    cursor.read();
    if (cursor.next() !== Token.Identifier) return fail(words.second);
    keyName = valueName;
    valueName = name();
  }
  if (!cursor.isKeyword("in")) return fail(words.keyword);
  cursor.read();
  return { keyName, valueName };
}

const WORDS = {
  name: "For expression requires variable name after 'for'.",
  second: "For expression requires value variable name after comma.",
  keyword: "For expression requires the 'in' keyword after its name declarations.",
};

/** Parses a for-expression from its keyword on; the bracket before it lies at `start`. Newlines are off. */
export function parseFor(cursor: Cursor, start: number, closer: TokenKind): Expression {
  const { source } = cursor;
  const abandon = (): Expression => cursor.missing(start, cursor.recover(closer).end);
  cursor.read();
  const names = parseForNames(cursor, INVALID, WORDS, start);
  if (names === undefined) return abandon();

  let known = cursor.problems.length;
  const collection = cursor.expression();
  if (cursor.lost(known)) return abandon();
  if (cursor.next() !== Token.Colon) {
    const detail = "For expression requires a colon after the collection expression.";
    cursor.genericProblem(INVALID, detail, cursor.span, start);
    return abandon();
  }
  cursor.read();

  known = cursor.problems.length;
  let value = cursor.expression();
  let key: Expression | undefined;
  if (cursor.next() === Token.FatArrow) {
    cursor.read();
    key = value;
    value = cursor.expression();
  }
  if (cursor.lost(known)) return abandon();

  const ellipsis = cursor.next() === Token.Ellipsis ? cursor.span : undefined;
  if (ellipsis !== undefined) cursor.read();
  let condition: Expression | undefined;
  if (cursor.isKeyword("if")) {
    cursor.read();
    known = cursor.problems.length;
    condition = cursor.expression();
    if (cursor.lost(known)) return abandon();
  }
  const end = close(cursor, start, closer);
  checkResult(cursor, closer, { start, key, value, ellipsis });
  const { keyName, valueName } = names;
  const group = ellipsis !== undefined;
  return {
    kind: "for",
    source,
    start,
    end,
    keyName,
    valueName,
    collection,
    key,
    value,
    condition,
    group,
    openEnd: start + 1,
  } satisfies ForExpression;
}

function close(cursor: Cursor, start: number, closer: TokenKind): number {
  if (cursor.next() === closer) {
    cursor.read();
    return cursor.previousEnd;
  }
  const detail = "Extra characters after the end of the 'for' expression.";
  cursor.genericProblem(INVALID, detail, cursor.span, start);
  return cursor.recover(closer).end;
}

interface Result {
  readonly start: number;
  readonly key: Expression | undefined;
  readonly value: Expression;
  readonly ellipsis: Span | undefined;
}

/** A tuple has no keys and no groups, an object has keys. */
function checkResult(cursor: Cursor, closer: TokenKind, { start, key, value, ellipsis }: Result): void {
  if (closer === Token.CloseBrace) {
    if (key === undefined) {
      cursor.problem(INVALID, "Key expression is required when building an object.", value, start);
    }
    return;
  }
  if (key !== undefined) {
    cursor.problem(INVALID, "Key expression is not valid when building a tuple.", key, start);
  }
  if (ellipsis !== undefined) {
    cursor.problem(INVALID, "Grouping ellipsis (...) cannot be used when building a tuple.", ellipsis, start);
  }
}
