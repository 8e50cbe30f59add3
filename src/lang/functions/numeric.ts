import {
  add,
  BigFloat,
  BOOL,
  compareNumberValues,
  convert,
  fromFloat,
  isNull,
  isNumber,
  listType,
  listValue,
  NUMBER,
  type NumberValue,
  numberValue,
  toFloat,
  typeOf,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import {
  anyParameter,
  argument,
  compoundOf,
  doubleOf,
  integerOf,
  numberOf,
  numberParameter,
  parameter,
  textOf,
} from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { quoteText } from "./quote.ts";

function ofNumber(
  name: string,
  compute: (value: NumberValue) => NumberValue | FunctionProblem,
): FunctionDefinition {
  return {
    name,
    parameters: [numberParameter("num")],
    resultType: NUMBER,
    call: (args) => compute(numberOf(args, 0)),
  };
}

function isNegative(value: NumberValue): boolean {
  return typeof value === "number" ? value < 0 || Object.is(value, -0) : value.negative;
}

/** Rounds to an integer: down for -1, up for 1. Infinities stay. */
function rounded(value: NumberValue, direction: 1 | -1): NumberValue {
  if (typeof value === "number" || value.infinite) return value;
  const cut = value.truncated();
  if (value.isInteger) return value;
  const up = direction === 1 ? !value.negative : false;
  const down = direction === -1 ? value.negative : false;
  return fromFloat(BigFloat.integer(up ? cut + 1n : down ? cut - 1n : cut));
}

/** Bits of the numbers that `log` and `pow` compute with. */
const DOUBLE_PRECISION = 53;

function ofDouble(result: number): NumberValue | FunctionProblem {
  if (Number.isNaN(result)) return new FunctionProblem("the result is not a number");
  return Number.isSafeInteger(result) ? result : fromFloat(BigFloat.double(result, DOUBLE_PRECISION));
}

const log: FunctionDefinition = {
  name: "log",
  parameters: [numberParameter("num"), numberParameter("base")],
  resultType: NUMBER,
  call: (args) => ofDouble(Math.log(doubleOf(args, 0)) / Math.log(doubleOf(args, 1))),
};

const pow: FunctionDefinition = {
  name: "pow",
  parameters: [numberParameter("num"), numberParameter("power")],
  resultType: NUMBER,
  call: (args) => {
    const base = doubleOf(args, 0);
    const power = doubleOf(args, 1);
    // One to any power is one, also to an infinite one.
    return ofDouble(base === 1 ? 1 : base === -1 && !Number.isFinite(power) ? 1 : base ** power);
  },
};

function extreme(name: "max" | "min", direction: 1 | -1): FunctionDefinition {
  return {
    name,
    parameters: [],
    variadic: numberParameter("numbers"),
    resultType: NUMBER,
    call: (args) => {
      if (args.length === 0) return new FunctionProblem("must pass at least one number");
      let best = numberOf(args, 0);
      for (let at = 1; at < args.length; at++) {
        const next = numberOf(args, at);
        if (compareNumberValues(next, best) * direction > 0) best = next;
      }
      return best;
    },
  };
}

const parseint: FunctionDefinition = {
  name: "parseint",
  parameters: [anyParameter("number"), numberParameter("base")],
  resultType: ([text]) =>
    text !== undefined && typeOf(text).kind !== "string"
      ? new FunctionProblem(`first argument must be a string, not ${typeOf(text).kind}`, 0)
      : NUMBER,
  call: (args) => {
    const text = textOf(args, 0);
    const base = integerOf(args, 1);
    if (base instanceof FunctionProblem) return base;
    if (base < 2 || base > 62) {
      return new FunctionProblem("base must be a whole number between 2 and 62 inclusive", 1);
    }
    const parsed = parseDigits(text, base);
    return parsed === undefined
      ? new FunctionProblem(`cannot parse ${quoteText(text)} as a base ${base} integer`, 0)
      : numberValue(parsed);
  },
};

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

function parseDigits(text: string, base: number): bigint | undefined {
  const signed = /^[+-]/.test(text);
  const digits = signed ? text.slice(1) : text;
  if (digits === "") return undefined;
  let value = 0n;
  for (const letter of digits) {
    // Up to base 36 the case of a letter says nothing.
    const digit = DIGITS.indexOf(base <= 36 ? letter.toLowerCase() : letter);
    if (digit < 0 || digit >= base) return undefined;
    value = value * BigInt(base) + BigInt(digit);
  }
  return text.startsWith("-") ? -value : value;
}

const signum: FunctionDefinition = {
  name: "signum",
  parameters: [numberParameter("num")],
  resultType: NUMBER,
  call: (args) => {
    const whole = integerOf(args, 0);
    return whole instanceof FunctionProblem ? whole : whole < 0 ? -1 : whole > 0 ? 1 : 0;
  },
};

const NOT_NUMBERS = "argument must be list, set, or tuple of number values";

const sum: FunctionDefinition = {
  name: "sum",
  parameters: [anyParameter("list")],
  resultType: NUMBER,
  call: (args) => {
    const type = typeOf(argument(args, 0));
    if (type.kind === "string" || type.kind === "number" || type.kind === "bool") {
      return new FunctionProblem("cannot sum noniterable", 0);
    }
    const list = compoundOf(args, 0);
    if (list.items.length === 0) return new FunctionProblem("cannot sum an empty list", 0);
    if (list.kind === "map" || list.kind === "object") {
      return new FunctionProblem(`argument must be list, set, or tuple. Received ${type.kind}`, 0);
    }
    if (list.containsUnknown) return unknownValue(NUMBER);
    let total: Value = 0;
    for (const item of list.items) {
      const number = convert(item, NUMBER);
      if ("problem" in number || isNull(number.value)) return new FunctionProblem(NOT_NUMBERS, 0);
      const next = add(total, number.value);
      if ("problem" in next) return new FunctionProblem("can't compute sum of opposing infinities");
      total = next.value;
    }
    return total;
  },
};

/** Most elements of a range. */
const LONGEST_RANGE = 1024;

const range: FunctionDefinition = {
  name: "range",
  parameters: [],
  variadic: numberParameter("params"),
  resultType: listType(NUMBER),
  call: (args) => {
    if (args.length < 1 || args.length > 3) {
      return new FunctionProblem("must have one, two, or three arguments");
    }
    const start = args.length === 1 ? 0 : numberOf(args, 0);
    const end = numberOf(args, args.length === 1 ? 0 : 1);
    const falling = compareNumberValues(end, start) < 0;
    const step = args.length === 3 ? numberOf(args, 2) : falling ? -1 : 1;
    const direction = compareNumberValues(step, 0);
    if (direction < 0 && compareNumberValues(end, start) > 0) {
      return new FunctionProblem("end must be less than start when step is negative", 1);
    }
    if (direction > 0 && falling) {
      return new FunctionProblem("end must be greater than start when step is positive", 1);
    }
    return numbersBetween(start, end, step, direction);
  },
};

function numbersBetween(
  start: NumberValue,
  end: NumberValue,
  step: NumberValue,
  direction: number,
): Value | FunctionProblem {
  const items: Value[] = [];
  let next: Value = start;
  while (
    isNumber(next) &&
    (direction < 0 ? compareNumberValues(next, end) > 0 : compareNumberValues(next, end) < 0)
  ) {
    if (items.length >= LONGEST_RANGE) {
      return new FunctionProblem(
        `more than ${LONGEST_RANGE} values were generated; either decrease the difference between start and end or use a smaller step`,
      );
    }
    items.push(next);
    const sum = add(next, step);
    if ("problem" in sum) return new FunctionProblem(sum.problem);
    next = sum.value;
  }
  return listValue(NUMBER, items);
}

const alltrue: FunctionDefinition = {
  name: "alltrue",
  parameters: [parameter("list", listType(BOOL))],
  resultType: BOOL,
  call: (args) => {
    for (const item of compoundOf(args, 0).items) {
      const { value } = unmark(item);
      if (typeof value === "boolean" ? !value : isNull(value)) return false;
      if (typeof value !== "boolean") return unknownValue(BOOL);
    }
    return true;
  },
};

const anytrue: FunctionDefinition = {
  name: "anytrue",
  parameters: [parameter("list", listType(BOOL))],
  resultType: BOOL,
  call: (args) => {
    const list = compoundOf(args, 0);
    if (list.items.includes(true)) return true;
    return list.containsUnknown ? unknownValue(BOOL) : false;
  },
};

/** Functions on numbers, and on lists of numbers and bools. */
export const NUMBER_FUNCTIONS: readonly FunctionDefinition[] = [
  ofNumber("abs", (value) => {
    if (!isNegative(value)) return value;
    return typeof value === "number" ? -value : fromFloat(toFloat(value).negated());
  }),
  ofNumber("ceil", (value) => rounded(value, 1)),
  ofNumber("floor", (value) => rounded(value, -1)),
  log,
  pow,
  extreme("max", 1),
  extreme("min", -1),
  parseint,
  signum,
  sum,
  range,
  alltrue,
  anytrue,
];
