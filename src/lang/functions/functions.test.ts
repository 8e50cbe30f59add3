import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  BOOL,
  containsMarks,
  DYNAMIC,
  identicalValues,
  impliedValue,
  isUnknown,
  type Json,
  listType,
  mark,
  nullValue,
  NUMBER,
  numberValue,
  plainJson,
  printJson,
  STRING,
  tupleValue,
  typeOf,
  unknownBetween,
  unknownValue,
  unmarkDeep,
  type Value,
} from "../values/index.ts";
import { callFunction, type FunctionContext, FUNCTIONS, systemFiles } from "./index.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), "functions-"));
  writeFileSync(path.join(directory, "hello.txt"), "e\u0301\n");
  writeFileSync(path.join(directory, "binary"), Uint8Array.of(0xff, 0));
  mkdirSync(path.join(directory, "inner"));
});
afterAll(() => rmSync(directory, { recursive: true }));

function context(more: Partial<FunctionContext> = {}): FunctionContext {
  return {
    files: systemFiles(directory),
    baseDirectory: directory,
    homeDirectory: "/home/clay",
    planTime: Date.UTC(2024, 2, 5, 7, 8, 9, 500),
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length).fill(0xab) },
    ...more,
  };
}

function call(name: string, args: readonly Value[], more: Partial<FunctionContext> = {}): Value | string {
  const definition = FUNCTIONS.get(name);
  if (definition === undefined) throw new Error(`there is no function ${name}`);
  const result = callFunction(definition, args, context(more));
  return "value" in result
    ? result.value
    : result.problems.map(({ argument, message }) => `! ${argument ?? "-"}: ${message}`).join("; ");
}

/** The result as JSON, or the problem as `! argument: message`. */
function shown(name: string, args: readonly Json[]): string {
  const result = call(name, args.map(impliedValue));
  if (typeof result === "string" && result.startsWith("! ")) return result;
  const json = plainJson(unmarkDeep(result).value);
  return "problem" in json ? json.problem : printJson(json.json);
}

const WHOLE = "value must be a whole number, between -9223372036854775808 and 9223372036854775807";

describe("calls", () => {
  test.each<[string, Json[], string]>([
    ["title", ["a٣b—c d’e ǆ"], '"A٣b—c D’e ǅ"'],
    ["upper", ["ᾳßŉ"], '"ᾼßŉ"'],
    ["lower", ["ΑΣİ"], '"ασi"'],
    ["substr", ["hello", -3, 0], '"llo"'],
    ["substr", ["hello", -9, 2], '"he"'],
    ["split", ["", "👩é"], '["👩","é"]'],
    ["indent", [-1, "a\nb"], "! 0: the number of spaces must not be negative"],
    ["indent", [1e9, "a\nb"], "! 0: the result would be too long"],
    ["sort", [[null, "a"]], "! -: given list element 0 is null; a null string cannot be sorted"],
    ["join", [",", ["a"], ["b", null]], "! 2: element 1 of list 2 is null; cannot concatenate null values"],
    ["parseint", ["+1", 10], "1"],
    ["parseint", [12, 10], "! 0: first argument must be a string, not number"],
    ["log", [-1, 10], "! -: the result is not a number"],
    ["pow", [10, 20], "100000000000000000000"],
    [
      "range",
      [2000],
      "! -: more than 1024 values were generated; either decrease the difference between start and end or use a smaller step",
    ],
    [
      "range",
      [1, 2, 0],
      "! -: more than 1024 values were generated; either decrease the difference between start and end or use a smaller step",
    ],
    ["range", [1, 1, 0], "[]"],
    ["element", [["a"], -1], "! -: cannot use element function with a negative index"],
    ["element", [["a"], { a: 1 }], "! 1: number required"],
    ["chunklist", [[1, 2, 3], 2], "[[1,2],[3]]"],
    ["setproduct", [[0], [null, {}, ""]], "! -: all elements must be of the same type"],
    ["setproduct", [["a"]], "! -: at least two arguments are required"],
    ["setproduct", [["a", "b"], [1]], '[["a",1],["b",1]]'],
    ["flatten", [["a", null, [["b"]]]], '["a",null,"b"]'],
    ["zipmap", [["a"], [1, 2]], "! -: number of keys (1) does not match number of values (2)"],
    ["lookup", [{ a: 1 }, "b"], '! 0: the given object has no attribute "b"'],
    ["lookup", [[1], "b"], "! 0: lookup() requires a map as the first argument"],
    ["merge", [{ a: 1 }, null, { a: 2, b: 3 }], '{"a":2,"b":3}'],
    ["sum", [{ a: 1 }], "! 0: argument must be list, set, or tuple. Received object"],
    ["distinct", ["a"], "! 0: list of any single type required"],
    [
      "tobool",
      ["True"],
      '! 0: cannot convert "True" to bool; only the strings "true" or "false" are allowed',
    ],
    [
      "tobool",
      ["é\u200b\u0001x"],
      '! 0: cannot convert "é\\u200b\\x01x" to bool; only the strings "true" or "false" are allowed',
    ],
    ["tolist", [{ a: 1 }], "! 0: cannot convert object to list of any single type"],
    ["base64decode", ["aGVs\nbG8="], '"hello"'],
    ["base64decode", ["aGVsbG8"], '! -: failed to decode base64 data "aGVsbG8"'],
    ["urlencode", ["a b+é/!'()*~"], '"a+b%2B%C3%A9%2F%21%27%28%29%2A~"'],
    ["jsonencode", [{ "10": 1, "9": "<\u2028" }], '"{\\"10\\":1,\\"9\\":\\"\\\\u003c\\\\u2028\\"}"'],
    ["jsondecode", [""], "! -: EOF"],
    ["jsondecode", ["[1,]"], "! -: invalid character ']' looking for beginning of value"],
    ["jsondecode", ["1 2"], "! -: extraneous data after JSON object"],
    ["cidrhost", ["10.0.0.0/8", -16777217], "! -: prefix of 8 does not accommodate a host numbered -1"],
    ["cidrhost", ["1::2:0:0:3:4/128", 0], '"1::2:0:0:3:4"'],
    ["cidrhost", ["fe80::%eth0/64", 1], "! -: invalid CIDR expression: invalid CIDR address: fe80::%eth0/64"],
    ["cidrnetmask", ["fd00::/8"], "! -: IPv6 addresses cannot have a netmask: fd00::/8"],
    ["cidrnetmask", ["::ffff:10.0.0.0/112"], '"ffff:ffff:ffff:ffff:ffff:ffff:ffff:0"'],
    [
      "cidrsubnet",
      ["10.0.0.0/16", 8, -1],
      "! -: prefix extension of 8 does not accommodate a subnet numbered -1",
    ],
    [
      "cidrsubnets",
      ["10.0.0.0/30", 1, 1, 1],
      "! 3: not enough remaining address space for a subnet with a prefix of 31 bits after 10.0.0.2/31",
    ],
    [
      "cidrsubnets",
      ["10.0.0.0/8", 31],
      "! 1: would extend prefix to 39 bits, which is too long for an IPv4 address",
    ],
    ["formatdate", ["HH H AA aa", "2024-03-05T00:08:09Z"], '"12 12 AM am"'],
    ["formatdate", ["MMMM D, YY h:mm EEEE", "0099-12-01T07:08:09.5+05:30"], '"December 1, 99 7:08 Tuesday"'],
    ["formatdate", ["'abc", "2024-03-05T00:08:09Z"], "! 0: unterminated literal '"],
    [
      "formatdate",
      ["YYYY", "20240305"],
      '! 1: not a valid RFC3339 timestamp: found "0305" where "-" is expected',
    ],
    [
      "formatdate",
      ["YYYY", "2024-03-05T7:08:09Z"],
      "! 1: not a valid RFC3339 timestamp: hour must have exactly two digits",
    ],
    ["timeadd", ["2024-03-05T07:08:09.5Z", "600ms"], '"2024-03-05T07:08:10Z"'],
    ["timeadd", ["2024-03-05T07:08:09+02:00", "-1.5h"], '"2024-03-05T05:38:09+02:00"'],
    ["timeadd", ["1969-12-31T23:59:59.5Z", "100ms"], '"1969-12-31T23:59:59Z"'],
    ["timeadd", ["2024-03-05T07:08:09Z", "1d"], '! -: time: unknown unit "d" in duration "1d"'],
    ["basename", ["a/b/"], '"b"'],
    ["dirname", ["a/b/"], '"a/b"'],
    ["pathexpand", ["~/x"], '"/home/clay/x"'],
    ["pathexpand", ["~other/x"], "! 0: failed to expand ~: cannot expand user-specific home dir"],
    ["file", ["hello.txt"], '"é\\n"'],
    ["file", ["inner"], "! 0: failed to read file: read inner: is a directory"],
    ["filebase64", ["binary"], '"/wA="'],
    ["fileexists", ["inner/../hello.txt"], "true"],
    ["fileexists", ["hello.txt/below"], "false"],
    ["fileexists", ["/dev/null"], '! -: "/dev/null" is not a regular file'],
    ["filesha256", ["none"], "! -: open none: no such file or directory"],
  ])("%s(%j)", (name, args, result) => {
    expect(shown(name, args)).toBe(result);
  });

  test("a fraction is no index, and says so", () => {
    expect(call("element", [tupleValue(["a"]), numberValue("1.5")])).toBe(`! -: invalid index: ${WHOLE}`);
    expect(call("indent", [numberValue("0.5"), "a"])).toBe(`! -: ${WHOLE}`);
  });

  test("all arguments that do not convert are reported together", () => {
    expect(call("substr", [tupleValue([]), "x", "y"])).toBe(
      "! 0: string required; ! 1: a number is required; ! 2: a number is required",
    );
  });
});

describe("format", () => {
  test.each<[string, Json[], string]>([
    ["%05s|%05v|%-05s|", ["a", 1, "b"], "0000a|00001|b0000|"],
    ["%v %v", [1000000, [null, true]], "1e+06 [null,true]"],
    ["%#x %#o %#b %#X", [255, 8, 5, 255], "0xff 010 0b101 0XFF"],
    ["%.3d|%8.3d|%+d|%x", [5, 5, 5, -255], "005|     005|+5|-ff"],
    ["%6.3v|%.1q", ["abcdef", "abc"], 'abcdef|"a"'],
    ["%+g|% g|%08g|%-8g|", [1, 2, 3, 4], "+1| 2|00000003|4       |"],
    ["%g %G %g %.3g", [1000000, 10000000, 123456, 1234567], "1e+06 1E+07 123456 1.23e+06"],
    ["%e %.0e %.2f", [0, 15, 2], "0.000000e+00 2e+01 2.00"],
    ["%[2]d %[1]d", [1, 2], "2 1"],
    ["100%%", [], "100%"],
    ["%d%", [], '! -: not enough arguments for "%d" at 0: need index 1 but have 0 total'],
    ["%", [1], "! -: invalid format string starting at offset 1"],
    ["%5", [1], "! -: invalid format string starting at offset 2"],
    ["%*d", [1], "! -: unrecognized format character '*' at offset 1"],
    ["é%s%z", ["a", 1], "! -: unsupported format verb 'z' in \"%z\" at offset 4"],
    ["%s", [null], '! -: unsupported value for "%s" at 0: null value cannot be formatted'],
    ["%s", ["a", "b"], "! 2: too many arguments; only 1 used by format string"],
    ["%99999999999d", [1], '! -: the field "%99999999999d" is too wide'],
  ])("%s of %j", (pattern, args, result) => {
    expect(call("format", [pattern, ...args.map(impliedValue)])).toBe(result);
  });

  test("an infinity prints with its sign, and is no integer", () => {
    expect(call("format", ["%f %s", numberValue("inf"), numberValue("-inf")])).toBe("+Inf -Inf");
    expect(call("format", ["%d", numberValue("inf")])).toContain("an integer is required");
  });

  test("of an unknown knows what stands before the first verb", () => {
    expect(call("format", ["name-%s", unknownValue(STRING)])).toMatchObject({
      refinements: { notNull: true, prefix: "name" },
    });
  });
});

describe("unknowns, nulls and marks", () => {
  const u = unknownValue(STRING, { notNull: true });

  test("an unknown argument makes the result unknown, of its type and not null", () => {
    expect(call("upper", [u])).toMatchObject({ type: STRING, refinements: { notNull: true } });
    expect(typeOf(call("keys", [unknownValue(DYNAMIC)]))).toBe(DYNAMIC);
  });

  test("a null is refused where the parameter takes none", () => {
    expect(call("upper", [nullValue()])).toBe("! 0: argument must not be null");
  });

  test("marks go to the whole result, or stay where the function knows better", () => {
    const secret = mark("a", ["sensitive"]);
    expect(call("upper", [secret])).toMatchObject({ value: "A" });
    expect(call("length", [tupleValue([secret])])).toBe(1);
    const joined = call("concat", [tupleValue([secret]), tupleValue([1])]);
    expect(joined).toMatchObject({ kind: "tuple", containsMarks: true });
    expect(call("sort", [tupleValue([secret])])).toMatchObject({ kind: "marked" });
    expect(containsMarks(call("nonsensitive", [secret]))).toBe(false);
    expect(call("tonumber", [secret])).toBe("! 0: cannot convert this sensitive string to number");
    expect(call("lookup", [impliedValue({ b: 1 }), secret, 5])).toMatchObject({ kind: "marked" });
  });

  test("a secret key is not shown in an error", () => {
    expect(call("lookup", [call("tomap", [impliedValue({ b: 1 })]), mark("s3cret", ["sensitive"])])).toBe(
      "! -: lookup failed to find key (sensitive value)",
    );
  });

  test("what is known decides where it can", () => {
    expect(call("contains", [tupleValue(["a", u]), "a"])).toBe(true);
    expect(isUnknown(call("contains", [tupleValue(["a"]), u]))).toBe(true);
    expect(call("anytrue", [tupleValue([unknownValue(BOOL), true])])).toBe(true);
    expect(call("startswith", [unknownValue(STRING, { prefix: "pre" }), "x"])).toBe(false);
    expect(call("coalesce", ["x", u])).toBe("x");
    expect(call("sort", [tupleValue([u, "a"])])).toMatchObject({ kind: "list", items: [{}, {}] });
    expect(call("length", [unknownValue(listType(NUMBER))])).toMatchObject({
      refinements: { minimum: { value: 0 } },
    });
    expect(call("max", [1, unknownBetween(1, 2)])).toMatchObject({ type: NUMBER });
  });

  test("a tuple keeps its shape around unknowns", () => {
    const reversed = call("reverse", [tupleValue([u, 1])]);
    expect(identicalValues(reversed, tupleValue([1, u]))).toBe(true);
  });
});

describe("time and chance come from outside", () => {
  test("are unknown while planning, and given by the context later", () => {
    expect(isUnknown(call("timestamp", []))).toBe(true);
    expect(isUnknown(call("uuid", []))).toBe(true);
    expect(call("timestamp", [], { now: 1500 })).toBe("1970-01-01T00:00:01Z");
    expect(call("uuid", [], { now: 0 })).toBe("abababab-abab-abab-abab-abababababab");
    expect(call("plantimestamp", [])).toBe("2024-03-05T07:08:09Z");
  });
});

describe("files", () => {
  test("that are not text are refused as text", () => {
    expect(call("file", ["binary"])).toContain('contents of "binary" are not valid UTF-8');
  });

  test.skipIf(process.getuid?.() === 0)(
    "that may not be read are an error, and no crash (for root, skipped: root may read everything)",
    () => {
      writeFileSync(path.join(directory, "closed"), "x");
      chmodSync(path.join(directory, "closed"), 0);
      expect(call("file", ["closed"])).toContain("cannot be read");
    },
  );

  test("templates take their variables and cannot nest", () => {
    const renderTemplate: FunctionContext["renderTemplate"] = (source, name, variables) =>
      `${name}: ${source.trim()} ${[...variables.keys()].join()}`;
    expect(call("templatefile", ["hello.txt", impliedValue({ a: 1 })], { renderTemplate })).toBe(
      "hello.txt: é a",
    );
    expect(call("templatefile", ["hello.txt", impliedValue({ "1a": 1 })], { renderTemplate })).toContain(
      'invalid template variable name "1a"',
    );
    expect(call("templatefile", ["hello.txt", impliedValue({})])).toContain("cannot recursively call");
  });
});
