import {
  BOOL,
  compareText,
  graphemes,
  isUnknown,
  listType,
  listValue,
  rangeOf,
  STRING,
  stringValue,
  unknownValue,
  type Value,
} from "../values/index.ts";
import {
  argument,
  compoundOf,
  integerOf,
  numberParameter,
  parameter,
  stringParameter,
  textOf,
} from "./arguments.ts";
import { lowerText, titleText, trimSpace, trimText, upperText } from "./letters.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

/** A function of one string, that is called `str`. */
function ofText(name: string, change: (text: string) => string): FunctionDefinition {
  return {
    name,
    parameters: [stringParameter("str")],
    resultType: STRING,
    call: (args) => stringValue(change(textOf(args, 0))),
  };
}

function ofTwoTexts(
  name: string,
  second: string,
  change: (text: string, other: string) => string,
): FunctionDefinition {
  return {
    name,
    parameters: [stringParameter("str"), stringParameter(second)],
    resultType: STRING,
    call: (args) => stringValue(change(textOf(args, 0), textOf(args, 1))),
  };
}

const startswith: FunctionDefinition = {
  name: "startswith",
  parameters: [parameter("str", STRING, { allowUnknown: true }), stringParameter("prefix")],
  resultType: BOOL,
  call: (args) => {
    const text = argument(args, 0);
    const prefix = textOf(args, 1);
    if (typeof text === "string") return text.startsWith(prefix);
    const known = rangeOf(text).prefix ?? "";
    if (known.startsWith(prefix)) return true;
    return known.length >= prefix.length ? false : unknownValue(BOOL);
  },
};

const endswith: FunctionDefinition = {
  name: "endswith",
  parameters: [stringParameter("str"), stringParameter("suffix")],
  resultType: BOOL,
  call: (args) => textOf(args, 0).endsWith(textOf(args, 1)),
};

const strcontains: FunctionDefinition = {
  name: "strcontains",
  parameters: [stringParameter("str"), stringParameter("substr")],
  resultType: BOOL,
  call: (args) => textOf(args, 0).includes(textOf(args, 1)),
};

/** Longest text that `indent` and the like may make, in UTF-16 units. */
const LONGEST_TEXT = 256 * 1024 * 1024;

const indent: FunctionDefinition = {
  name: "indent",
  parameters: [numberParameter("spaces"), stringParameter("str")],
  resultType: STRING,
  call: (args) => {
    const spaces = integerOf(args, 0);
    if (spaces instanceof FunctionProblem) return spaces;
    if (spaces < 0) return new FunctionProblem("the number of spaces must not be negative", 0);
    const lines = textOf(args, 1).split("\n");
    if (spaces * lines.length > LONGEST_TEXT) return new FunctionProblem("the result would be too long", 0);
    return lines.join(`\n${" ".repeat(spaces)}`);
  },
};

const substr: FunctionDefinition = {
  name: "substr",
  parameters: [stringParameter("str"), numberParameter("offset"), numberParameter("length")],
  resultType: STRING,
  call: (args) => {
    const offset = integerOf(args, 1);
    const length = integerOf(args, 2);
    if (offset instanceof FunctionProblem) return offset;
    if (length instanceof FunctionProblem) return length;
    if (offset >= 0 && length === 0) return "";
    const clusters = graphemes(textOf(args, 0));
    const start = Math.max(0, offset < 0 ? clusters.length + offset : offset);
    // A length of zero with a negative offset takes the rest, as the language has it.
    return clusters.slice(start, length <= 0 ? undefined : start + length).join("");
  },
};

const split: FunctionDefinition = {
  name: "split",
  parameters: [stringParameter("separator"), stringParameter("str")],
  resultType: listType(STRING),
  call: (args) => {
    const separator = textOf(args, 0);
    const text = textOf(args, 1);
    const parts = separator === "" ? Array.from(text) : text.split(separator);
    return listValue(STRING, parts.map(stringValue));
  },
};

const join: FunctionDefinition = {
  name: "join",
  parameters: [stringParameter("separator")],
  variadic: parameter("lists", listType(STRING), { allowUnknown: true }),
  resultType: STRING,
  call: (args) => {
    const lists = args.slice(1);
    if (lists.length === 0) return new FunctionProblem("at least one list is required");
    if (lists.some((list) => isUnknown(list) || compoundOf([list], 0).containsUnknown))
      return unknownValue(STRING);
    const parts: string[] = [];
    for (const [position, list] of lists.entries()) {
      for (const [at, item] of compoundOf([list], 0).items.entries()) {
        if (typeof item !== "string") {
          const where = lists.length > 1 ? `element ${at} of list ${position + 1}` : `element ${at}`;
          return new FunctionProblem(`${where} is null; cannot concatenate null values`, position + 1);
        }
        parts.push(item);
      }
    }
    return stringValue(parts.join(textOf(args, 0)));
  },
};

const sort: FunctionDefinition = {
  name: "sort",
  parameters: [parameter("list", listType(STRING))],
  resultType: listType(STRING),
  call: (args) => {
    const list = compoundOf(args, 0);
    if (list.containsUnknown) {
      const length = list.items.length;
      return unknownValue(listType(STRING), { notNull: true, minimumLength: length, maximumLength: length });
    }
    const texts: string[] = [];
    for (const [at, item] of list.items.entries()) {
      if (typeof item !== "string") {
        return new FunctionProblem(`given list element ${at} is null; a null string cannot be sorted`);
      }
      texts.push(item);
    }
    return listValue(STRING, texts.toSorted(compareText));
  },
};

const compact: FunctionDefinition = {
  name: "compact",
  parameters: [parameter("list", listType(STRING))],
  resultType: listType(STRING),
  call: (args) => {
    const list = compoundOf(args, 0);
    if (list.containsUnknown) return unknownValue(listType(STRING));
    return listValue(
      STRING,
      list.items.filter((item: Value) => typeof item === "string" && item !== ""),
    );
  },
};

const LINE_END = /(?:\r\n?|\n)+$/;

/** Functions on strings. */
export const STRING_FUNCTIONS: readonly FunctionDefinition[] = [
  ofText("upper", upperText),
  ofText("lower", lowerText),
  ofText("title", titleText),
  ofText("strrev", (text) => graphemes(text).toReversed().join("")),
  ofText("trimspace", trimSpace),
  ofText("chomp", (text) => text.replace(LINE_END, "")),
  ofTwoTexts("trim", "cutset", trimText),
  ofTwoTexts("trimprefix", "prefix", (text, prefix) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  ofTwoTexts("trimsuffix", "suffix", (text, suffix) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  startswith,
  endswith,
  strcontains,
  indent,
  substr,
  split,
  join,
  sort,
  compact,
];
