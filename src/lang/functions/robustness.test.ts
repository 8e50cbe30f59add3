import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  convert,
  DYNAMIC,
  isNull,
  isUnknown,
  listType,
  mapType,
  mark,
  nullValue,
  NUMBER,
  numberValue,
  objectValue,
  setType,
  STRING,
  tupleValue,
  type Type,
  typeOf,
  unknownBetween,
  unknownValue,
  type Value,
} from "../values/index.ts";
import { callFunction, type FunctionContext, FUNCTIONS } from "./index.ts";

const context: FunctionContext = {
  files: {
    read: () => new TextEncoder().encode("text"),
    kind: (path) => (path.includes("a") ? "file" : "missing"),
  },
  baseDirectory: "/work",
  homeDirectory: "/home",
  now: 0,
  planTime: 0,
  random: { next: () => 0, bytes: (length) => new Uint8Array(length) },
  renderTemplate: (source) => source,
};

function as(value: Value, type: Type): Value {
  const converted = convert(value, type);
  return "problem" in converted ? value : converted.value;
}

const text = fc.oneof(
  fc.constantFrom(
    "",
    "a",
    "a,b\n1,2",
    "%s",
    "%d|%v",
    "(a)",
    "10.0.0.0/8",
    "2024-03-05T07:08:09Z",
    "1h",
    "YYYY",
    "é\u0301",
  ),
  fc.string({ unit: "binary", maxLength: 6 }),
);
const number = fc.oneof(
  fc.integer({ min: -3, max: 40 }),
  fc.constantFrom(numberValue("0.5"), numberValue("inf"), numberValue("1e30"), numberValue("-1e-30")),
);
const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.oneof(text, number, fc.boolean()),
    fc.constantFrom<Value>(
      nullValue(),
      nullValue(STRING),
      nullValue(listType(STRING)),
      unknownValue(DYNAMIC),
      unknownValue(STRING, { prefix: "a" }),
      unknownBetween(1, 3),
      unknownValue(listType(STRING)),
      unknownValue(mapType(NUMBER), { notNull: true }),
      unknownValue(setType(STRING), { minimumLength: 1 }),
    ),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => tupleValue(items)),
    fc.array(text, { maxLength: 4 }).map((items) => as(tupleValue(items), listType(STRING))),
    fc.array(tie("value"), { maxLength: 4 }).map((items) => as(tupleValue(items), setType(DYNAMIC))),
    fc.dictionary(text, tie("value"), { maxKeys: 3 }).map((entries) => objectValue(Object.entries(entries))),
    fc
      .dictionary(text, number, { maxKeys: 3 })
      .map((entries) => as(objectValue(Object.entries(entries)), mapType(NUMBER))),
    tie("value").map((value) => mark(value, ["sensitive"])),
  ),
}));

/** Whether a value of one type may stand where the other was announced. */
function fits(type: Type, announced: Type): boolean {
  if (type === announced || announced === DYNAMIC || type === DYNAMIC) return true;
  if ("element" in type && "element" in announced)
    return type.kind === announced.kind && fits(type.element, announced.element);
  return false;
}

describe("every function", () => {
  test.each([...FUNCTIONS.values()].map((definition) => [definition.name, definition] as const))(
    "%s has an answer to whatever it is given",
    (_name, definition) => {
      const least = definition.parameters.length;
      const most = definition.variadic === undefined ? least : least + 3;
      fc.assert(
        fc.property(fc.array(anyValue, { minLength: least, maxLength: most }), (args) => {
          const result = callFunction(definition, args, context);
          if ("problems" in result) {
            expect(result.problems.every(({ message }) => message.length > 0 && !message.endsWith("."))).toBe(
              true,
            );
            return;
          }
          if (definition.mayBeNull !== true) expect(isNull(result.value)).toBe(false);
          if (typeof definition.resultType === "object") {
            expect(fits(typeOf(result.value), definition.resultType)).toBe(true);
          }
        }),
        { numRuns: 150 },
      );
    },
  );

  test.each(
    [...FUNCTIONS.values()]
      .filter(({ parameters }) => parameters.length > 0)
      .map((definition) => [definition.name, definition] as const),
  )("%s of unknowns is no error", (_name, definition) => {
    const args = definition.parameters.map(({ type }) => unknownValue(type, { notNull: true }));
    const result = callFunction(definition, args, context);
    if ("problems" in result) expect(result.problems[0]?.message).toMatch(/at least|must be/);
    else if (!["issensitive", "sensitive", "nonsensitive", "ephemeralasnull"].includes(definition.name)) {
      expect(isUnknown(result.value)).toBe(true);
    }
  });
});
