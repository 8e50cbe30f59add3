import { describe, expect, test } from "vitest";
import { parseExpression } from "../syntax/parse.ts";
import { applyDefaults, convert, objectValue, plainJson, typeToJson, tupleValue } from "../values/index.ts";
import { typeConstraint } from "./type-constraint.ts";

const read = (text: string) => typeConstraint(parseExpression("x", text).value);

describe("types", () => {
  test.each([
    ["string", "string"],
    ["any", "dynamic"],
    ["list(any)", ["list", "dynamic"]],
    ["map(set(number))", ["map", ["set", "number"]]],
    ["tuple([string, bool])", ["tuple", ["string", "bool"]]],
    ["object({ a = string, b = optional(number) })", ["object", { a: "string", b: "number" }, ["b"]]],
    ["object({})", ["object", {}]],
  ])("%s", (text, expected) => {
    const { type, diagnostics } = read(text);
    expect(diagnostics).toEqual([]);
    expect(typeToJson(type)).toEqual(expected);
  });

  test.each([
    ["str", 'The keyword "str" is not a valid type specification.'],
    ["list", "The list type constructor requires one argument specifying the element type."],
    ["list()", "The list type constructor requires one argument specifying the element type."],
    ["string(1)", 'Primitive type keyword "string" does not expect arguments.'],
    ["any(1)", 'Type constraint keyword "any" does not expect arguments.'],
    ["foo(string)", 'Keyword "foo" is not a valid type constructor.'],
    ["optional(string)", 'Keyword "optional" is valid only as a modifier for object type attributes.'],
    ["tuple(string)", "Tuple type constructor requires a list of element types."],
    [
      "object(string)",
      "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.",
    ],
    ['object({ "a b" = string })', "Object constructor map keys must be attribute names."],
    [
      "object({ a = optional() })",
      "Optional attribute modifier requires the attribute type as its argument.",
    ],
    [
      "object({ a = optional(string, 1, 2) })",
      "Optional attribute modifier expects at most two arguments: the attribute type, and a default value.",
    ],
    [
      '"string"',
      "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).",
    ],
  ])("%s is none", (text, detail) => {
    const { diagnostics } = read(text);
    expect(diagnostics.map((one) => [one.summary, one.detail])).toEqual([
      ["Invalid type specification", detail],
    ]);
  });
});

describe("defaults", () => {
  test("fill what is missing or null, at every depth", () => {
    const { type, defaults } = read(
      'object({ a = optional(string, "x"), b = list(object({ c = optional(number, "7") })) })',
    );
    if (defaults === undefined) throw new Error("no defaults");
    const given = objectValue({ b: tupleValue([objectValue({}), objectValue({ c: 1 })]) });
    const conversion = convert(applyDefaults(given, defaults), type);
    if (!("value" in conversion)) throw new Error(conversion.problem);
    expect(plainJson(conversion.value)).toEqual({ json: { a: "x", b: [{ c: 7 }, { c: 1 }] } });
  });

  test("must be of their type, and constant", () => {
    expect(read('object({ a = optional(number, "x") })').diagnostics[0]?.summary).toBe(
      "Invalid default value for optional attribute",
    );
    expect(read("object({ a = optional(number, b) })").diagnostics[0]?.summary).toBe("Unknown variable");
  });

  test("are absent where there are none", () => {
    expect(read("object({ a = optional(string) })").defaults).toBeUndefined();
  });
});
