import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isConvertible,
  applyDefaults,
  BOOL,
  convert,
  convertSafely,
  type Defaults,
  DYNAMIC,
  identicalValues,
  listType,
  listValue,
  mapType,
  mapValue,
  mark,
  nullValue,
  NUMBER,
  objectType,
  objectValue,
  pathText,
  setType,
  STRING,
  tupleType,
  tupleValue,
  type Type,
  typeConstraintText,
  typeFromJson,
  typeOf,
  typeToJson,
  unify,
  unknownValue,
  type Value,
} from "./index.ts";

function converted(value: Value, type: Type): Value {
  const result = convert(value, type);
  if ("problem" in result) throw new Error(result.problem);
  return result.value;
}

function problemOf(value: Value, type: Type): string {
  const result = convert(value, type);
  return "problem" in result ? `${pathText(result.path)}|${result.problem}` : "converted";
}

const leaf = fc.constantFrom<Type>(STRING, NUMBER, BOOL);
const { type: anyType } = fc.letrec<{ type: Type }>((tie) => ({
  type: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf,
    tie("type").map((type) => listType(type)),
    tie("type").map((type) => setType(type)),
    tie("type").map((type) => mapType(type)),
    fc.array(tie("type"), { maxLength: 3 }).map((types) => tupleType(types)),
    fc
      .dictionary(fc.constantFrom("a", "b", "__proto__", "10", "9"), tie("type"), { maxKeys: 3 })
      .map((entries) => objectType(Object.entries(entries))),
  ),
}));

describe("types", () => {
  test("equal types are one object, however they are written", () => {
    expect(objectType({ b: STRING, a: listType(NUMBER) })).toBe(
      objectType([
        ["a", listType(NUMBER)],
        ["b", STRING],
      ]),
    );
    expect(objectType({ a: STRING })).not.toBe(objectType({ a: STRING }, ["a"]));
    expect(objectType([["1:a", STRING]])).not.toBe(objectType([["a", STRING]]));
  });

  test("every type survives its JSON", () => {
    fc.assert(
      fc.property(anyType, (type) => {
        expect(typeFromJson(JSON.parse(JSON.stringify(typeToJson(type))))).toBe(type);
      }),
    );
  });

  test.each([
    "text",
    ["list"],
    ["tuple", "string"],
    ["object", ["string"]],
    1,
    null,
    ["list", "string", "string"],
  ])("%j is no type", (json) => {
    expect(typeFromJson(json)).toBeUndefined();
  });

  test("a constraint is written as people write it", () => {
    const type = mapType(objectType({ a: listType(DYNAMIC), b: NUMBER }, ["b"]));
    expect(typeConstraintText(type)).toBe("map(object({a=list(any),b=optional(number)}))");
  });
});

describe("unification", () => {
  test("of one type with itself is that type", () => {
    fc.assert(
      fc.property(anyType, (type) => {
        expect(unify([type, type])).toBe(type);
      }),
    );
  });

  test("does not depend on the order, and all convert to the result", () => {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        const unified = unify([a, b]);
        expect(unify([b, a])).toBe(unified);
        if (unified === undefined) return;
        expect(unify([unified, a])).toBe(unified);
        if (unified === DYNAMIC) return;
        for (const type of [a, b]) expect(type === unified || isConvertible(type, unified)).toBe(true);
      }),
    );
  });

  test.each<[Type[], Type | undefined]>([
    [[NUMBER, STRING], STRING],
    [[NUMBER, BOOL], undefined],
    [[NUMBER, BOOL, STRING], STRING],
    [[tupleType([NUMBER]), tupleType([STRING])], tupleType([STRING])],
    [[tupleType([NUMBER, NUMBER]), tupleType([NUMBER])], listType(NUMBER)],
    [[objectType({ a: NUMBER }), objectType({ b: STRING })], mapType(STRING)],
    [[objectType({ a: NUMBER }), objectType({ a: STRING })], objectType({ a: STRING })],
    [[listType(NUMBER), tupleType([STRING])], listType(STRING)],
    [[setType(STRING), tupleType([STRING])], setType(STRING)],
    [[setType(STRING), listType(STRING)], listType(STRING)],
    [[mapType(NUMBER), objectType({ a: STRING })], mapType(STRING)],
    // The object agrees in itself first, on lists of bools, which then conflict with lists of numbers.
    [[mapType(listType(NUMBER)), objectType({ a: listType(BOOL), b: setType(STRING) })], undefined],
    [[objectType({}), tupleType([])], undefined],
    [[DYNAMIC, NUMBER], NUMBER],
    [[DYNAMIC, tupleType([NUMBER])], DYNAMIC],
  ])("%#", (types, unified) => {
    expect(unify(types)).toBe(unified);
  });
});

describe("conversion", () => {
  test.each<[Value, Type, string]>([
    ["x", NUMBER, "|a number is required"],
    [true, NUMBER, "|number required"],
    ["True", BOOL, '|a bool is required; to convert from string, use lowercase "true"'],
    [1, BOOL, "|bool required"],
    [tupleValue([1]), STRING, "|string required"],
    [objectValue({ a: 1 }), objectType({ b: STRING }), '|attribute "b" is required'],
    [tupleValue([1, true]), listType(DYNAMIC), "|all list elements must have the same type"],
    [tupleValue(["a", tupleValue([])]), listType(STRING), "|element 1: string required"],
    [
      objectValue({ a: objectValue({ b: tupleValue(["x"]) }) }),
      objectType({ a: objectType({ b: listType(NUMBER) }) }),
      ".a.b[0]|a number is required",
    ],
    [mapValue(STRING, { k: "x" }), mapType(NUMBER), '["k"]|a number is required'],
    [mapValue(STRING, {}), objectType({ a: STRING }), '|map has no element for required attribute "a"'],
    [
      objectValue({}),
      objectType({ a: STRING, b: STRING, c: STRING }),
      '|attributes "a", "b", and "c" are required',
    ],
  ])("%# is refused with its reason and place", (value, type, problem) => {
    expect(problemOf(value, type)).toBe(problem);
  });

  test("surplus attributes are dropped and optional ones are null", () => {
    const type = objectType({ a: STRING, b: NUMBER }, ["b"]);
    const result = converted(objectValue({ a: 1, z: true }), type);
    expect(identicalValues(result, objectValue({ a: "1", b: nullValue(NUMBER) }))).toBe(true);
  });

  test("any inside a collection becomes one type, inside an object each its own", () => {
    expect(typeOf(converted(tupleValue([1, "a"]), listType(DYNAMIC)))).toBe(listType(STRING));
    expect(typeOf(converted(objectValue({ a: 1, b: "x" }), objectType({ a: DYNAMIC, b: DYNAMIC })))).toBe(
      objectType({ a: NUMBER, b: STRING }),
    );
    expect(typeOf(converted(tupleValue([]), listType(DYNAMIC)))).toBe(listType(DYNAMIC));
    expect(typeOf(converted(tupleValue([objectValue({ a: 1 }), nullValue()]), listType(DYNAMIC)))).toBe(
      listType(objectType({ a: NUMBER })),
    );
  });

  test("nulls, unknowns and marks go through; a set takes the marks of its elements", () => {
    expect(converted(nullValue(), STRING)).toBe(nullValue(STRING));
    expect(typeOf(converted(unknownValue(DYNAMIC), NUMBER))).toBe(NUMBER);
    const list = converted(tupleValue([mark("a", ["sensitive"])]), listType(STRING));
    expect(list).toMatchObject({ kind: "list", containsMarks: true });
    expect(converted(list, setType(STRING))).toMatchObject({ kind: "marked" });
  });

  test("an unknown tuple converts to a list of as many unknowns", () => {
    const unknown = unknownValue(tupleType([NUMBER, STRING]), { notNull: true });
    expect(converted(unknown, listType(STRING))).toMatchObject({ kind: "list", items: [{}, {}] });
  });

  test("safe conversions refuse what may fail", () => {
    expect("problem" in convertSafely("1", NUMBER)).toBe(true);
    expect("problem" in convertSafely(1, STRING)).toBe(false);
    expect("problem" in convertSafely(listValue(STRING, ["a"]), setType(STRING))).toBe(true);
  });

  test("converting twice is converting once", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean())), (items) => {
        const once = convert(tupleValue(items), setType(STRING));
        if ("problem" in once) throw new Error(once.problem);
        expect(identicalValues(converted(once.value, setType(STRING)), once.value)).toBe(true);
        expect(
          identicalValues(converted(converted(once.value, listType(STRING)), setType(STRING)), once.value),
        ).toBe(true);
      }),
    );
  });
});

describe("defaults", () => {
  const none: Defaults["children"] = new Map();
  const nothing: Defaults["values"] = new Map();
  const inner: Defaults = { values: new Map([["x", 7]]), children: none };
  const defaults: Defaults = {
    values: new Map<string, Value>([["b", objectValue({})]]),
    children: new Map([
      ["b", inner],
      ["list", { values: nothing, children: new Map([["", inner]]) }],
    ]),
  };

  test("replace what is missing or null, inside out", () => {
    const given = objectValue({ list: tupleValue([objectValue({}), objectValue({ x: nullValue() })]) });
    const filled = objectValue({
      b: objectValue({ x: 7 }),
      list: tupleValue([objectValue({ x: 7 }), objectValue({ x: 7 })]),
    });
    expect(identicalValues(applyDefaults(given, defaults), filled)).toBe(true);
  });

  test("leave a null or unknown whole alone", () => {
    expect(applyDefaults(nullValue(), defaults)).toBe(nullValue());
  });
});
