import { describe, expect, test } from "vitest";
import { commandHelp } from "./help.ts";
import { parseArguments } from "./parse.ts";
import type { ParsedArguments } from "./parse.ts";
import type { CommandSpecification } from "./specification.ts";
import { nearest } from "./suggest.ts";
import { splitWords } from "./words.ts";

const specification: CommandSpecification = {
  name: "plan",
  summary: "A test",
  description: ["Does nothing at all, at length enough to be wrapped onto a second line of the help."],
  arguments: [{ name: "DIR", optional: true }],
  flags: {
    var: { kind: "list", help: "A variable.", placeholder: "NAME=VALUE" },
    "auto-approve": { kind: "boolean", help: "Do not ask." },
    lock: { kind: "boolean", initial: "true", help: "Lock." },
    out: { kind: "text", help: "Where to.", placeholder: "FILE" },
    parallelism: { kind: "count", initial: "10", help: "How many." },
    target: { kind: "list", help: "", refused: "this version does not have it yet.", hidden: true },
  },
  examples: ["plan -out=p"],
};

function parsed(...words: string[]): ParsedArguments {
  const result = parseArguments(specification, words);
  if (result.kind !== "parsed") throw new Error(JSON.stringify(result));
  return result.arguments;
}

function problem(...words: string[]): string {
  const result = parseArguments(specification, words);
  if (result.kind !== "refused") throw new Error(JSON.stringify(result));
  return `${result.diagnostic.detail} ${result.diagnostic.remedy ?? ""}`.trim();
}

describe("flags are read as Go reads them", () => {
  test.each<[string[], readonly string[]]>([
    [["-var", "a=1"], ["a=1"]],
    [["-var=a=1"], ["a=1"]],
    [
      ["--var=a=1", "-var", "b=2"],
      ["a=1", "b=2"],
    ],
    [["-var="], [""]],
    [["-var", "-out"], ["-out"]],
    [["-var=a=x\ny"], ["a=x\ny"]],
  ])("%j", (words, values) => expect(parsed(...words).list("var")).toEqual(values));

  test.each<[string[], boolean]>([
    [[], false],
    [["-auto-approve"], true],
    [["--auto-approve"], true],
    [["-auto-approve=false"], false],
    [["-auto-approve=T"], true],
    [["-auto-approve", "-auto-approve=0"], false],
  ])("%j", (words, value) => expect(parsed(...words).boolean("auto-approve")).toBe(value));

  test("a boolean takes no word of its own", () => {
    const result = parsed("-auto-approve", "false");
    expect(result.boolean("auto-approve")).toBe(true);
    expect(result.positional).toEqual(["false"]);
  });

  test("defaults hold, and the last of several wins", () => {
    expect(parsed().boolean("lock")).toBe(true);
    expect(parsed("-lock=false").boolean("lock")).toBe(false);
    expect(parsed("-out=a", "-out", "b").text("out")).toBe("b");
    expect(parsed().text("out")).toBeUndefined();
    expect(parsed().count("parallelism")).toBe(10);
    expect(parsed("-parallelism=3").count("parallelism")).toBe(3);
  });

  test("two dashes end the flags, and flags may follow arguments", () => {
    expect(parsed("--", "-auto-approve").positional).toEqual(["-auto-approve"]);
    const result = parsed("dir", "-auto-approve");
    expect([result.positional, result.boolean("auto-approve")]).toEqual([["dir"], true]);
    expect(parsed("-").positional).toEqual(["-"]);
  });

  test("occurrences keep their order", () => {
    const { occurrences } = parsed("-var", "a=1", "-out=x", "-var=b=2");
    expect(occurrences.map(({ name, value }) => `${name} ${value}`)).toEqual(["var a=1", "out x", "var b=2"]);
  });

  test.each<[string[], RegExp]>([
    [["-bogus"], /^flag provided but not defined: -bogus$/],
    [["-atuo-approve"], /Did you mean -auto-approve\?$/],
    [["-out"], /flag needs an argument: -out/],
    [["-lock=maybe"], /invalid boolean value "maybe" for -lock/],
    [["-parallelism=-1"], /whole number/],
    [["-parallelism", "many"], /whole number/],
    [["-target=a.b"], /-target: this version does not have it yet/],
    [["-chdir=x"], /goes before the command: kiln -chdir=DIR plan/],
    [["a", "b"], /at most one, and found 2: a b/],
  ])("%j is refused", (words, message) => expect(problem(...words)).toMatch(message));

  test("an argument that is missing is named", () => {
    const needed = { ...specification, arguments: [{ name: "FLEET" }] };
    expect(parseArguments(needed, [])).toMatchObject({
      kind: "refused",
      diagnostic: { detail: "The plan command needs FLEET." },
    });
  });

  test("asking for a flag that is not declared is a bug", () => {
    expect(() => parsed().text("undeclared")).toThrow("declares no flag -undeclared");
    expect(() => parsed().boolean("toString")).toThrow("declares no flag");
  });
});

test("help comes from the specification, without what is hidden", () => {
  expect(parseArguments(specification, ["-help"]).kind).toBe("help");
  expect(commandHelp(specification, 60)).toBe(`Usage: kiln plan [options] [DIR]

  Does nothing at all, at length enough to be wrapped onto a
  second line of the help.

Options:

  -auto-approve           Do not ask.

  -lock=false             Lock.

  -out=FILE               Where to.

  -parallelism=VALUE      How many.

  -var=NAME=VALUE         A variable.

Examples:

  kiln plan -out=p
`);
});

describe("words of environment variables", () => {
  test.each<[string, string[] | undefined]>([
    ["", []],
    ["-var a=1  -no-color", ["-var", "a=1", "-no-color"]],
    [`-var 'a=x y' -var="b=\\"z\\""`, ["-var", "a=x y", `-var=b="z"`]],
    ["a\\ b", ["a b"]],
    [`""`, [""]],
    [`'open`, undefined],
  ])("%s", (text, words) => expect(splitWords(text)).toEqual(words));
});

test("the nearest word is found, and nothing where none is near", () => {
  expect(nearest("plna", ["plan", "apply"])).toBe("plan");
  expect(nearest("aply", ["plan", "apply"])).toBe("apply");
  expect(nearest("xyzzy", ["plan", "apply"])).toBeUndefined();
  expect(nearest("up", ["plan", "down"])).toBeUndefined();
});
