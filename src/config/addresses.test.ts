import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseModuleInstance, parseResourceInstance } from "./address-parser.ts";
import { compareResourceInstances, formatModuleInstance, formatResourceInstance } from "./addresses.ts";
import { meetsConstraint } from "./versions.ts";

const key = fc.oneof(fc.constant(undefined), fc.nat(1000), fc.string({ unit: "grapheme" }));
const name = fc.constantFrom("a", "web", "with-dash", "é", "_x");
const address = fc.record({
  module: fc.array(fc.record({ name, key }), { maxLength: 3 }),
  mode: fc.constantFrom("managed" as const, "data" as const),
  type: fc.constantFrom("kiln_fleet", "x"),
  name,
  key,
});

describe("addresses", () => {
  test("what is written is read", () => {
    fc.assert(
      fc.property(address, (each) => {
        expect(parseResourceInstance(formatResourceInstance(each))).toEqual(each);
        expect(parseModuleInstance(formatModuleInstance(each.module))).toEqual(each.module);
      }),
    );
  });

  test.each([
    "",
    "a",
    "a.b.c",
    "module.a",
    "a.b[",
    "a.b[x]",
    "a[0].b",
    ".a.b",
    "data.a.b.c",
    "module[0].a.b.c",
  ])("%s is none", (text) => expect(parseResourceInstance(text)).toBeUndefined());

  test("are ordered by module, mode, type, name, then number before text", () => {
    const sorted = ["data.x.z", "x.a", "x.a[2]", "x.a[10]", 'x.a["1"]', "x.b", "module.m.x.a"];
    const parsed = sorted.flatMap((text) => parseResourceInstance(text) ?? []);
    expect(parsed.toReversed().toSorted(compareResourceInstances).map(formatResourceInstance)).toEqual(
      sorted,
    );
  });
});

test.each([
  ["1.11.4", ">= 1.0, < 2.0", true],
  ["1.11.4", "~> 1.11", true],
  ["1.11.4", "~> 1.11.0", true],
  ["1.11.4", "~> 1.10.0", false],
  ["1.11.4", "1.11.4", true],
  ["1.11.4", "!= 1.11.4", false],
  ["1.11.4", "> 1.11.4", false],
  ["2.0.0-beta", ">= 1.0", false],
  ["1.11.4", "abc", undefined],
])("version %s meets %s: %s", (version, constraint, expected) => {
  expect(meetsConstraint(version, constraint)).toBe(expected);
});
