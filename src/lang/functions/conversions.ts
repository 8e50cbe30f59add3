import {
  BOOL,
  convert,
  DYNAMIC,
  hasMark,
  isConvertible,
  isNull,
  isUnknown,
  listType,
  mapType,
  mark,
  nullValue,
  NUMBER,
  setType,
  STRING,
  transformValue,
  type Type,
  typeName,
  typeNameForConstraint,
  typeOf,
  unknownValue,
  unmark,
  unmarkDeep,
  type Value,
} from "../values/index.ts";
import { ALL, anyParameter, argument } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { quoteText } from "./quote.ts";

function conversionTo(name: string, wanted: Type): FunctionDefinition {
  return {
    name,
    parameters: [anyParameter("v", ALL)],
    mayBeNull: true,
    resultType: (args) => {
      const from = typeOf(argument(args, 0));
      return isConvertible(from, wanted) ? wanted : cannotConvert(from, wanted);
    },
    call: (args) => {
      const value = argument(args, 0);
      if (isUnknown(value) && typeOf(value) === DYNAMIC)
        return mark(unknownValue(wanted), unmark(value).marks);
      const converted = convert(value, wanted);
      return "problem" in converted ? unfit(value, wanted) : converted.value;
    },
  };
}

function cannotConvert(from: Type, wanted: Type): FunctionProblem {
  return new FunctionProblem(`cannot convert ${typeName(from)} to ${typeNameForConstraint(wanted)}`, 0);
}

function unfit(value: Value, wanted: Type): FunctionProblem {
  const bare = unmarkDeep(value).value;
  const from = typeOf(bare);
  if (hasMark(value, "sensitive")) {
    return new FunctionProblem(
      `cannot convert this sensitive ${typeName(from)} to ${typeNameForConstraint(wanted)}`,
      0,
    );
  }
  if (typeof bare === "string" && wanted === BOOL) {
    return new FunctionProblem(
      `cannot convert ${quoteText(bare)} to bool; only the strings "true" or "false" are allowed`,
      0,
    );
  }
  if (typeof bare === "string" && wanted === NUMBER) {
    return new FunctionProblem(
      `cannot convert ${quoteText(bare)} to number; given string must be a decimal representation of a number`,
      0,
    );
  }
  return cannotConvert(from, wanted);
}

const ofItself = ([value]: readonly Value[]): Type => (value === undefined ? DYNAMIC : typeOf(value));

const sensitive: FunctionDefinition = {
  name: "sensitive",
  parameters: [anyParameter("value", ALL)],
  mayBeNull: true,
  resultType: ofItself,
  call: (args) => mark(argument(args, 0), ["sensitive"]),
};

const nonsensitive: FunctionDefinition = {
  name: "nonsensitive",
  parameters: [anyParameter("value", ALL)],
  mayBeNull: true,
  resultType: ofItself,
  call: (args) => {
    const { value, marks } = unmark(argument(args, 0));
    return mark(
      value,
      [...marks].filter((each) => each !== "sensitive"),
    );
  },
};

const issensitive: FunctionDefinition = {
  name: "issensitive",
  parameters: [anyParameter("value", ALL)],
  resultType: BOOL,
  call: (args) => {
    const value = argument(args, 0);
    if (hasMark(value, "sensitive")) return true;
    // What is not known yet may still become sensitive.
    return isUnknown(value) ? unknownValue(BOOL) : false;
  },
};

const ephemeralasnull: FunctionDefinition = {
  name: "ephemeralasnull",
  parameters: [anyParameter("value", ALL)],
  mayBeNull: true,
  resultType: ofItself,
  call: (args) =>
    transformValue(argument(args, 0), (_path, value) => {
      if (!hasMark(value, "ephemeral")) return value;
      const others = [...unmark(value).marks].filter((each) => each !== "ephemeral");
      return mark(isNull(value) ? unmark(value).value : nullValue(typeOf(value)), others);
    }),
};

/** Conversions, and functions on marks. */
export const CONVERSION_FUNCTIONS: readonly FunctionDefinition[] = [
  conversionTo("tostring", STRING),
  conversionTo("tonumber", NUMBER),
  conversionTo("tobool", BOOL),
  conversionTo("tolist", listType(DYNAMIC)),
  conversionTo("toset", setType(DYNAMIC)),
  conversionTo("tomap", mapType(DYNAMIC)),
  sensitive,
  nonsensitive,
  issensitive,
  ephemeralasnull,
];
