import { NUMBER, STRING, unknownValue, type Value } from "../values/index.ts";
import { stringParameter, textOf } from "./arguments.ts";
import { type FunctionContext, type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { parseGoDuration } from "./go-durations.ts";
import { quoteText } from "./quote.ts";
import { uuidText } from "./uuid.ts";
import { localDate, offsetText, parseTimestamp, type Timestamp, timestampText } from "./timestamps.ts";

function timestampOf(args: readonly Value[], position: number, blame = true): Timestamp | FunctionProblem {
  const parsed = parseTimestamp(textOf(args, position));
  return "problem" in parsed ? new FunctionProblem(parsed.problem, blame ? position : undefined) : parsed;
}

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

const two = (value: number): string => String(value).padStart(2, "0");

interface Letter {
  /** The lengths that mean something, and what. */
  readonly forms: Readonly<Record<number, (date: Date, timestamp: Timestamp) => string>>;
  readonly allowed: string;
}

const halfDay = (date: Date): number => date.getUTCHours() % 12 || 12;

const LETTERS: ReadonlyMap<string, Letter> = new Map<string, Letter>([
  [
    "Y",
    {
      forms: {
        2: (date) => two(date.getUTCFullYear() % 100),
        4: (date) => String(date.getUTCFullYear()).padStart(4, "0"),
      },
      allowed: 'year must either be "YY" or "YYYY"',
    },
  ],
  [
    "M",
    {
      forms: {
        1: (date) => String(date.getUTCMonth() + 1),
        2: (date) => two(date.getUTCMonth() + 1),
        3: (date) => (MONTHS[date.getUTCMonth()] ?? "").slice(0, 3),
        4: (date) => MONTHS[date.getUTCMonth()] ?? "",
      },
      allowed: 'month must be "M", "MM", "MMM", or "MMMM"',
    },
  ],
  [
    "D",
    {
      forms: { 1: (date) => String(date.getUTCDate()), 2: (date) => two(date.getUTCDate()) },
      allowed: 'day of month must either be "D" or "DD"',
    },
  ],
  [
    "E",
    {
      forms: {
        3: (date) => (DAYS[date.getUTCDay()] ?? "").slice(0, 3),
        4: (date) => DAYS[date.getUTCDay()] ?? "",
      },
      allowed: 'day of week must either be "EEE" or "EEEE"',
    },
  ],
  [
    "h",
    {
      forms: { 1: (date) => String(date.getUTCHours()), 2: (date) => two(date.getUTCHours()) },
      allowed: '24-hour must either be "h" or "hh"',
    },
  ],
  [
    "H",
    {
      forms: { 1: (date) => String(halfDay(date)), 2: (date) => two(halfDay(date)) },
      allowed: '12-hour must either be "H" or "HH"',
    },
  ],
  ["A", { forms: { 2: (date) => (date.getUTCHours() < 12 ? "AM" : "PM") }, allowed: 'must be "AA"' }],
  ["a", { forms: { 2: (date) => (date.getUTCHours() < 12 ? "am" : "pm") }, allowed: 'must be "aa"' }],
  [
    "m",
    {
      forms: { 1: (date) => String(date.getUTCMinutes()), 2: (date) => two(date.getUTCMinutes()) },
      allowed: 'minute must either be "m" or "mm"',
    },
  ],
  [
    "s",
    {
      forms: { 1: (date) => String(date.getUTCSeconds()), 2: (date) => two(date.getUTCSeconds()) },
      allowed: 'second must either be "s" or "ss"',
    },
  ],
  [
    "Z",
    {
      forms: {
        1: (_date, timestamp) => (timestamp.offset === 0 ? "Z" : offsetText(timestamp, ":")),
        3: (_date, timestamp) => (timestamp.offset === 0 ? "UTC" : offsetText(timestamp, "")),
        4: (_date, timestamp) => offsetText(timestamp, ""),
        5: (_date, timestamp) => offsetText(timestamp, ":"),
      },
      allowed: "timezone must be Z, ZZZZ, or ZZZZZ",
    },
  ],
]);

const formatdate: FunctionDefinition = {
  name: "formatdate",
  parameters: [stringParameter("format"), stringParameter("time")],
  resultType: STRING,
  call: (args) => {
    const timestamp = timestampOf(args, 1);
    if (timestamp instanceof FunctionProblem) return timestamp;
    const date = localDate(timestamp);
    let result = "";
    for (const [part] of textOf(args, 0).matchAll(/'(?:[^']|'')*'?|([A-Za-z])\1*|[^A-Za-z']+/g)) {
      const text = part.startsWith("'") ? literalText(part) : verbText(part, date, timestamp);
      if (text instanceof FunctionProblem) return text;
      result += text;
    }
    return result;
  },
};

function literalText(quoted: string): string | FunctionProblem {
  if (quoted === "''") return "'";
  if (quoted.length < 2 || !quoted.endsWith("'")) return new FunctionProblem("unterminated literal '", 0);
  return quoted.slice(1, -1).replaceAll("''", "'");
}

function verbText(part: string, date: Date, timestamp: Timestamp): string | FunctionProblem {
  if (!/^[A-Za-z]/.test(part)) return part;
  const letter = LETTERS.get(part.charAt(0));
  const form = letter?.forms[part.length];
  if (form !== undefined) return form(date, timestamp);
  const why = letter === undefined ? "" : `: ${letter.allowed}`;
  return new FunctionProblem(`invalid date format verb ${quoteText(part)}${why}`, 0);
}

const timeadd: FunctionDefinition = {
  name: "timeadd",
  parameters: [stringParameter("timestamp"), stringParameter("duration")],
  resultType: STRING,
  call: (args) => {
    const start = timestampOf(args, 0, false);
    if (start instanceof FunctionProblem) return start;
    const duration = parseGoDuration(textOf(args, 1));
    if ("problem" in duration) return new FunctionProblem(duration.problem);
    const total = BigInt(start.seconds) * 1_000_000_000n + BigInt(start.nanoseconds) + duration.nanoseconds;
    const seconds = Number(
      (total - (((total % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n)) / 1_000_000_000n,
    );
    return timestampText({ ...start, seconds });
  },
};

const timecmp: FunctionDefinition = {
  name: "timecmp",
  parameters: [stringParameter("timestamp_a"), stringParameter("timestamp_b")],
  resultType: NUMBER,
  call: (args) => {
    const a = timestampOf(args, 0);
    if (a instanceof FunctionProblem) return a;
    const b = timestampOf(args, 1);
    if (b instanceof FunctionProblem) return b;
    return Math.sign(a.seconds - b.seconds || a.nanoseconds - b.nanoseconds);
  },
};

const momentText = (milliseconds: number): string =>
  timestampText({ seconds: Math.floor(milliseconds / 1000), nanoseconds: 0, offset: 0 });

function withoutArguments(name: string, compute: (context: FunctionContext) => Value): FunctionDefinition {
  return { name, parameters: [], resultType: STRING, call: (_args, context) => compute(context) };
}

/** Functions on time, and those whose result is new at every call. */
export const DATE_FUNCTIONS: readonly FunctionDefinition[] = [
  formatdate,
  timeadd,
  timecmp,
  withoutArguments("timestamp", ({ now }) => (now === undefined ? unknownValue(STRING) : momentText(now))),
  withoutArguments("plantimestamp", ({ planTime }) => momentText(planTime)),
  withoutArguments("uuid", ({ now, random }) =>
    now === undefined ? unknownValue(STRING) : uuidText(random.bytes(16)),
  ),
];
