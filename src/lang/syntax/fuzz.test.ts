import fc from "fast-check";
import { expect, test } from "vitest";
import { EMPTY_SCOPE } from "../evaluation/scope.ts";
import { evaluate } from "../evaluation/evaluate.ts";
import type { Body, Expression, Span } from "./ast.ts";
import { parseExpression, parseFile, parseTemplate } from "./parse.ts";
import { childrenOf } from "../testing/children.ts";

const CHARACTERS = "{}[]()\"\n \t,.=:?+-*/%<>!&|#~$'`;\\^0123456789ab_é😀\u0301\r";
const SEQUENCES =
  "=> == ... && || << <<- ${ %{ ${~ ~} $${ [*] .* for in if else endif endfor null true x.y :: <<E\n E\n \\u00e9";
const WORDS = [...Array.from(CHARACTERS), ...SEQUENCES.split(" ")];

const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 60 }).map((words) => words.join(""));
const spaced = fc.array(fc.constantFrom(...WORDS), { maxLength: 40 }).map((words) => words.join(" "));

function expectInside(outer: Span, inner: Span): void {
  expect(inner.start).toBeGreaterThanOrEqual(outer.start);
  expect(inner.end).toBeLessThanOrEqual(outer.end);
  expect(inner.start).toBeLessThanOrEqual(inner.end);
}

function walk(expression: Expression): void {
  for (const child of childrenOf(expression)) {
    expectInside(expression, child);
    walk(child);
  }
}

function walkBody(body: Body): void {
  for (const attribute of body.attributes.values()) {
    expectInside(body, attribute);
    walk(attribute.expression);
  }
  for (const block of body.blocks) {
    expectInside(body, block);
    walkBody(block.body);
  }
}

test("no text whatever throws, and evaluation of what was parsed neither", () => {
  fc.assert(
    fc.property(fc.oneof(soup, spaced, fc.string({ unit: "binary" })), (text) => {
      parseFile("x", text);
      const parsed = [parseExpression("x", text), parseTemplate("x", text)];
      for (const { value, diagnostics } of parsed) {
        for (const { subject, snippet } of diagnostics) {
          expect(subject?.end.byte).toBeGreaterThan(subject?.start.byte ?? 0);
          expect(snippet?.highlightEnd).toBeLessThanOrEqual(snippet?.code.length ?? 0);
        }
        evaluate(value, EMPTY_SCOPE);
      }
    }),
    { numRuns: 1000 },
  );
});

test("no bytes whatever throw", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      parseFile("x", bytes);
    }),
    { numRuns: 500 },
  );
});

test("every node lies inside its parent where there was no mistake", () => {
  fc.assert(
    fc.property(fc.oneof(soup, spaced), (text) => {
      const { value, diagnostics } = parseFile("x", `a = ${text}\nb { c = ${text}\n}\n`);
      if (diagnostics.length === 0) walkBody(value.body);
    }),
    { numRuns: 1000 },
  );
});

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  const name = fc.constantFrom("a", "b-c", "_x", "é", "in", "if", "null", "true");
  const leaf = fc.oneof(
    name,
    fc.constantFrom("1", "0.5", "1e3", '""', '"a b"', '"\\u00e9\\n"', "<<E\n  x\nE\n", "a.b[0].c", 'a["k"]'),
  );
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(inner, fc.constantFrom("+", "-", "*", "==", "&&", "||", "<", "%"), inner)
        .map(([a, op, b]) => `${a} ${op} ${b}`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `${a} ? ${b} : ${c}`),
      inner.map((a) => `(${a})`),
      inner.map((a) => `-${a}`),
      inner.map((a) => `!${a}`),
      fc.tuple(inner, inner).map(([a, b]) => `[${a}, ${b}]`),
      fc.tuple(inner, inner).map(([a, b]) => `{k = (${a}), (${b}) = 1}`),
      fc.tuple(inner, inner).map(([a, b]) => `f(${a}, ${b}...)`),
      fc.tuple(inner, inner).map(([a, b]) => `(${a})[${b}]`),
      inner.map((a) => `(${a})[*].x[0]`),
      inner.map((a) => `(${a}).*.x`),
      inner.map((a) => `"t\${${a}}u"`),
      inner.map((a) => `"\${${a}}"`),
      fc.tuple(inner, inner).map(([a, b]) => `"%{ if ${a} }\${${b}}%{ else }n%{ endif }"`),
      fc.tuple(inner, inner).map(([a, b]) => `[for k, v in ${a} : ${b} if v]`),
      fc.tuple(inner, inner).map(([a, b]) => `{for v in ${a} : v => ${b}...}`),
    ),
  };
});

/** The expression without its places. */
function shape(node: Expression): unknown {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) =>
      ["source", "start", "end", "nameEnd", "openEnd", "closeStart", "bracket", "marker"].includes(key)
        ? undefined
        : typeof value === "bigint"
          ? String(value)
          : value,
    ),
  );
}

test("valid expressions parse without error, and the text of each part is that part", () => {
  fc.assert(
    fc.property(expression, (text) => {
      // Inside parentheses, a heredoc's newline does not end the expression.
      const { value, diagnostics } = parseExpression("x", text);
      expect(diagnostics).toEqual([]);
      const check = (node: Expression): void => {
        if (node.kind !== "item" && node.kind !== "template" && node.kind !== "literal") {
          const again = parseExpression("x", text.slice(node.start, node.end));
          if (node.kind !== "conditional" || !text.slice(node.start).startsWith("%{")) {
            expect(shape(again.value)).toEqual(shape(node));
          }
        }
        // What is done to each element has no text of its own.
        childrenOf(node).forEach((child) => {
          if (node.kind !== "splat" || child === node.from) check(child);
        });
      };
      check(value);
    }),
    { numRuns: 400 },
  );
});
