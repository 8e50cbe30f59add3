import { quoteText } from "./quote.ts";

/** A moment as RFC 3339 writes it. */
export interface Timestamp {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Minutes east of UTC. */
  readonly offset: number;
}

/** Why a text is no timestamp: a message without full stop. */
export interface TimestampProblem {
  readonly problem: string;
}

const fail = (problem: string): TimestampProblem => ({
  problem: `not a valid RFC3339 timestamp: ${problem}`,
});

interface Field {
  readonly what: string;
  readonly digits: number;
  readonly before: string;
  readonly least: number;
  readonly most: number;
}

const FIELDS: readonly Field[] = [
  { what: "year", digits: 4, before: "", least: 0, most: 9999 },
  { what: "month", digits: 2, before: "-", least: 1, most: 12 },
  { what: "day of month", digits: 2, before: "-", least: 0, most: 99 },
  { what: "hour", digits: 2, before: "T", least: 0, most: 23 },
  { what: "minute", digits: 2, before: ":", least: 0, most: 59 },
  { what: "second", digits: 2, before: ":", least: 0, most: 59 },
];

/** Reads `2024-03-05T07:08:09.5Z` or with an offset such as `+01:00`. */
export function parseTimestamp(text: string): Timestamp | TimestampProblem {
  let rest = text;
  const numbers: number[] = [];
  for (const field of FIELDS) {
    if (!rest.startsWith(field.before)) {
      if (field.before === "T") return fail("missing required time introducer 'T'");
      return fail(
        rest === ""
          ? `end of string where ${quoteText(field.before)} is expected`
          : `found ${quoteText(rest)} where ${quoteText(field.before)} is expected`,
      );
    }
    rest = rest.slice(field.before.length);
    const digits = /^\d+/.exec(rest)?.[0].slice(0, field.digits) ?? "";
    if (rest === "") return fail(`end of string before ${field.what}`);
    if (digits.length < field.digits) {
      return fail(
        digits === "" || field.digits === 4
          ? `cannot use ${quoteText(rest)} as ${field.what}`
          : `${field.what} must have exactly two digits`,
      );
    }
    rest = rest.slice(field.digits);
    const number = Number(digits);
    if (number < field.least || number > field.most) return outOfRange(field, rest);
    numbers.push(number);
  }
  return withZone(numbers, rest);
}

function outOfRange(field: Field, rest: string): TimestampProblem {
  if (field.what === "hour") return fail("hour must be between 0 and 23 inclusive");
  if (field.what === "minute") return fail("minute must be between 0 and 59 inclusive");
  return fail(
    rest === "" ? `end of string before ${field.what}` : `cannot use ${quoteText(rest)} as ${field.what}`,
  );
}

function withZone(numbers: readonly number[], text: string): Timestamp | TimestampProblem {
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = numbers;
  const fraction = /^\.(\d+)/.exec(text);
  const rest = text.slice(fraction?.[0].length ?? 0);
  if (rest === "") return fail("end of string before UTC offset");
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))$/.exec(rest);
  if (zone === null) {
    if (/^[Z+-]/.test(rest)) return fail(`cannot use ${quoteText(rest)} as UTC offset`);
    return fail(`cannot use ${quoteText(rest.charAt(0))} as timestamp segment`);
  }
  const [, sign, hours = "0", minutes = "0"] = zone;
  if (Number(hours) > 23 || Number(minutes) > 59) return fail("UTC offset out of range");
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month - 1, day);
  if (midnight.getUTCMonth() !== month - 1 || day === 0) return fail("day out of range");
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === "-" ? -1 : 1);
  return {
    seconds: midnight.getTime() / 1000 + hour * 3600 + (minute - offset) * 60 + second,
    nanoseconds: Number((fraction?.[1] ?? "").slice(0, 9).padEnd(9, "0")),
    offset,
  };
}

/** The moment shifted into its own zone, for reading calendar fields by the UTC getters. */
export function localDate(timestamp: Timestamp): Date {
  return new Date((timestamp.seconds + timestamp.offset * 60) * 1000);
}

/** `+01:00`, or with another separator; `Z` is the caller's. */
export function offsetText(timestamp: Timestamp, separator: string): string {
  const minutes = Math.abs(timestamp.offset);
  const sign = timestamp.offset < 0 ? "-" : "+";
  const two = (value: number) => String(value).padStart(2, "0");
  return sign + two(Math.floor(minutes / 60)) + separator + two(minutes % 60);
}

/** The moment in RFC 3339, fractions dropped. */
export function timestampText(timestamp: Timestamp): string {
  const date = localDate(timestamp).toISOString().slice(0, 19);
  return date + (timestamp.offset === 0 ? "Z" : offsetText(timestamp, ":"));
}
