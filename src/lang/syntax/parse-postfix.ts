import { parseNumber, unknownValue, DYNAMIC, type Value } from "../values/index.ts";
import type { Expression, Span, Step } from "./ast.ts";
import type { Cursor } from "./cursor.ts";
import { Token } from "./tokens.ts";

/** Parses the `.name`, `[key]` and splat steps that follow an expression. */
export function parsePostfix(cursor: Cursor, from: Expression): Expression {
  const first = cursor.next();
  if (first !== Token.Dot && first !== Token.OpenBracket) return from;
  let result = from;
  let steps: Step[] = [];
  let descended = 0;
  /** Joins the static steps that were collected to the expression that they lead away from. */
  const settle = (): Expression => {
    if (steps.length > 0) result = withSteps(result, steps);
    steps = [];
    return result;
  };
  const finish = (): Expression => {
    for (; descended > 0; descended--) cursor.ascend();
    return settle();
  };
  for (;;) {
    if (cursor.next() === Token.Dot) {
      const dot = cursor.span;
      cursor.read();
      if (cursor.next() === Token.Star) {
        if (!cursor.descend()) return finish();
        descended++;
        result = attributeSplat(cursor, settle(), dot);
        continue;
      }
      const step = dotStep(cursor, dot);
      if (step === undefined) return finish();
      steps.push(step);
    } else if (cursor.next() === Token.OpenBracket) {
      const open = cursor.span;
      cursor.read();
      if (cursor.next() === Token.Star) {
        if (!cursor.descend()) return finish();
        result = fullSplat(cursor, settle(), open);
        cursor.ascend();
        continue;
      }
      const key = bracketKey(cursor);
      const span: Span = { start: open.start, end: cursor.previousEnd };
      const literal = literalKey(key);
      if (literal !== undefined) {
        steps.push({ kind: "index", key: literal, ...span });
      } else {
        // Indexes nest to the left as deeply as there are of them.
        if (!cursor.descend()) return finish();
        descended++;
        const collection = settle();
        const { source } = cursor;
        result = {
          kind: "index",
          source,
          start: collection.start,
          end: span.end,
          collection,
          key,
          bracket: open.start,
        };
      }
    } else {
      return finish();
    }
  }
}

function withSteps(from: Expression, steps: readonly Step[]): Expression {
  const end = steps.at(-1)?.end ?? from.end;
  if (from.kind === "variable" || from.kind === "traversal")
    return { ...from, end, steps: [...from.steps, ...steps] };
  return { kind: "traversal", source: from.source, start: from.start, end, from, steps };
}

/** `.name` or `.0`; undefined, and reported, where it is neither. */
function dotStep(cursor: Cursor, dot: Span): Step | undefined {
  const { start, end, text } = cursor;
  if (cursor.next() === Token.Identifier) {
    cursor.read();
    return { kind: "attribute", name: text, start: dot.start, end };
  }
  if (cursor.next() === Token.Number) {
    cursor.read();
    return { kind: "index", key: legacyKey(cursor, text, { start, end }), start: dot.start, end };
  }
  cursor.genericProblem("Invalid attribute name", "An attribute name is required after a dot.", {
    start,
    end,
  });
  cursor.recovering = true;
  return undefined;
}

/** The key of `.0`. Two of them, as in `.0.1`, arrive here as one number with a fraction. */
function legacyKey(cursor: Cursor, text: string, span: Span): Value {
  const dot = text.indexOf(".");
  const key = dot < 0 ? parseNumber(text) : undefined;
  if (key !== undefined) return key;
  cursor.problem(
    "Invalid legacy index syntax",
    `When using the legacy index syntax, chaining two indexes together is not permitted. Use the proper index syntax instead, like [${text.slice(0, dot)}][${text.slice(dot + 1)}].`,
    span,
  );
  return unknownValue(DYNAMIC);
}

/** Parses from behind the `[` to behind the `]`. */
function bracketKey(cursor: Cursor): Expression {
  cursor.pushNewlines(false);
  const known = cursor.problems.length;
  const key = cursor.expression();
  if (cursor.lost(known)) {
    cursor.recover(Token.CloseBracket);
  } else if (cursor.read() !== Token.CloseBracket && !cursor.recovering) {
    cursor.problem(
      "Missing close bracket on index",
      'The index operator must end with a closing bracket ("]").',
      cursor.previous,
    );
    cursor.recover(Token.CloseBracket);
  }
  cursor.popNewlines();
  return key;
}

function literalKey(key: Expression): Value | undefined {
  if (key.kind === "literal") return key.value;
  const part = key.kind === "template" && key.parts.length === 1 ? key.parts[0] : undefined;
  return part?.kind === "literal" ? part.value : undefined;
}

/** `[*]` and everything that follows, which is done to each element. */
function fullSplat(cursor: Cursor, from: Expression, open: Span): Expression {
  cursor.read();
  let close = cursor.span;
  if (cursor.read() !== Token.CloseBracket && !cursor.recovering) {
    cursor.problem(
      "Missing close bracket on splat index",
      'The star for a full splat operator must be immediately followed by a closing bracket ("]").',
      close,
    );
    close = cursor.recover(Token.CloseBracket);
  }
  const { source } = cursor;
  const marker: Span = { start: open.start, end: close.end };
  const each = parsePostfix(cursor, { kind: "item", source, ...marker });
  return { kind: "splat", source, start: from.start, end: each.end, from, each, marker };
}

/** `.*` and the `.name` and `.0` that follow. */
function attributeSplat(cursor: Cursor, from: Expression, dot: Span): Expression {
  const star = cursor.span;
  cursor.read();
  const { source } = cursor;
  const marker: Span = { start: dot.start, end: star.end };
  const steps: Step[] = [];
  while (cursor.next() === Token.Dot) {
    const stepDot = cursor.span;
    cursor.read();
    if (cursor.next() === Token.Identifier || cursor.next() === Token.Number) {
      const step = dotStep(cursor, stepDot);
      if (step !== undefined) steps.push(step);
      continue;
    }
    if (cursor.next() === Token.Star) {
      cursor.genericProblem(
        "Nested splat expression not allowed",
        "A splat expression (*) cannot be used inside another attribute-only splat expression.",
        cursor.span,
      );
    } else {
      cursor.genericProblem("Invalid attribute name", "An attribute name is required after a dot.", star);
    }
    cursor.recovering = true;
    break;
  }
  const item: Expression = { kind: "item", source, ...marker };
  const each = steps.length === 0 ? item : withSteps(item, steps);
  return { kind: "splat", source, start: from.start, end: each.end, from, each, marker };
}
