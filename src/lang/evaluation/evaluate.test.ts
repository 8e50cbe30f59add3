import { describe, expect, test } from "vitest";
import { FUNCTIONS } from "../functions/index.ts";
import { parseExpression, parseFile, parseTemplate } from "../syntax/parse.ts";
import {
  containsMarks,
  hasMark,
  isUnknown,
  mark,
  nullValue,
  objectValue,
  plainJson,
  STRING,
  tupleValue,
  unknownValue,
  unmarkDeep,
  type Value,
} from "../values/index.ts";
import { evaluate } from "./evaluate.ts";
import type { Scope } from "./scope.ts";

const scope: Scope = {
  variables: new Map<string, Value>([
    [
      "var",
      objectValue({
        name: "web",
        secret: mark("s3cret", ["sensitive"]),
        token: mark("t", ["ephemeral"]),
        none: nullValue(STRING),
        u: unknownValue(STRING),
        list: tupleValue([1, "b"]),
        object: objectValue({ a: 1, b: 2 }),
      }),
    ],
  ]),
  functions: {
    definitions: FUNCTIONS,
    context: {
      files: { read: () => undefined, kind: () => "missing" },
      baseDirectory: "/",
      homeDirectory: "/",
      planTime: 0,
      random: { next: () => 0, bytes: (length) => new Uint8Array(length) },
    },
  },
};

function run(text: string, where: Scope = scope) {
  const { value: expression, diagnostics } = parseExpression("main.tf", text);
  expect(diagnostics).toEqual([]);
  return evaluate(expression, where);
}

function json(text: string): unknown {
  const { value, diagnostics } = run(text);
  expect(diagnostics).toEqual([]);
  const plain = plainJson(unmarkDeep(value).value);
  return "json" in plain ? plain.json : plain;
}

describe("values", () => {
  test.each([
    ["1 + 2 * 3", 7],
    ["-2 * 3", -6],
    ["!true || true", true],
    ["1 < 2 == true", true],
    ['"${var.name}-${1 + 1}"', "web-2"],
    ["{for k, v in {a = 1, b = 2} : k => v * 2 if v > 1}", { b: 4 }],
    ["[for i, v in [5, 6] : i + v]", [5, 7]],
    ["{for v in [1, 2, 3] : v % 2 => v...}", { 0: [2], 1: [1, 3] }],
    ["var.list[*]", [1, "b"]],
    ["[{a = [{b = 1}]}][*].a[*].b", [[1]]],
    ["[[{a = 1}], [{a = 2}]][*][0].a", [1, 2]],
    ['{(var.name) = 1, name = 2, "x${1}" = 3}', { web: 1, name: 2, x1: 3 }],
    ["{a = 1, a = 2}", { a: 2 }],
    ['{"__proto__" = 1}["__proto__"]', 1],
    ['var.object["a"]', 1],
    ["max(0, [1, 2]...)", 2],
    ['core::upper("a")', "A"],
    ["try({}.a, null.b, 3)", 3],
    ["can({}.a)", false],
    ["can(1)", true],
    ["true ? 1 : {}.a", 1],
  ])("%s", (text, expected) => {
    expect(json(text)).toEqual(expected);
  });

  test("a splat inside a splat's index refers to its own element", () => {
    expect(json("[{a = [1, 2]}][*].a[length([3][*]) - 0]")).toEqual([2]);
  });

  test("names of a loop hide outer ones, and only inside it", () => {
    expect(json("[for var in [1] : var]")).toEqual([1]);
    expect(json("[[for var in [1] : var], var.name]")).toEqual([[1], "web"]);
  });

  test("templates parse and render", () => {
    const { value } = parseTemplate("t", 'a "${x}"\n%{ for v in xs ~}\n- ${v}\n%{ endfor ~}\n');
    const variables = new Map<string, Value>([
      ["x", "q"],
      ["xs", tupleValue(["1", "2"])],
    ]);
    expect(evaluate(value, { variables })).toEqual({ value: 'a "q"\n- 1\n- 2\n', diagnostics: [] });
  });
});

describe("unknown values and marks", () => {
  test("the known start of an unknown text is known, and it is not null", () => {
    expect(run('"pre-${var.u}"').value).toEqual(unknownValue(STRING, { notNull: true, prefix: "pre-" }));
  });

  test("a prefix ends before a character that the next could join", () => {
    expect(run('"e\u0301${var.u}"').value).toEqual(unknownValue(STRING, { notNull: true }));
    expect(run('"ab${var.u}"').value).toEqual(unknownValue(STRING, { notNull: true, prefix: "a" }));
    expect(run(`"${"x".repeat(300)}\${var.u}"`).value).toEqual(
      unknownValue(STRING, { notNull: true, prefix: "x".repeat(128) }),
    );
  });

  test("marks go along with everything that is made of the value", () => {
    for (const text of [
      '"a${var.secret}"',
      "var.secret == 1",
      "true ? 1 : var.secret",
      "{(var.secret) = 1}",
      '[for x in [1] : x if var.secret != ""]',
      '{a = 1}[var.secret == "x" ? "a" : "a"]',
    ]) {
      expect(hasMark(run(text).value, "sensitive")).toBe(true);
    }
    const tuple = run("[var.secret]").value;
    expect([containsMarks(tuple), hasMark(tuple, "sensitive")]).toEqual([true, false]);
  });

  test("an unknown condition, key or filter leaves the result unknown", () => {
    for (const text of ['var.u == "a" ? 1 : 2', "{(var.u) = 1}", '[for x in [1] : x if var.u == ""]']) {
      expect(isUnknown(run(text).value)).toBe(true);
    }
  });

  test("try does not choose while its choice may fail later", () => {
    expect(isUnknown(run("try(var.u, 1)").value)).toBe(true);
  });
});

describe("mistakes", () => {
  const problems = (text: string) => run(text).diagnostics.map(({ summary }) => summary);

  test("independent ones are all reported", () => {
    expect(problems("[{}.a, 1 + {}, null.b]")).toEqual([
      "Unsupported attribute",
      "Invalid operand",
      "Attempt to get attribute from null value",
    ]);
    expect(problems("upper([], {}.a)")).toEqual(["Too many function arguments"]);
    expect(problems("join({}.a, {}.b)")).toEqual(["Unsupported attribute", "Unsupported attribute"]);
  });

  test("what uses a failed value does not complain again", () => {
    expect(problems("({}.a + 1) * 2 == upper({}.b)")).toEqual([
      "Unsupported attribute",
      "Unsupported attribute",
    ]);
  });

  test("the other parts have values", () => {
    const { value } = run('["a", {}.b]');
    expect(value).toEqual(tupleValue(["a", run("{}.b").value]));
  });

  test("a wrong condition of a loop is reported once", () => {
    expect(problems('[for x in [1, 2, 3] : x if "no"]')).toEqual(["Invalid 'for' condition"]);
    expect(problems('{for x in [1, 1, 1] : "k" => x}')).toEqual([
      "Duplicate object key",
      "Duplicate object key",
    ]);
    expect(problems("{for x in [[1], [2]] : x => x}")).toEqual(["Invalid object key"]);
  });

  test("a bare reference as key asks for quotes or parentheses", () => {
    expect(problems("{var.name = 1}")).toEqual(["Ambiguous attribute key"]);
  });

  test("calls need functions, and unknown ones name the nearest", () => {
    const { diagnostics } = run("uper(1)");
    expect(diagnostics[0]?.detail).toBe('There is no function named "uper". Did you mean "upper"?');
    expect(run('upper("a")', { variables: new Map() }).diagnostics[0]?.summary).toBe(
      "Function calls not allowed",
    );
    expect(run("provider::a::b(1)").diagnostics[0]?.summary).toBe("Unknown provider function");
  });

  test("an unknown name suggests a known one", () => {
    const { diagnostics } = run("vra.name");
    expect(diagnostics[0]?.detail).toBe('There is no variable named "vra". Did you mean "var"?');
  });
});

describe("snippets", () => {
  const valuesOf = (text: string) => run(text).diagnostics[0]?.snippet?.values;

  test("list what the referenced values were, but not secrets", () => {
    expect(valuesOf("var.name + 1 + var.object.a")).toEqual([
      { traversal: "var.name", statement: 'is "web"' },
    ]);
    expect(valuesOf("[var.list, var.object, var.none, var.secret] + 1")).toEqual([
      { traversal: "var.list", statement: "is tuple with 2 elements" },
      { traversal: "var.none", statement: "is null" },
      { traversal: "var.object", statement: "is object with 2 attributes" },
    ]);
  });

  test("of a missing attribute, what is before it", () => {
    expect(valuesOf("var.object.c")).toEqual([
      { traversal: "var.object", statement: "is object with 2 attributes" },
    ]);
  });

  test("unknown values by their type", () => {
    expect(valuesOf("[var.u] + 1")).toEqual([{ traversal: "var.u", statement: "is a string" }]);
  });

  test("show the construct's lines and its block", () => {
    const { value } = parseFile("main.tf", "locals {\n  a = upper(\n    [],\n  )\n}\n");
    const expression = value.body.blocks[0]?.body.attributes.get("a")?.expression;
    if (expression === undefined) throw new Error("no expression");
    const { diagnostics } = evaluate(expression, scope);
    expect(diagnostics[0]).toMatchObject({
      summary: "Invalid function argument",
      subject: { start: { line: 3, column: 5 }, end: { line: 3, column: 6 } },
      context: { start: { line: 2, column: 7 }, end: { line: 4, column: 4 } },
      snippet: {
        context: "locals",
        code: "  a = upper(\n    [],\n  )",
        startLine: 2,
        highlightStart: 17,
        highlightEnd: 18,
      },
    });
  });
});
