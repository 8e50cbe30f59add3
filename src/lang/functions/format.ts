import {
  BOOL,
  convert,
  containsUnknown,
  DYNAMIC,
  graphemes,
  isCompound,
  isNull,
  isNumber,
  isUnknown,
  knownPrefix,
  listType,
  listValue,
  NUMBER,
  primitiveText,
  quoteJson,
  rangeOf,
  STRING,
  stringValue,
  toFloat,
  type Type,
  typeOf,
  UnknownValue,
  unknownValue,
  type Value,
} from "../values/index.ts";
import { anyParameter, argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { formatFloat, formatInteger } from "./format-numbers.ts";
import { type FormatParts, parseFormat, type Verb } from "./format-verbs.ts";
import { jsonText } from "./json.ts";
import { quoteText } from "./quote.ts";

const ARGUMENTS = anyParameter("args", { allowNull: true, allowUnknown: true, allowDynamic: true });

const format: FunctionDefinition = {
  name: "format",
  parameters: [stringParameter("format")],
  variadic: ARGUMENTS,
  resultType: STRING,
  call: (args) => {
    const values = args.slice(1);
    if (values.some(containsUnknown)) return unknownText(textOf(args, 0));
    return formatted(textOf(args, 0), values);
  },
};

/** The result where an argument is unknown: what stands before the first verb is known. */
function unknownText(text: string): Value {
  const percent = text.indexOf("%");
  return unknownValue(STRING, {
    notNull: true,
    prefix: knownPrefix(percent < 0 ? text : text.slice(0, percent)),
  });
}

const formatlist: FunctionDefinition = {
  name: "formatlist",
  parameters: [stringParameter("format")],
  variadic: ARGUMENTS,
  resultType: listType(STRING),
  call: (args) => {
    const values = args.slice(1);
    const count = iterations(values);
    if (count instanceof FunctionProblem) return count;
    if (count === undefined) return unknownValue(listType(STRING));
    const items: Value[] = [];
    for (let at = 0; at < count; at++) {
      const each = values.map((value) =>
        isList(value) && isCompound(value) ? argument(value.items, at) : value,
      );
      const item = each.some(containsUnknown)
        ? unknownText(textOf(args, 0))
        : formatted(textOf(args, 0), each);
      if (item instanceof FunctionProblem) {
        return new FunctionProblem(`error on format iteration ${at}: ${item.message}`);
      }
      items.push(item);
    }
    return listValue(STRING, items);
  },
};

function isList(value: Value): boolean {
  const { kind } = typeOf(value);
  return (kind === "list" || kind === "set" || kind === "tuple") && !isNull(value);
}

/** How often to format; undefined where that is unknown. */
function iterations(values: readonly Value[]): number | undefined | FunctionProblem {
  let count: number | undefined;
  let chosen = 0;
  let unknown = false;
  for (const [at, value] of values.entries()) {
    if (!isList(value)) {
      unknown ||= value instanceof UnknownValue && value.type === DYNAMIC;
      continue;
    }
    const { minimumLength = 0, maximumLength } = rangeOf(value);
    const length = isCompound(value) && minimumLength === maximumLength ? maximumLength : undefined;
    if (length === undefined) {
      unknown = true;
    } else if (count !== undefined && count !== length) {
      return new FunctionProblem(
        `argument ${at + 1} has length ${length}, which is inconsistent with argument ${chosen + 1} of length ${count}`,
        at + 1,
      );
    } else if (count === undefined) [count, chosen] = [length, at];
  }
  return unknown ? undefined : (count ?? 1);
}

function formatted(text: string, values: readonly Value[]): string | FunctionProblem {
  const parts = parseFormat(text);
  const result = fill(parts, values);
  if (result instanceof FunctionProblem) return result;
  const used = Math.max(
    0,
    ...parts.map((part) => (typeof part === "object" && "argument" in part ? part.argument : 0)),
  );
  return values.length > used
    ? new FunctionProblem(
        used === 0
          ? "too many arguments; no verbs in format string"
          : `too many arguments; only ${used} used by format string`,
        used + 1,
      )
    : stringValue(result);
}

function fill(parts: FormatParts, values: readonly Value[]): string | FunctionProblem {
  let result = "";
  for (const part of parts) {
    if (typeof part === "string") {
      result += part;
      continue;
    }
    if ("problem" in part) return new FunctionProblem(part.problem);
    const text = formatVerb(part, values);
    if (text instanceof FunctionProblem) return text;
    result += text;
  }
  return result;
}

const VERBS = /^[vtbdoxXeEfgGsq]$/;

function formatVerb(verb: Verb, values: readonly Value[]): string | FunctionProblem {
  const value = values[verb.argument - 1];
  if (value === undefined) {
    return new FunctionProblem(
      `not enough arguments for ${quoteText(verb.raw)} at ${verb.offset}: need index ${verb.argument} but have ${values.length} total`,
    );
  }
  if (!VERBS.test(verb.mode)) {
    return new FunctionProblem(
      `unsupported format verb '${verb.mode}' in ${quoteText(verb.raw)} at offset ${verb.offset}`,
    );
  }
  if (verb.mode === "v") return asItIs(value, verb);
  if (isNull(value)) return unsupported(verb, "null value cannot be formatted");
  switch (verb.mode) {
    case "s":
    case "q":
      return asText(value, verb);
    case "t":
      return converted(value, BOOL, verb, primitiveText);
    default:
      return converted(value, NUMBER, verb, (number) => asNumber(number, verb));
  }
}

function unsupported(verb: Verb, why: string): FunctionProblem {
  return new FunctionProblem(`unsupported value for ${quoteText(verb.raw)} at ${verb.offset}: ${why}`);
}

function converted(
  value: Value,
  type: Type,
  verb: Verb,
  then: (value: Value) => string | FunctionProblem,
): string | FunctionProblem {
  const conversion = convert(value, type);
  return "problem" in conversion ? unsupported(verb, conversion.problem) : then(conversion.value);
}

function asText(value: Value, verb: Verb): string | FunctionProblem {
  return converted(value, STRING, verb, (string) => {
    const text = primitiveText(string);
    const cut = verb.precision === undefined ? text : graphemes(text).slice(0, verb.precision).join("");
    return padded(verb.mode === "q" ? quoteJson(cut) : cut, verb);
  });
}

function asNumber(value: Value, verb: Verb): string | FunctionProblem {
  if (!isNumber(value)) throw new TypeError("a converted number is a number");
  const float = toFloat(value);
  if (!"bdoxX".includes(verb.mode)) return formatFloat(float, verb);
  return float.isInteger
    ? formatInteger(float.truncated(), verb)
    : unsupported(verb, "an integer is required");
}

function asItIs(value: Value, verb: Verb): string | FunctionProblem {
  if (!verb.flags.has("#")) {
    if (typeof value === "string") return padded(value, verb);
    if (isNumber(value)) {
      return padded(formatFloat(toFloat(value), { ...verb, mode: "g", flags: new Set(), width: 0 }), verb);
    }
  }
  if (isUnknown(value)) throw new TypeError("an unknown value cannot be formatted");
  const json = jsonText(value);
  return json === undefined ? unsupported(verb, "cannot serialize infinity as JSON") : padded(json, verb);
}

function padded(text: string, verb: Verb): string {
  const missing = (verb.width ?? 0) - graphemes(text).length;
  if (missing <= 0) return text;
  const padding = (verb.flags.has("0") ? "0" : " ").repeat(missing);
  return verb.flags.has("-") ? text + padding : padding + text;
}

/** Functions that format values by a pattern. */
export const FORMAT_FUNCTIONS: readonly FunctionDefinition[] = [format, formatlist];
