import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { codePoints, compileExpression, type Expression, findMatch, findMatches } from "./index.ts";

function compiled(source: string): Expression {
  const expression = compileExpression(source);
  if ("problem" in expression) throw new Error(`${expression.problem}: ${expression.fragment}`);
  return expression;
}

function groupsOf(source: string, text: string): (string | null)[] | null {
  const points = codePoints(text);
  const match = findMatch(compiled(source), points, 0);
  if (match === undefined) return null;
  return match.map((part) =>
    part === undefined ? null : String.fromCodePoint(...points.slice(part.start, part.end)),
  );
}

describe("patterns that are wrong", () => {
  test.each([
    ["(", "missing closing )", "("],
    ["a)", "unexpected )", "a)"],
    ["[a", "missing closing ]", "[a"],
    ["*", "missing argument to repetition operator", "*"],
    ["a**", "invalid nested repetition operator", "**"],
    ["a{2}{3}", "invalid nested repetition operator", "{2}{3}"],
    ["a{1001}", "invalid repeat count", "{1001}"],
    ["x{2,1}", "invalid repeat count", "{2,1}"],
    ["(a{100}){100}", "invalid repeat count", "{100}"],
    ["\\", "trailing backslash at end of expression", ""],
    ["(a)\\1", "invalid escape sequence", "\\1"],
    ["[\\b]", "invalid escape sequence", "\\b"],
    ["[a-\\d]", "invalid escape sequence", "\\d"],
    ["[z-a]", "invalid character class range", "z-a"],
    ["\\p{Bogus}", "invalid character class range", "\\p{Bogus}"],
    ["[[:bogus:]]", "invalid character class range", "[:bogus:]"],
    ["(?=a)", "invalid or unsupported Perl syntax", "(?="],
    ["(?", "invalid or unsupported Perl syntax", "(?"],
    ["(?<=a)b", "invalid named capture", "(?<=a)b"],
    ["(?P<n", "invalid named capture", "(?P<n"],
  ])("%s: %s in %s", (source, problem, fragment) => {
    expect(compileExpression(source)).toEqual({ problem, fragment });
  });
});

describe("matching", () => {
  test.each<[string, string, (string | null)[] | null]>([
    ["(a|ab)(c|bcd)", "abcd", ["abcd", "a", "bcd"]],
    ["(a)|(b)", "b", ["b", null, "b"]],
    ["(|a)*", "aa", ["", ""]],
    ["(a*)*", "b", ["", ""]],
    ["(a+)(b+)?", "aac", ["aa", "aa", null]],
    ["a+?", "aaa", ["a"]],
    ["(?U)a+", "aaa", ["a"]],
    ["a{2,3}", "aaaa", ["aaa"]],
    ["a{2,3}?", "aaaa", ["aa"]],
    ["a{,3}", "a{,3}", ["a{,3}"]],
    ["(?m)^b$", "a\nb\nc", ["b"]],
    ["^b$", "a\nb\nc", null],
    ["(?s)a.b", "a\nb", ["a\nb"]],
    ["(?i)[k]+", "kK\u212a", ["kK\u212a"]],
    ["(?i:A)b", "aB", null],
    ["(?i)straße", "STRASSE", null],
    ["[[:^alpha:]\\d]+", "ab12-", ["12-"]],
    ["[]a]+", "]a", ["]a"]],
    ["[^]a]+", "b]a", ["b"]],
    ["\\Qa.b\\E+", "a.bb", ["a.bb"]],
    ["\\x{1F469}", "👩", ["👩"]],
    ["\\bb", "ab b", ["b"]],
    ["\\pN\\PN", "a1b", ["1b"]],
    ["\\012", "\n", ["\n"]],
  ])("%s on %j", (source, text, groups) => {
    expect(groupsOf(source, text)).toEqual(groups);
  });

  test("an empty match directly behind another is left out", () => {
    const points = codePoints("baac");
    expect(findMatches(compiled("a*"), points).map(([whole]) => whole)).toEqual([
      { start: 0, end: 0 },
      { start: 1, end: 3 },
      { start: 4, end: 4 },
    ]);
  });

  test("agrees with the JavaScript engine on what both understand alike", () => {
    const { node } = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "\\b", "^", "$"),
        fc.tuple(tie("node"), tie("node")).map(([x, y]) => x + y),
        fc.tuple(tie("node"), tie("node")).map(([x, y]) => `(?:${x}|${y})`),
        fc
          .tuple(
            fc.constantFrom("a", "b", "(?:ab)", "(?:a|bb)", "(a|b)"),
            fc.constantFrom("*", "+?", "?", "{1,2}"),
          )
          .map(([x, operator]) => x + operator),
      ),
    }));
    fc.assert(
      fc.property(node, fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 }), (source, text) => {
        const whole = groupsOf(source, text)?.[0] ?? null;
        expect(whole).toBe(new RegExp(source, "su").exec(text.replaceAll("\n", ""))?.[0] ?? null);
      }),
    );
  });

  test("takes linear time for a pattern that backtracking chokes on", () => {
    expect(groupsOf("^(a+)+$", `${"a".repeat(5_000)}b`)).toBeNull();
  });

  test("deep nesting is an error and no overflow", () => {
    expect(compileExpression("(".repeat(100_000))).toMatchObject({ problem: "expression nests too deeply" });
  });
});
