import fc from "fast-check";
import { expect, test } from "vitest";
import { FUNCTIONS } from "../functions/index.ts";
import { parseExpression } from "../syntax/parse.ts";
import {
  DYNAMIC,
  isUnknown,
  listType,
  listValue,
  mapValue,
  mark,
  nullValue,
  NUMBER,
  numberValue,
  objectValue,
  setValue,
  STRING,
  tupleValue,
  typeOf,
  unknownValue,
  type Value,
} from "../values/index.ts";
import { evaluate } from "./evaluate.ts";
import type { Scope } from "./scope.ts";

const variables = new Map<string, Value>([
  ["text", "é1"],
  ["number", numberValue("0.1")],
  ["nothing", nullValue()],
  ["noText", nullValue(STRING)],
  ["noList", nullValue(listType(STRING))],
  ["unknown", unknownValue(STRING, { notNull: true, prefix: "p-" })],
  ["unknownNumber", unknownValue(NUMBER)],
  ["unknownList", unknownValue(listType(NUMBER))],
  ["dynamic", unknownValue(DYNAMIC)],
  ["secret", mark("s", ["sensitive"])],
  ["secretUnknown", mark(unknownValue(NUMBER), ["sensitive", "ephemeral"])],
  ["list", listValue(NUMBER, [1, 2, 3])],
  ["set", setValue(STRING, ["b", "a"])],
  [
    "map",
    mapValue(STRING, [
      ["a", "x"],
      ["b", mark("y", ["sensitive"])],
    ]),
  ],
  ["object", objectValue({ a: 1, b: objectValue({ a: nullValue() }), k: unknownValue(DYNAMIC) })],
  ["tuple", tupleValue([1, "b", unknownValue(STRING), tupleValue([])])],
]);

const scope: Scope = {
  variables,
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

// Functions that are slow on purpose, or print hints on which the machine decides, say nothing here.
const names = [...FUNCTIONS.keys(), "try", "can"].filter((name) => name !== "bcrypt");

const { expression } = fc.letrec<{ expression: string }>((tie) => {
  const inner = tie("expression");
  const pair = fc.tuple(inner, inner);
  return {
    expression: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom(...variables.keys()),
      fc.constantFrom("0", "-1", "2.5", "1e40", '""', '"a"', '"1"', "true", "null", "[]", "{}"),
      fc
        .tuple(inner, fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "&&", "||", "<", ">="), inner)
        .map((parts) => `(${parts.join(" ")})`),
      fc.tuple(inner, inner, inner).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      inner.map((a) => `-(${a})`),
      inner.map((a) => `!(${a})`),
      pair.map(([a, b]) => `[${a}, ${b}]`),
      pair.map(([a, b]) => `{a = (${a}), (${b}) = 1}`),
      pair.map(([a, b]) => `(${a})[${b}]`),
      inner.map((a) => `(${a}).a`),
      inner.map((a) => `(${a})[*].a`),
      inner.map((a) => `(${a})[*]`),
      inner.map((a) => `(${a}).0`),
      pair.map(([a, b]) => `"t\${${a}}\${~ ${b}} "`),
      pair.map(([a, b]) => `"%{ if ${a} }x%{ endif }%{ for v in ${b} }\${v}%{ endfor }"`),
      pair.map(([a, b]) => `[for k, v in ${a} : [k, v, ${b}] if v != ${b}]`),
      pair.map(([a, b]) => `{for k, v in ${a} : k => ${b}...}`),
      fc
        .tuple(fc.constantFrom(...names), fc.array(inner, { maxLength: 3 }), fc.boolean())
        .map(
          ([name, args, expand]) => `${name}(${args.join(", ")}${expand && args.length > 0 ? "..." : ""})`,
        ),
    ),
  };
});

test("evaluation never throws, and what failed is unknown or has a type all the same", () => {
  fc.assert(
    fc.property(expression, (text) => {
      const { value: parsed, diagnostics } = parseExpression("x", text);
      expect(diagnostics).toEqual([]);
      const { value, diagnostics: mistakes } = evaluate(parsed, scope);
      expect(typeOf(value)).toBeDefined();
      for (const mistake of mistakes) expect(mistake.snippet).toBeDefined();
      // try takes the first that works, so the same expression with a fallback never fails.
      const attempt = parseExpression("x", `try(${text}, "fallback")`).value;
      const guarded = evaluate(attempt, scope);
      expect(guarded.diagnostics).toEqual([]);
      if (mistakes.length > 0) expect(guarded.value === "fallback" || isUnknown(guarded.value)).toBe(true);
    }),
    { numRuns: Number(process.env["KILN_FUZZ_RUNS"] ?? 1000) },
  );
});
