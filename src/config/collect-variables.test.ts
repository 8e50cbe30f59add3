import { describe, expect, test } from "vitest";
import { hasMark, typeOf, typeToJson, unmarkDeep } from "../lang/index.ts";
import { collectVariables, type VariableInput } from "./collect-variables.ts";
import { loadConfiguration } from "./load.ts";
import { variableValue } from "./variable-values.ts";

async function collect(text: string, ...inputs: VariableInput[]) {
  const { value } = await loadConfiguration({ list: async () => ["main.tf"], read: async () => text });
  const result = collectVariables(value.root, inputs);
  return {
    root: value.root,
    values: result.value,
    messages: result.diagnostics.map(({ severity, summary }) => `${severity} ${summary}`),
  };
}

const option = (text: string): VariableInput => ({ kind: "option", text });
const file = (content: string, filename = "terraform.tfvars"): VariableInput => ({
  kind: "file",
  filename,
  content,
});
const environment = (name: string, text: string): VariableInput => ({ kind: "environment", name, text });

describe("the root module's variables", () => {
  test("of several values the last counts", async () => {
    const { values } = await collect(
      'variable "a" {}\nvariable "b" {}\nvariable "c" {}',
      environment("a", "1"),
      environment("b", "1"),
      file('a = "2"\nc = "2"'),
      option("c=3"),
    );
    expect(Object.fromEntries(values)).toEqual({ a: "2", b: "1", c: "3" });
  });

  test("stay as they were given; what uses one converts it, defaults of optional attributes filled in", async () => {
    const { values, root, messages } = await collect(
      `variable "n" { type = number }
       variable "l" { type = list(number) }
       variable "o" { type = object({ a = string, b = optional(number, 7) }) }
       variable "any" {}`,
      option("n=12"),
      environment("l", '["1", 2]'),
      file("o = { a = true, surplus = 1 }"),
      option("any=[1]"),
    );
    expect(messages).toEqual([]);
    const used = (name: string) => {
      const variable = root.variables.get(name);
      if (variable === undefined) throw new Error(`there is no variable ${name}`);
      return variableValue(variable, values.get(name), `var.${name}`, undefined, []) ?? "";
    };
    expect(values.get("n")).toBe("12");
    expect(used("n")).toBe(12);
    expect(typeToJson(typeOf(values.get("l") ?? ""))).toEqual(["tuple", ["string", "number"]]);
    expect(typeToJson(typeOf(used("l")))).toEqual(["list", "number"]);
    expect(typeToJson(typeOf(used("o")))).toEqual(["object", { a: "string", b: "number" }]);
    // Without a type a text is a text.
    expect(values.get("any")).toBe("[1]");
  });

  test("keep the marks of their declaration", async () => {
    const { values } = await collect('variable "s" { sensitive = true }', option("s=x"));
    const value = values.get("s") ?? "";
    expect(hasMark(value, "sensitive")).toBe(true);
    expect(unmarkDeep(value).value).toBe("x");
  });

  test.each([
    ['variable "a" {}', [], ["error No value for required variable"]],
    ['variable "a" { type = number }', [option("a=x")], ["error Invalid value for input variable"]],
    ['variable "a" { nullable = false }', [file("a = null")], ["error Invalid value for input variable"]],
    ["", [option("nope=1")], ["error Value for undeclared variable"]],
    ["", [option("nope")], ["error Invalid -var option"]],
    ["", [environment("nope", "1")], []],
    ["", [file("one = 1")], ["warning Value for undeclared variable"]],
    [
      "",
      [file("a = 1\nb = 2\nc = 3\nd = 4")],
      [
        "warning Value for undeclared variable",
        "warning Value for undeclared variable",
        "warning Values for undeclared variables",
      ],
    ],
    ['variable "a" { type = list(string) }', [option("a=[")], ["error No value for required variable"]],
    ["", [file("{}", "x.tfvars.json")], ["error JSON variable files are not supported yet"]],
    ['variable "a" {}', [file("a = var.b")], ["error Variables not allowed"]],
  ])("%s with %j", async (text, inputs, expected) => {
    const { messages } = await collect(text, ...inputs);
    for (const each of expected) expect(messages).toContain(each);
    if (expected.length === 0) expect(messages).toEqual([]);
  });
});
