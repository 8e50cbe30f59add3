import { describe, expect, test } from "vitest";
import type { Expression } from "./ast.ts";
import { parseExpression, parseFile } from "./parse.ts";
import { keyword, references, staticList, staticTraversal, type Traversal } from "./static.ts";

function parse(text: string): Expression {
  const { value, diagnostics } = parseExpression("x", text);
  expect(diagnostics).toEqual([]);
  return value;
}

const written = ({ source, start, end }: Traversal) => source.text.slice(start, end);

describe("references", () => {
  test.each([
    ["var.a + local.b[0].c", ["var.a", "local.b[0].c"]],
    ["a.b[c.d].e", ["a.b", "c.d"]],
    ["f(a, b...)", ["a", "b"]],
    ["[for k, v in x : k + v + y if v == z]", ["x", "y", "z"]],
    ["[for x in x : x]", ["x"]],
    ["{for x in a : x => x.b...}", ["a"]],
    ['{a = b, (c) = d, "${e}" = f, g.h = 1}', ["b", "c", "d", "e", "f", "g.h"]],
    ["a[*].b[c]", ["a", "c"]],
    ["a.*.b", ["a"]],
    [
      '"${a}%{ if b }${c}%{ else }${d}%{ endif }%{ for e in f }${e}${g}%{ endfor }"',
      ["a", "b", "c", "d", "f", "g"],
    ],
    ["!(-a ? b : c)", ["a", "b", "c"]],
    ["true ? null : 1", []],
  ])("of %s", (text, expected) => {
    expect(references(parse(text)).map(written)).toEqual(expected);
  });

  test("of everything in a body", () => {
    const { value } = parseFile("x", "a = b\nc {\n  d = e.f\n}\n");
    expect(references(value.body).map(written)).toEqual(["b", "e.f"]);
  });
});

describe("static forms", () => {
  test.each([
    ['a.b["c"][0].1', "a", 4],
    ["(a.b).c", "a", 2],
    ["all", "all", 0],
    ["null", "null", 0],
  ])("%s is a traversal", (text, root, steps) => {
    const traversal = staticTraversal(parse(text));
    expect([traversal?.name, traversal?.steps.length]).toEqual([root, steps]);
  });

  test.each(["a[b]", "a[*]", "f()", '"x"', "1", "a + b", "f().x"])("%s is none", (text) => {
    expect(staticTraversal(parse(text))).toBeUndefined();
  });

  test("words and lists", () => {
    expect(keyword(parse("string"))).toBe("string");
    expect(keyword(parse("true"))).toBe("true");
    expect(keyword(parse("a.b"))).toBeUndefined();
    expect(staticList(parse("[a, b.c]"))?.map((item) => item.kind)).toEqual(["variable", "variable"]);
  });
});
