import {
  DYNAMIC,
  listType,
  listValue,
  nullValue,
  objectType,
  objectValue,
  STRING,
  stringValue,
  tupleType,
  tupleValue,
  type Type,
  type Value,
} from "../values/index.ts";
import { argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import {
  codePoints,
  compileExpression,
  type Expression,
  findMatch,
  findMatches,
  type Match,
} from "./patterns/index.ts";

function expressionOf(source: string): Expression | FunctionProblem {
  const compiled = compileExpression(source);
  if ("problem" in compiled) {
    return new FunctionProblem(`invalid regexp pattern: ${compiled.problem} in ${compiled.fragment}`, 0);
  }
  const named = compiled.groups.filter((name) => name !== "").length;
  return named > 0 && named < compiled.groups.length
    ? new FunctionProblem("invalid regexp pattern: cannot mix both named and unnamed capture groups", 0)
    : compiled;
}

/** The type of one match: a string, a tuple of the groups, or an object where they have names. */
function matchType(args: readonly Value[]): Type | FunctionProblem {
  if (typeof argument(args, 0) !== "string") return DYNAMIC;
  const expression = expressionOf(textOf(args, 0));
  if (expression instanceof FunctionProblem) return expression;
  const { groups } = expression;
  if (groups.length === 0) return STRING;
  if (groups.includes("")) return tupleType(groups.map(() => STRING));
  return objectType(groups.map((name) => [name, STRING] as const));
}

function matchValue(expression: Expression, match: Match, text: readonly number[]): Value {
  const [whole, ...groups] = match.map((part) =>
    part === undefined ? nullValue(STRING) : stringValue(textBetween(text, part.start, part.end)),
  );
  if (groups.length === 0) return whole ?? "";
  if (expression.groups.includes("")) return tupleValue(groups);
  return objectValue(expression.groups.map((name, at) => [name, argument(groups, at)] as const));
}

/** Code points that one call of `String.fromCodePoint` is given at most. */
const CHUNK = 10_000;

function textBetween(text: readonly number[], start: number, end: number): string {
  let result = "";
  for (let at = start; at < end; at += CHUNK) {
    result += String.fromCodePoint(...text.slice(at, Math.min(end, at + CHUNK)));
  }
  return result;
}

const regex: FunctionDefinition = {
  name: "regex",
  parameters: [stringParameter("pattern"), stringParameter("string")],
  resultType: matchType,
  call: (args) => {
    const expression = expressionOf(textOf(args, 0));
    if (expression instanceof FunctionProblem) return expression;
    const text = codePoints(textOf(args, 1));
    const match = findMatch(expression, text, 0);
    return match === undefined
      ? new FunctionProblem("pattern did not match any part of the given string")
      : matchValue(expression, match, text);
  },
};

const regexall: FunctionDefinition = {
  name: "regexall",
  parameters: [stringParameter("pattern"), stringParameter("string")],
  resultType: (args) => {
    const type = matchType(args);
    return type instanceof FunctionProblem ? type : listType(type);
  },
  call: (args, _context, type) => {
    const expression = expressionOf(textOf(args, 0));
    if (expression instanceof FunctionProblem) return expression;
    const text = codePoints(textOf(args, 1));
    const items = findMatches(expression, text).map((match) => matchValue(expression, match, text));
    return listValue(type.kind === "list" ? type.element : STRING, items);
  },
};

const replace: FunctionDefinition = {
  name: "replace",
  parameters: [stringParameter("str"), stringParameter("substr"), stringParameter("replace")],
  resultType: STRING,
  call: (args) => {
    const text = textOf(args, 0);
    const wanted = textOf(args, 1);
    const replacement = textOf(args, 2);
    const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
    if (pattern === undefined) return stringValue(replaceText(text, wanted, replacement));
    const compiled = compileExpression(pattern);
    if ("problem" in compiled) {
      return new FunctionProblem(`error parsing regexp: ${compiled.problem}: \`${compiled.fragment}\``);
    }
    return stringValue(replaceMatches(compiled, codePoints(text), replacement));
  },
};

function replaceText(text: string, wanted: string, replacement: string): string {
  if (wanted !== "") return text.replaceAll(wanted, () => replacement);
  return replacement + Array.from(text, (character) => character + replacement).join("");
}

function replaceMatches(expression: Expression, text: readonly number[], replacement: string): string {
  let result = "";
  let copied = 0;
  for (const match of findMatches(expression, text)) {
    const [whole] = match;
    if (whole === undefined) continue;
    result += textBetween(text, copied, whole.start) + expand(replacement, expression, match, text);
    copied = whole.end;
  }
  return result + textBetween(text, copied, text.length);
}

/** `$1`, `$name`, `${name}` and `$$` in a replacement; a group that is missing is empty. */
function expand(replacement: string, expression: Expression, match: Match, text: readonly number[]): string {
  return replacement.replaceAll(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (_all: string, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare;
      if (name === undefined) return "$";
      const index = /^\d+$/.test(name) ? Number(name) : expression.groups.lastIndexOf(name) + 1;
      const part = index === 0 && name !== "0" ? undefined : match[index];
      return part === undefined ? "" : textBetween(text, part.start, part.end);
    },
  );
}

/** Functions on regular expressions, and `replace`. */
export const PATTERN_FUNCTIONS: readonly FunctionDefinition[] = [regex, regexall, replace];
