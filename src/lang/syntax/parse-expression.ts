import { nullValue, parseNumber } from "../values/index.ts";
import type { BinaryOperator, ConditionalExpression, Expression } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { parseCall } from "./parse-call.ts";
import { parseBraces, parseBrackets } from "./parse-collection.ts";
import { parsePostfix } from "./parse-postfix.ts";
import { parseQuoted } from "./parse-template.ts";
import { Token, type TokenKind } from "./tokens.ts";

/** Parses an expression: the whole of it, from the loosest operator on. */
export function parseWhole(cursor: Cursor): Expression {
  if (!cursor.descend()) {
    const { start, end } = cursor.span;
    return cursor.missing(start, end);
  }
  const expression = conditional(cursor);
  cursor.ascend();
  return expression;
}

function conditional(cursor: Cursor): Expression {
  const start = cursor.start;
  const known = cursor.problems.length;
  const condition = binary(cursor, 0);
  if (cursor.lost(known) || cursor.next() !== Token.Question) return condition;
  cursor.read();
  const beforeYes = cursor.problems.length;
  const yes = cursor.expression();
  if (cursor.lost(beforeYes)) return condition;
  if (cursor.next() !== Token.Colon) {
    cursor.problem(
      "Missing false expression in conditional",
      "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
      cursor.span,
      start,
    );
    return condition;
  }
  cursor.read();
  const beforeNo = cursor.problems.length;
  const no = cursor.expression();
  if (cursor.lost(beforeNo)) return condition;
  const { source } = cursor;
  return {
    kind: "conditional",
    source,
    start: condition.start,
    end: no.end,
    condition,
    yes,
    no,
  } satisfies ConditionalExpression;
}

interface Operator {
  readonly operator: BinaryOperator;
  readonly level: number;
}

const TIGHTEST = 5;

const OPERATORS: ReadonlyMap<TokenKind, Operator> = new Map<TokenKind, Operator>([
  [Token.Or, { operator: "||", level: 0 }],
  [Token.And, { operator: "&&", level: 1 }],
  [Token.Equal, { operator: "==", level: 2 }],
  [Token.NotEqual, { operator: "!=", level: 2 }],
  [Token.Less, { operator: "<", level: 3 }],
  [Token.LessOrEqual, { operator: "<=", level: 3 }],
  [Token.Greater, { operator: ">", level: 3 }],
  [Token.GreaterOrEqual, { operator: ">=", level: 3 }],
  [Token.Plus, { operator: "+", level: 4 }],
  [Token.Minus, { operator: "-", level: 4 }],
  [Token.Star, { operator: "*", level: TIGHTEST }],
  [Token.Slash, { operator: "/", level: TIGHTEST }],
  [Token.Percent, { operator: "%", level: TIGHTEST }],
]);

/** Operands joined by operators of a level or tighter ones, left-associative. */
function binary(cursor: Cursor, level: number): Expression {
  const known = cursor.problems.length;
  let left = operand(cursor);
  let chained = 0;
  for (;;) {
    if (cursor.lost(known)) break;
    const kind = cursor.next();
    const found = kind >= Token.Plus && kind <= Token.Or ? OPERATORS.get(kind) : undefined;
    if (found === undefined || found.level < level) break;
    // A chain nests to the left as deeply as it is long.
    if (!cursor.descend()) break;
    chained++;
    cursor.read();
    const before = cursor.problems.length;
    const right = found.level === TIGHTEST ? operand(cursor) : binary(cursor, found.level + 1);
    if (cursor.lost(before)) break;
    const { source } = cursor;
    left = {
      kind: "binary",
      source,
      start: left.start,
      end: right.end,
      operator: found.operator,
      left,
      right,
    };
  }
  for (; chained > 0; chained--) cursor.ascend();
  return left;
}

/** A term with the steps after it, or an operator with one operand. */
function operand(cursor: Cursor): Expression {
  return parsePostfix(cursor, term(cursor));
}

function term(cursor: Cursor): Expression {
  switch (cursor.next()) {
    case Token.Identifier:
      return named(cursor);
    case Token.OpenQuote:
    case Token.OpenHeredoc:
      return parseQuoted(cursor);
    case Token.Number:
      return number(cursor);
    case Token.OpenBracket:
      return parseBrackets(cursor);
    case Token.OpenBrace:
      return parseBraces(cursor);
    case Token.OpenParenthesis:
      return parentheses(cursor);
    case Token.Minus:
      return unary(cursor, "-");
    case Token.Bang:
      return unary(cursor, "!");
    default:
      return nothing(cursor);
  }
}

function nothing(cursor: Cursor): Expression {
  const span = cursor.span;
  if (cursor.next() === Token.EndOfFile) {
    cursor.genericProblem(
      "Missing expression",
      "Expected the start of an expression, but found the end of the file.",
      span,
    );
  } else {
    cursor.genericProblem(
      "Invalid expression",
      "Expected the start of an expression, but found an invalid expression token.",
      span,
    );
  }
  cursor.recovering = true;
  return cursor.missing(span.start, span.end);
}

function named(cursor: Cursor): Expression {
  const { source, start, end } = cursor;
  const name = source.text.slice(start, end);
  cursor.read();
  const next = cursor.next();
  if (next === Token.OpenParenthesis || next === Token.DoubleColon) return parseCall(cursor, start, end);
  switch (name) {
    case "true":
      return { kind: "literal", source, start, end, value: true };
    case "false":
      return { kind: "literal", source, start, end, value: false };
    case "null":
      return { kind: "literal", source, start, end, value: nullValue() };
    default:
      return { kind: "variable", source, start, end, name, nameEnd: end, steps: [] };
  }
}

function number(cursor: Cursor): Expression {
  const { source, start, end } = cursor;
  const value = parseNumber(source.text.slice(start, end));
  cursor.read();
  if (value !== undefined) return { kind: "literal", source, start, end, value };
  cursor.problem("Invalid number literal", "Failed to recognize the value of this number literal.", {
    start,
    end,
  });
  return cursor.missing(start, end);
}

function parentheses(cursor: Cursor): Expression {
  const start = cursor.start;
  cursor.read();
  cursor.pushNewlines(false);
  const known = cursor.problems.length;
  const inner = cursor.expression();
  if (cursor.problems.length > known) {
    cursor.recover(Token.CloseParenthesis);
    cursor.popNewlines();
    return inner;
  }
  if (cursor.next() !== Token.CloseParenthesis) {
    cursor.genericProblem(
      "Unbalanced parentheses",
      "Expected a closing parenthesis to terminate the expression.",
      cursor.span,
      start,
    );
    cursor.recovering = true;
  }
  cursor.read();
  cursor.popNewlines();
  return { kind: "parentheses", source: cursor.source, start, end: cursor.previousEnd, inner };
}

function unary(cursor: Cursor, operator: "-" | "!"): Expression {
  const start = cursor.start;
  const { source } = cursor;
  if (!cursor.descend()) return cursor.missing(start, start);
  cursor.read();
  const inner = operand(cursor);
  cursor.ascend();
  return { kind: "unary", source, start, end: inner.end, operator, operand: inner };
}
