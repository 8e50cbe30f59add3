import { describe, expect, test } from "vitest";
import { parseIgnore } from "./ignore.ts";

const FILES = [
  "README.md",
  "a.txt",
  "b.md",
  "keep/x",
  "node_modules/m/i.js",
  "sub/c.md",
  "sub/d.txt",
  "sub/deep/e.md",
  "sub/deep/f.log",
  "sub/node_modules/n.js",
  "x.log",
];

function rulesOf(text: string) {
  const parsed = parseIgnore(text);
  if (parsed.kind === "invalid") throw new Error(`${parsed.line}: ${parsed.pattern}`);
  return parsed.rules;
}

function left(text: string): string[] {
  const rules = rulesOf(text);
  return FILES.filter((file) => !rules.ignores(file));
}

describe(".dockerignore leaves out", () => {
  // Recorded from Docker 28 (BuildKit).
  test.each<[string, string, string[]]>([
    [
      "what matches from the root of the context",
      "*.md\nnode_modules\n",
      ["README.md", "b.md", "node_modules/m/i.js"],
    ],
    ["not what ! brings back", "*.md\n!README.md\n", ["b.md"]],
    [
      "a directory, but not what ! brings back of it",
      "sub\n!sub/deep/e.md\n",
      ["sub/c.md", "sub/d.txt", "sub/deep/f.log", "sub/node_modules/n.js"],
    ],
    [
      "whatever slashes and dots a pattern has",
      "/a.txt\nsub/deep/\n./x.log\nsub/../b.md\n",
      ["a.txt", "b.md", "sub/deep/e.md", "sub/deep/f.log", "x.log"],
    ],
    ["any depth for **", "sub/**/e.md\nnode_modules/**\n", ["node_modules/m/i.js", "sub/deep/e.md"]],
    [
      "the same with CRLF and a byte order mark",
      "\uFEFF*.md\r\nsub\r\n",
      [
        "README.md",
        "b.md",
        "sub/c.md",
        "sub/d.txt",
        "sub/deep/e.md",
        "sub/deep/f.log",
        "sub/node_modules/n.js",
      ],
    ],
    ["every depth for a leading **", "**/*.md", ["README.md", "b.md", "sub/c.md", "sub/deep/e.md"]],
    ["nothing for comments and empty lines", "# *.md\n\n   \n", []],
    ["by sets and single characters", "[ab].*\nx.lo?\n", ["a.txt", "b.md", "x.log"]],
    ["by negated sets", "[^abkns]*", ["README.md", "x.log"]],
    ["literally after a backslash", "\\a.txt\n\\*.md", ["a.txt"]],
    ["everything but what the last match brings back", "*\n!a.txt", FILES.filter((file) => file !== "a.txt")],
  ])("%s", (_name, text, ignored) => {
    expect(left(text)).toEqual(FILES.filter((file) => !ignored.includes(file)));
  });

  test("no more than regular expressions would: their characters mean themselves", () => {
    const rules = rulesOf("a+b\n(x|y)\n{1}\na.c\n");
    expect(["a+b", "(x|y)", "{1}", "a.c"].map((name) => rules.ignores(name))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(["aab", "x", "1", "abc"].some((name) => rules.ignores(name))).toBe(false);
  });

  test.each(["[a", "a[]", "[z-a]", "!", "\\", "a\\"])(
    "nothing for the incomplete %j, which is named",
    (pattern) => {
      expect(parseIgnore(`x\n${pattern}`)).toEqual({ kind: "invalid", pattern, line: 2 });
    },
  );
});

test("an ignored directory is looked into only where something may be brought back", () => {
  const rules = rulesOf("sub\nother\n!sub/deep/e.md\n");
  expect(rules.mayBringBackBelow("sub")).toBe(true);
  expect(rules.mayBringBackBelow("sub/deep")).toBe(true);
  expect(rules.mayBringBackBelow("other")).toBe(false);
  expect(rulesOf("sub\n!**/x").mayBringBackBelow("sub")).toBe(true);
});
