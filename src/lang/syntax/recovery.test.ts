import { describe, expect, test } from "vitest";
import { parseExpression, parseFile } from "./parse.ts";

function errors(text: string): string[] {
  return parseFile("main.tf", text).diagnostics.map(({ summary, subject, snippet }) => {
    const place = `${subject?.start.line}:${subject?.start.column}-${subject?.end.line}:${subject?.end.column}`;
    expect(snippet).toBeDefined();
    return `${summary} ${place}`;
  });
}

describe("one mistake gives one error", () => {
  test.each([
    ["a = 1 2\nb = 3\n", "Missing newline after argument 1:7-1:8"],
    ["a = 1, b = 2\n", "Unexpected comma after argument 1:6-1:7"],
    ["a\nb = 3\n", "Argument or block definition required 1:1-1:2"],
    ["a b c\nb = 3\n", "Invalid block definition 1:6-2:1"],
    ["a b = 1\n", "Invalid block definition 1:5-1:6"],
    ["a 1 {\n}\nb = 1\n", "Argument or block definition required 1:1-1:2"],
    ['"a" = 1\n', "Invalid argument name 1:1-1:2"],
    ["b {\n  a = 1\n", "Unclosed configuration block 1:3-1:4"],
    ["b { a = 1\n}\n", "Invalid single-argument block definition 1:10-2:1"],
    ["b { a = 1, c = 2 }\n", "Invalid single-argument block definition 1:10-1:11"],
    ["b { a = 1 c = 2 }\n", "Invalid single-argument block definition 1:11-1:12"],
    ["b { c { } }\n", "Argument definition required 1:5-1:8"],
    ["b {\n} c = 1\n", "Missing newline after block definition 2:3-2:4"],
    ['b "${x}" {\n}\n', "Invalid string literal 1:4-1:6"],
    ["a = 1\na = 2\n", "Attribute redefined 2:1-2:2"],
    ["a = [1 2]\nb = 1\n", "Missing item separator 1:8-1:9"],
    ["a = [1,\nb = 1\n", "Missing item separator 2:3-2:4"],
    ["a = [1\n", "Unterminated tuple constructor expression 1:5-1:6"],
    ["a = {b 1}\nb = 1\n", "Missing key/value separator 1:8-1:9"],
    ["a = {b = 1 c = 2}\nb = 1\n", "Missing attribute separator 1:12-1:13"],
    ["a = {b = 1\n", "Unterminated object constructor expression 1:5-1:6"],
    ["a = f(1 2)\nb = 1\n", "Missing argument separator 1:9-1:10"],
    ["a = f(1,\n", "Unterminated function call 1:5-1:7"],
    ["a = [1,\n", "Unterminated tuple constructor expression 1:5-1:6"],
    ["a = f(1\n", "Unterminated function call 1:5-1:7"],
    ["a = (1 2)\nb = 1\n", "Unbalanced parentheses 1:8-1:9"],
    ["a = b[1 2]\nb = 1\n", "Missing close bracket on index 1:9-1:10"],
    ["a = b[*\nb = 1\n", "Missing close bracket on splat index 1:8-2:1"],
    ["a = b.*.*\nb = 1\n", "Nested splat expression not allowed 1:9-1:10"],
    ["a = b.\nb = 1\n", "Invalid attribute name 1:7-2:1"],
    ["a = b.0.1\nb = 1\n", "Invalid legacy index syntax 1:7-1:10"],
    ["a = 1.2.3\nb = 1\n", "Invalid number literal 1:5-1:10"],
    ["a = true ? 1\nb = 1\n", "Missing false expression in conditional 1:13-2:1"],
    ["a = [for x in y]\nb = 1\n", "Invalid 'for' expression 1:16-1:17"],
    ["a = [for x in y : k => x]\nb = 1\n", "Invalid 'for' expression 1:19-1:20"],
    ["a = [for x in y : x...]\nb = 1\n", "Invalid 'for' expression 1:20-1:23"],
    ["a = {for x in y : x}\nb = 1\n", "Invalid 'for' expression 1:19-1:20"],
    ["a = [for x in y : x z]\nb = 1\n", "Invalid 'for' expression 1:21-1:22"],
    ['a = "${x"\nb = 1\n', "Unclosed template interpolation sequence 1:6-1:9"],
    ['a = "${x y}"\nb = 1\n', "Extra characters after interpolation expression 1:10-1:11"],
    ['a = "${a:b}"\nb = 1\n', "Extra characters after interpolation expression 1:9-1:10"],
    ['a = "%{ wile x }"\nb = 1\n', "Invalid template control keyword 1:9-1:13"],
    ['a = "%{ 1 }"\nb = 1\n', "Invalid template directive 1:9-1:10"],
    ['a = "%{ if x y }%{ endif }"\nb = 1\n', "Extra characters in if marker 1:14-1:15"],
    ['a = "\\q"\nb = 1\n', "Invalid escape sequence 1:6-1:8"],
    ["a = a::\nb = 1\n", "Missing function name 1:8-2:1"],
    ["a = a::b\nc = 1\n", "Missing open parenthesis 1:9-2:1"],
    ["a = 'x'\n", "Invalid character 1:5-1:6"],
    ["a = 1 ** 2\n", "Invalid expression 1:8-1:9"],
    ["a = \n", "Invalid expression 1:5-2:1"],
    ["a =", "Missing expression 1:4-1:5"],
  ])("%j", (text, expected) => {
    const found = errors(text);
    expect(found[0]).toBe(expected);
    // A rejected character is reported beside what it breaks.
    expect(found.length).toBeLessThanOrEqual(expected.startsWith("Invalid character") ? 2 : 1);
  });

  test("what follows a broken item is still there", () => {
    const { value, diagnostics } = parseFile("a", 'x = [1, 2 3]\ny = 2\nb "l" {\n  z = }\n}\nw = 4\n');
    expect(diagnostics.length).toBeGreaterThan(0);
    expect([...value.body.attributes.keys()]).toContain("y");
    expect(value.body.blocks.map(({ type }) => type)).toEqual(["b"]);
  });

  test("specific errors are reported after a recovery, generic ones are not", () => {
    expect(errors("a = [1 2]\nb = [3 4]\na = 1\nc { d = 1, e = 2 }\n")).toEqual([
      "Missing item separator 1:8-1:9",
      "Attribute redefined 3:1-3:2",
      "Invalid single-argument block definition 4:10-4:11",
    ]);
  });
});

describe("bad input", () => {
  test.each([
    ["(", ")"],
    ["[", "]"],
    ["{a=", "}"],
    ['"${', '}"'],
    ["-", ""],
    ["!", ""],
    ["a ? b : ", ""],
    ["a[", "]"],
    ["f(", ")"],
    ["[for x in ", "]"],
    ["1 + ", ""],
    ["%{ if x }", ""],
  ])("thousands of nested %s are one error", (open, close) => {
    const { diagnostics } = parseExpression("x", `${open.repeat(5000)}1${close.repeat(5000)}`);
    expect(diagnostics).toHaveLength(1);
  });

  test("steps nest to the left without harm", () => {
    for (const step of ["[b]", "[*]", ".*.x", ".b", "[0]"]) {
      expect(parseExpression("x", `a${step.repeat(5000)}`).diagnostics.length).toBeLessThanOrEqual(1);
    }
  });

  test("nested blocks", () => {
    expect(parseFile("x", "b {\n".repeat(5000)).diagnostics).toHaveLength(1);
    expect(parseFile("x", `${"b {\n".repeat(300)}${"}\n".repeat(300)}`).diagnostics).toEqual([]);
  });

  test("bytes that are not UTF-8 are one error", () => {
    const { diagnostics } = parseFile("x", Buffer.from([97, 61, 34, 0xc3, 0x28, 0xff, 34, 10, 0xfe, 10]));
    expect(diagnostics.map(({ summary }) => summary)[0]).toBe("Invalid character encoding");
    expect(diagnostics.filter(({ summary }) => summary === "Invalid character encoding")).toHaveLength(1);
  });

  test("an empty file, white space and comments are no mistake", () => {
    for (const text of ["", "\n\n", "# x", "/* x */", "\ufeffa = 1", "a = 1 # x", "a = 1 /* x */\n"]) {
      expect(parseFile("x", text).diagnostics).toEqual([]);
    }
  });
});

test("a diagnostic has the block's header and the lines of its construct", () => {
  const { diagnostics } = parseFile("x", 'resource "a" "b" {\n  c = [1,\n    2 3]\n}\n');
  expect(diagnostics[0]?.snippet).toEqual({
    context: 'resource "a" "b"',
    code: "  c = [1,\n    2 3]",
    startLine: 2,
    highlightStart: 16,
    highlightEnd: 17,
    values: [],
  });
});

test("the snippet of a line without end is cut around its subject", () => {
  const { diagnostics } = parseFile("x", `a = [${"1, ".repeat(50_000)} 2 3, ${"1, ".repeat(50_000)}]`);
  const snippet = diagnostics[0]?.snippet;
  expect(snippet?.code.length).toBeLessThanOrEqual(8000);
  expect(snippet?.code.slice(snippet.highlightStart, snippet.highlightEnd)).toBe("3");
});
