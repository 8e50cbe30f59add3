import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  attribute,
  BOOL,
  compareNumbers,
  compareText,
  containsMarks,
  containsUnknown,
  DYNAMIC,
  elementsOf,
  equalValues,
  graphemes,
  identicalValues,
  impliedValue,
  indexStep,
  indexValue,
  isUnknown,
  knownPrefix,
  listType,
  listValue,
  mapType,
  mapValue,
  mark,
  markedPaths,
  nullValue,
  NUMBER,
  numberValue,
  objectType,
  objectValue,
  parseJsonLossless,
  pathText,
  printJson,
  refine,
  setType,
  setValue,
  STRING,
  tupleValue,
  type Type,
  transformValue,
  typeOf,
  UnknownValue,
  unknownBetween,
  unknownValue,
  unmarkDeep,
  type Value,
  valueAt,
  valueFromJson,
  valueToJson,
  walkValue,
} from "./index.ts";

const { value: anyValue } = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: "grapheme" }).map((text) => text.normalize("NFC")),
    fc.integer(),
    fc.boolean(),
    fc.constantFrom(
      nullValue(),
      nullValue(STRING),
      numberValue("0.1"),
      numberValue("123456789012345678901234567890"),
    ),
    fc.array(tie("value"), { maxLength: 3 }).map((items) => tupleValue(items)),
    fc.dictionary(fc.constantFrom("a", "b", "10", "9"), tie("value")).map((entries) => objectValue(entries)),
    fc.array(fc.string()).map((items) => setValue(STRING, items)),
    fc.dictionary(fc.string(), fc.integer()).map((entries) => mapValue(NUMBER, Object.entries(entries))),
  ),
}));

function itemsOf(value: Value): readonly Value[] {
  return (elementsOf(value) ?? []).map((element) => element.value);
}

describe("order", () => {
  test("texts sort by code point, as their bytes do", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
        expect(Math.sign(compareText(a, b))).toBe(Math.sign(Buffer.compare(Buffer.from(a), Buffer.from(b))));
      }),
    );
    expect(compareText("😀", "\uffee")).toBeGreaterThan(0);
  });

  test("a set is sorted, without repetition, however it is given", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -20, max: 20 })), (numbers) => {
        const expected = [...new Set(numbers)].toSorted((a, b) => a - b);
        expect(itemsOf(setValue(NUMBER, numbers))).toEqual(expected);
        expect(identicalValues(setValue(NUMBER, numbers), setValue(NUMBER, numbers.toReversed()))).toBe(true);
      }),
    );
  });

  test("null comes last but unknown, and unknowns are never the same", () => {
    const unknown = unknownValue(STRING);
    const set = setValue(STRING, [unknown, nullValue(STRING), "b", unknown, "a", nullValue(STRING)]);
    expect(itemsOf(set)).toEqual(["a", "b", nullValue(STRING), unknown, unknown]);
  });

  test("elements of a set of objects are told apart beyond the digits that order them", () => {
    const object = (text: string) => objectValue({ a: numberValue(text) });
    const items = [object("1.00000000001"), object("1.00000000002"), object("1.00000000001")];
    expect(itemsOf(setValue(objectType({ a: NUMBER }), items))).toHaveLength(2);
  });

  test("keys of maps and objects sort as text, also those that look like numbers", () => {
    expect(
      objectValue([
        ["9", 1],
        ["10", 2],
      ]).keys,
    ).toEqual(["10", "9"]);
    expect(mapValue(NUMBER, { "9": 1, "10": 2 }).keys).toEqual(["10", "9"]);
  });
});

describe("making", () => {
  test("a collection refuses elements of another type", () => {
    expect(() => listValue(STRING, [1])).toThrow("a list of string cannot hold number");
  });

  test("the last of repeated names counts, and no name is special", () => {
    const value = objectValue([
      ["a", 1],
      ["__proto__", true],
      ["a", "x"],
    ]);
    expect(value.get("a")).toBe("x");
    expect(value.get("__proto__")).toBe(true);
    expect(value.get("constructor")).toBeUndefined();
  });

  test("flags say whether unknowns and marks are inside", () => {
    const value = tupleValue([objectValue({ a: unknownValue(STRING), b: mark(1, ["sensitive"]) })]);
    expect([containsUnknown(value), containsMarks(value)]).toEqual([true, true]);
    expect([containsUnknown(tupleValue([1])), containsMarks(tupleValue([1]))]).toEqual([false, false]);
  });

  test("marks inside a set move to the set", () => {
    const set = setValue(STRING, [mark("a", ["sensitive"]), "b"]);
    expect(markedPaths(set)).toEqual([{ path: [], marks: new Set(["sensitive"]) }]);
  });
});

describe("unknown values", () => {
  const u = unknownValue(STRING, { notNull: true, prefix: "pre-" });

  test("what is left over of a range of one is known", () => {
    expect(unknownBetween(1, 1)).toBe(1);
    expect(unknownValue(listType(STRING), { notNull: true, maximumLength: 0 })).toMatchObject({
      kind: "list",
    });
    expect(
      refine(unknownValue(listType(STRING), { notNull: true }), { minimumLength: 2, maximumLength: 2 }),
    ).toMatchObject({ kind: "list", items: [{}, {}] });
  });

  test("equality is decided where what is known excludes it", () => {
    expect(equalValues(u, nullValue())).toBe(false);
    expect(equalValues(u, "x")).toBe(false);
    expect(equalValues(u, "pre")).toBe(false);
    expect(isUnknown(equalValues(u, "pre-x"))).toBe(true);
    expect(isUnknown(equalValues(u, u))).toBe(true);
    expect(equalValues(unknownBetween(1, 2), 3)).toBe(false);
    expect(isUnknown(equalValues(unknownValue(DYNAMIC), nullValue()))).toBe(true);
    expect(isUnknown(equalValues(tupleValue([u]), tupleValue(["pre-1"])))).toBe(true);
    expect(equalValues(tupleValue([u, 1]), tupleValue(["pre-1", 2]))).toBe(false);
  });

  test("order is decided by bounds, taken as exclusive", () => {
    expect(compareNumbers(">", unknownBetween(1, 2), 0)).toBe(true);
    expect(isUnknown(compareNumbers(">=", unknownBetween(1, 2), 1))).toBe(true);
  });

  test("values of different types are unequal, nulls are equal", () => {
    expect(equalValues(1, "1")).toBe(false);
    expect(equalValues(listValue(NUMBER, [1]), tupleValue([1]))).toBe(false);
    expect(equalValues(nullValue(STRING), nullValue(NUMBER))).toBe(true);
    expect(equalValues(mark(1, ["sensitive"]), 1)).toMatchObject({ value: true });
  });
});

describe("access", () => {
  const detail = (access: ReturnType<typeof indexValue>) =>
    "value" in access ? access.value : access.detail;

  test("by index, key and name, with keys that convert", () => {
    expect(indexValue(tupleValue(["a"]), "0")).toEqual({ value: "a" });
    expect(indexValue(objectValue({ "1": "x" }), 1)).toEqual({ value: "x" });
    expect(attribute(mapValue(NUMBER, { a: 1 }), "a")).toEqual({ value: 1 });
    expect(detail(indexValue(tupleValue([1]), -1))).toContain("a negative number");
    expect(detail(indexValue(tupleValue([1]), numberValue("0.5")))).toContain("fractional part");
    expect(detail(attribute(nullValue(), "a"))).toContain("does not have any attributes");
  });

  test("of unknown collections is unknown, of the right type", () => {
    const access = attribute(unknownValue(objectType({ a: BOOL })), "a");
    expect("value" in access && typeOf(access.value)).toBe(BOOL);
    expect(detail(indexValue(unknownValue(listType(NUMBER)), 5))).toBeInstanceOf(UnknownValue);
  });

  test("marks of the collection and of the key go to the element", () => {
    const access = indexValue(mark(tupleValue([1]), ["sensitive"]), mark(0, ["ephemeral"]));
    expect("value" in access && markedPaths(access.value)).toEqual([
      { path: [], marks: new Set(["sensitive", "ephemeral"]) },
    ]);
  });
});

describe("paths", () => {
  test("walking and looking up agree", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        walkValue(value, (path, inner) => {
          expect(valueAt(value, path)).toBe(inner);
        });
      }),
    );
  });

  test("a transformation that changes nothing gives the value itself", () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(transformValue(value, (_path, inner) => inner)).toBe(value);
      }),
    );
  });

  test("print as messages show them", () => {
    expect(pathText([{ kind: "attribute", name: "a" }, indexStep(0), indexStep('k"'), indexStep(true)])).toBe(
      '.a[0]["k\\""][...]',
    );
  });
});

describe("JSON", () => {
  test("a value survives its state, whatever its type", () => {
    fc.assert(
      fc.property(anyValue, fc.boolean(), (value, dynamic) => {
        const type: Type = dynamic ? DYNAMIC : typeOf(value);
        const encoded = valueToJson(value, type);
        if ("problem" in encoded) throw new Error(encoded.problem);
        const parsed = parseJsonLossless(printJson(encoded.json, "  "));
        if ("problem" in parsed) throw new Error(parsed.problem);
        const decoded = valueFromJson(parsed.json, type);
        if ("problem" in decoded) throw new Error(decoded.problem);
        if (typeOf(value) !== DYNAMIC) expect(identicalValues(decoded.value, value)).toBe(true);
      }),
    );
  });

  test("agrees with JSON.parse on texts that are JSON, and refuses the same others", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.string(),
          fc.json().map((text) => text.slice(1)),
        ),
        (text) => {
          let wanted: unknown;
          let valid = true;
          try {
            wanted = JSON.parse(text);
          } catch {
            // The oracle's way to say that the text is no JSON.
            valid = false;
          }
          const parsed = parseJsonLossless(text);
          expect("json" in parsed).toBe(valid);
          if ("json" in parsed) expect(JSON.parse(printJson(parsed.json))).toEqual(wanted);
        },
      ),
    );
  });

  test("keeps every digit, and survives deep nesting as an error", () => {
    const digits = "123456789012345678901234567890.123456789";
    const parsed = parseJsonLossless(`[${digits}]`);
    expect("json" in parsed && printJson(parsed.json)).toBe(`[${digits}]`);
    expect(parseJsonLossless("[".repeat(100_000))).toMatchObject({ problem: "exceeded max depth" });
  });

  test("refuses what cannot be stored, and says where", () => {
    expect(valueToJson(tupleValue([numberValue("inf")]), typeOf(tupleValue([1])))).toMatchObject({
      problem: "an infinite number cannot be stored",
      path: [indexStep(0)],
    });
    expect(() => valueToJson(unknownValue(STRING), STRING)).toThrow("unknown");
    expect(() => valueToJson(mark("secret", ["sensitive"]), STRING)).toThrow("marked");
  });

  test.each<[unknown, Type, string]>([
    [1, listType(STRING), "a list is required"],
    [["x"], listType(NUMBER), "a number is required"],
    [{ z: 1 }, objectType({ a: STRING }), 'unsupported attribute "z"'],
    [{ value: 1 }, DYNAMIC, "a type is required beside a value of any type"],
  ])("%j is no value of its type", (json, type, problem) => {
    expect(valueFromJson(json as never, type)).toMatchObject({ problem });
  });

  test("without a type arrays are tuples and objects are objects", () => {
    const value = impliedValue({ a: [1, "x", null] });
    expect(identicalValues(value, objectValue({ a: tupleValue([1, "x", nullValue()]) }))).toBe(true);
  });
});

describe("marks", () => {
  test("come off at every depth, and are found again by path", () => {
    const value = mark(objectValue({ a: tupleValue([mark("s", ["sensitive"])]) }), ["ephemeral"]);
    const bare = unmarkDeep(value);
    expect(containsMarks(bare.value)).toBe(false);
    expect([...bare.marks].toSorted()).toEqual(["ephemeral", "sensitive"]);
    expect(markedPaths(value).map(({ path }) => pathText(path))).toEqual(["", ".a[0]"]);
  });
});

describe("grapheme clusters", () => {
  test.each<[string, string[]]>([
    ["🇩🇪🇫🇷", ["🇩🇪", "🇫🇷"]],
    ["\r\na", ["\r\n", "a"]],
    ["क्षि", ["क्", "षि"]],
    ["👩‍👩‍👧‍👦x", ["👩‍👩‍👧‍👦", "x"]],
  ])("of %j", (text, clusters) => {
    expect(graphemes(text)).toEqual(clusters);
  });

  test("a known prefix leaves out what may still grow, and has a limit", () => {
    expect(knownPrefix("pre-")).toBe("pre");
    expect(knownPrefix("e")).toBe("");
    expect(knownPrefix("é".repeat(500))).toHaveLength(64);
  });
});

test("types of collections follow their elements", () => {
  expect(typeOf(setValue(STRING, []))).toBe(setType(STRING));
  expect(typeOf(mapValue(NUMBER, {}))).toBe(mapType(NUMBER));
});
