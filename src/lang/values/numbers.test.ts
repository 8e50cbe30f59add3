import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  add,
  BigFloat,
  compareNumberValues,
  divide,
  modulo,
  multiply,
  negate,
  numberText,
  numberValue,
  type Outcome,
  parseNumber,
  sameNumber,
  subtract,
  toFloat,
  type Value,
} from "./index.ts";

const number = (text: string) => numberValue(text);

function textOf(outcome: Outcome): string {
  if ("problem" in outcome) return outcome.problem;
  const { value } = outcome;
  if (typeof value !== "number" && !(value instanceof BigFloat)) throw new Error("no number");
  return numberText(value);
}

const calculate = (operation: (a: Value, b: Value) => Outcome, a: string, b: string) =>
  textOf(operation(number(a), number(b)));

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: -60, max: 60 }))
  .map(([digits, exponent]) => `${digits}e${exponent}`);

describe("texts", () => {
  test.each([
    ["1.50", "1.5"],
    ["1e100", `1${"0".repeat(100)}`],
    ["9007199254740993", "9007199254740993"],
    ["1.", "1"],
    [".5", "0.5"],
    ["+1", "1"],
    ["1p3", "8"],
    ["-0", "-0"],
    ["0.1e-5", "0.000001"],
    ["inf", "+Inf"],
    ["-Inf", "-Inf"],
    ["1e700000000", "+Inf"],
    ["1e-700000000", "0"],
    ["00012", "12"],
  ])("%s prints as %s", (written, printed) => {
    expect(numberText(number(written))).toBe(printed);
  });

  test.each(["", " 1", "0x10", "1_000", "NaN", "-", ".", "e5", "1e", "١", "1 ", "infinity"])(
    "%j is no number",
    (text) => {
      expect(parseNumber(text)).toBeUndefined();
    },
  );

  test("what is printed reads back as the same number", () => {
    fc.assert(
      fc.property(decimal, (written) => {
        const value = number(written);
        const again = number(numberText(value));
        expect(sameNumber(value, again)).toBe(true);
        expect(numberText(again)).toBe(numberText(value));
      }),
    );
  });

  test("a double prints as JavaScript prints it, at its own precision", () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (double) => {
        const float = BigFloat.double(double, 53);
        expect(Number(float.text)).toBe(double);
        expect(float.toDouble()).toBe(double);
      }),
    );
  });

  test("an exponent takes no ages, however large", () => {
    expect(compareNumberValues(number("1e300000"), number("1e299999"))).toBeGreaterThan(0);
    expect(compareNumberValues(number("1e-300000"), 0)).toBeGreaterThan(0);
    expect(sameNumber(number("1e300000"), number("1e300001"))).toBe(false);
    expect(numberText(number("1e300000"))).toHaveLength(300_001);
    expect(numberText(number("1e4000000"))).toBe("+Inf");
    expect(numberText(number("1p-9000000"))).toBe("0");
    expect(calculate(multiply, "1e300000", "1e300000")).toBe("+Inf");
  });
});

describe("arithmetic", () => {
  test.each([
    ["0.1", "0.2", "0.3"],
    ["1e100", "1", `1${"0".repeat(99)}1`],
    ["9007199254740991", "1", "9007199254740992"],
    ["inf", "1", "+Inf"],
    ["inf", "-inf", "can't add opposing infinities"],
  ])("%s + %s is %s", (a, b, sum) => {
    expect(calculate(add, a, b)).toBe(sum);
  });

  test("a number out of reach changes nothing", () => {
    expect(calculate(add, "1e200", "1")).toBe(calculate(add, "1e200", "0"));
    expect(compareNumberValues(number("1e300000"), toFloat(number("1")))).toBeGreaterThan(0);
    expect("value" in add(number("1e300000"), number("1e-300000"))).toBe(true);
  });

  test.each([
    ["0.1", "0.1", false],
    ["1e50", "1e-50", true],
  ])("%s * %s keeps the error of its factors", (a, b, one) => {
    expect(calculate(multiply, a, b) === (one ? "1" : "0.01")).toBe(one);
  });

  test.each([
    ["-7", "3", "-1"],
    ["7", "-3", "1"],
    ["-7.5", "2", "-1.5"],
    ["5", "0", "5"],
    ["123456789123456789123456789", "1000", "789"],
    ["11", "5.1", "0.8"],
  ])("%s %% %s is %s", (a, b, rest) => {
    expect(Number(calculate(modulo, a, b))).toBeCloseTo(Number(rest), 12);
  });

  test("dividing by zero is infinite, and only nothing by nothing is an error", () => {
    expect(calculate(divide, "-1", "0")).toBe("-Inf");
    expect(calculate(divide, "0", "0")).toBe("can't divide zero by zero");
    expect(calculate(multiply, "0", "inf")).toBe("can't multiply zero by infinity");
    expect(calculate(subtract, "inf", "inf")).toBe("can't subtract infinity from itself");
  });

  test("a third has as many digits as 512 bits hold", () => {
    expect(calculate(divide, "1", "3")).toHaveLength(157);
    expect(calculate(divide, "1", "3").endsWith("35")).toBe(true);
  });

  test("zero keeps its sign", () => {
    expect(numberText(negate(0) as number)).toBe("-0");
    expect(sameNumber(negate(0) as number, 0)).toBe(true);
  });

  test("integers are exact, whether JavaScript's numbers hold them or not", () => {
    const integer = fc.oneof(
      fc.maxSafeInteger().map(BigInt),
      fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
      fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 53n - 1n, 0n, 1n),
    );
    fc.assert(
      fc.property(integer, integer, (a, b) => {
        const [x, y] = [numberValue(a), numberValue(b)];
        expect(textOf(add(x, y))).toBe(String(a + b));
        expect(textOf(subtract(x, y))).toBe(String(a - b));
        const product = textOf(multiply(x, y));
        expect(product === "-0" ? "0" : product).toBe(String(a * b));
        expect(Math.sign(compareNumberValues(x, y))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
  });
});
