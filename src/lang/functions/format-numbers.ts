import { type BigFloat } from "../values/index.ts";
import { exactDigits, fixedDecimal, significantDigits } from "../values/index.ts";
import type { Verb } from "./format-verbs.ts";

const RADIX: Readonly<Record<string, number>> = { b: 2, d: 10, o: 8, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: "0b", o: "0", x: "0x", X: "0X" };

/** An integer by `%b %d %o %x %X`. */
export function formatInteger(value: bigint, verb: Verb): string {
  let digits = (value < 0n ? -value : value).toString(RADIX[verb.mode] ?? 10);
  if (verb.mode === "X") digits = digits.toUpperCase();
  if (verb.precision !== undefined) digits = digits.padStart(verb.precision, "0");
  const head = signOf(value < 0n, verb) + (verb.flags.has("#") ? (PREFIX[verb.mode] ?? "") : "");
  const missing = Math.max(0, (verb.width ?? 0) - head.length - digits.length);
  if (verb.flags.has("-")) return head + digits + " ".repeat(missing);
  if (verb.flags.has("0") && verb.precision === undefined) return head + "0".repeat(missing) + digits;
  return " ".repeat(missing) + head + digits;
}

function signOf(negative: boolean, verb: Verb): string {
  if (negative) return "-";
  return verb.flags.has("+") ? "+" : verb.flags.has(" ") ? " " : "";
}

/** A number by `%e %E %f %g %G`. */
export function formatFloat(value: BigFloat, verb: Verb): string {
  const text = value.infinite ? "Inf" : floatDigits(value, verb);
  const sign = value.infinite && !value.negative ? "+" : signOf(value.negative, verb);
  const missing = Math.max(0, (verb.width ?? 0) - sign.length - text.length);
  if (verb.flags.has("0") && !value.infinite) return sign + "0".repeat(missing) + text;
  return verb.flags.has("-") ? sign + text + " ".repeat(missing) : " ".repeat(missing) + sign + text;
}

const DEFAULT_PRECISION = 6;

function floatDigits(value: BigFloat, verb: Verb): string {
  const exact = exactDigits(value.mantissa, value.exponent);
  switch (verb.mode) {
    case "f":
      return fixedDecimal(exact, verb.precision ?? DEFAULT_PRECISION);
    case "e":
    case "E":
      return scientific(exact, verb.precision ?? DEFAULT_PRECISION, verb.mode, true);
    default:
      return general(value, exact, verb);
  }
}

type Digits = ReturnType<typeof exactDigits>;

function scientific(exact: Digits, places: number, letter: string, pad: boolean): string {
  const { digits, point } = significantDigits(exact, places + 1);
  const exponent = digits === "" ? 0 : point - 1;
  const fraction = pad ? digits.slice(1).padEnd(places, "0") : digits.slice(1);
  const power = String(Math.abs(exponent)).padStart(2, "0");
  return `${digits.charAt(0) || "0"}${fraction === "" ? "" : `.${fraction}`}${letter}${exponent < 0 ? "-" : "+"}${power}`;
}

/** With an exponent where the number is very small, or has more digits before the point than are asked for. */
function general(value: BigFloat, exact: Digits, verb: Verb): string {
  const letter = verb.mode === "G" ? "E" : "e";
  const shortest = verb.precision === undefined;
  const wanted = shortest
    ? shortestDigits(value)
    : significantDigits(exact, Math.max(1, verb.precision ?? 1));
  let limit = shortest ? DEFAULT_PRECISION : Math.max(1, verb.precision ?? 1);
  if (!shortest && limit > wanted.digits.length && wanted.digits.length >= wanted.point) {
    limit = wanted.digits.length;
  }
  const exponent = wanted.digits === "" ? 0 : wanted.point - 1;
  if (exponent < -4 || exponent >= limit) {
    return scientific(wanted, Math.max(0, wanted.digits.length - 1), letter, false);
  }
  return fixedDecimal(wanted, Math.max(0, wanted.digits.length - wanted.point));
}

function shortestDigits(value: BigFloat): Digits {
  const [whole = "", fraction = ""] = value.text.replace("-", "").split(".");
  const all = whole + fraction;
  const first = all.search(/[1-9]/);
  if (first < 0) return { digits: "", point: 0 };
  return { digits: all.slice(first).replace(/0+$/, ""), point: whole.length - first };
}
