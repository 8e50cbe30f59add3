import { errorDiagnostic } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { CommandSpecification, FlagSpecification } from "./specification.ts";
import { nearest } from "./suggest.ts";

/** One flag as it was written, in the order of the command line. */
export interface FlagOccurrence {
  readonly name: string;
  readonly value: string;
}

/** A command line after its specification was applied to it. */
export interface ParsedArguments {
  readonly positional: readonly string[];
  readonly occurrences: readonly FlagOccurrence[];
  /** Whether a boolean flag holds. */
  boolean(name: string): boolean;
  /** The last value of a flag; undefined where it was not given and has no default. */
  text(name: string): string | undefined;
  count(name: string): number | undefined;
  list(name: string): readonly string[];
}

export type ParseResult =
  | { readonly kind: "parsed"; readonly arguments: ParsedArguments }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

const TRUE = new Set(["1", "t", "T", "TRUE", "true", "True"]);
const FALSE = new Set(["0", "f", "F", "FALSE", "false", "False"]);

/**
 * Reads a command line as Go's `flag` package does: one dash or two, `-name value` or `-name=value`, a boolean takes
 * its value only after `=`, `--` ends the flags. Beyond it, flags may follow positional arguments.
 */
export function parseArguments(specification: CommandSpecification, words: readonly string[]): ParseResult {
  const positional: string[] = [];
  const occurrences: FlagOccurrence[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (word === "--") {
      positional.push(...words.slice(index + 1));
      break;
    }
    const match = /^--?([^=-][^=]*)(?:=(.*))?$/s.exec(word);
    if (match === null) {
      positional.push(word);
      continue;
    }
    const name = match[1] ?? "";
    if (name === "help" || name === "h") return { kind: "help" };
    const flag = flagOf(specification, name);
    if (flag === undefined) return refused(unknownFlag(specification, name));
    if (flag.refused !== undefined) {
      return refused(errorDiagnostic("Flag not supported", `-${name}: ${flag.refused}`));
    }
    let value = match[2];
    if (value === undefined) {
      if (flag.kind === "boolean") value = "true";
      else {
        index++;
        value = words[index];
        if (value === undefined) return refused(flagProblem(`flag needs an argument: -${name}`));
      }
    }
    const problem = checkValue(name, flag, value);
    if (problem !== undefined) return refused(flagProblem(problem));
    occurrences.push({ name, value });
  }
  const wrongCount = checkPositional(specification, positional);
  if (wrongCount !== undefined) return refused(wrongCount);
  return { kind: "parsed", arguments: lookups(specification, positional, occurrences) };
}

function refused(diagnostic: Diagnostic): ParseResult {
  return { kind: "refused", diagnostic };
}

function flagOf(specification: CommandSpecification, name: string): FlagSpecification | undefined {
  return Object.hasOwn(specification.flags, name) ? specification.flags[name] : undefined;
}

function flagProblem(detail: string, remedy?: string): Diagnostic {
  return errorDiagnostic(
    "Failed to parse command-line flags",
    detail,
    remedy === undefined ? {} : { remedy },
  );
}

function unknownFlag(specification: CommandSpecification, name: string): Diagnostic {
  const detail = `flag provided but not defined: -${name}`;
  if (name === "chdir") {
    return flagProblem(detail, `-chdir goes before the command: kiln -chdir=DIR ${specification.name}`);
  }
  const shown = Object.entries(specification.flags).filter(([, flag]) => flag.hidden !== true);
  const meant = nearest(
    name,
    shown.map(([known]) => known),
  );
  return flagProblem(detail, meant === undefined ? undefined : `Did you mean -${meant}?`);
}

function checkValue(name: string, flag: FlagSpecification, value: string): string | undefined {
  if (flag.kind === "boolean" && !TRUE.has(value) && !FALSE.has(value)) {
    return `invalid boolean value "${value}" for -${name}: use true or false`;
  }
  if (flag.kind === "count" && !/^\d{1,9}$/.test(value)) {
    return `invalid value "${value}" for flag -${name}: a whole number is needed`;
  }
  return undefined;
}

function checkPositional(
  specification: CommandSpecification,
  positional: readonly string[],
): Diagnostic | undefined {
  const least = specification.arguments.filter((argument) => argument.optional !== true).length;
  const most = specification.arguments.some((argument) => argument.rest === true)
    ? Number.POSITIVE_INFINITY
    : specification.arguments.length;
  if (positional.length > most) {
    const expected = most === 0 ? "no positional arguments" : most === 1 ? "at most one" : `at most ${most}`;
    return errorDiagnostic(
      "Too many command line arguments",
      `Expected ${expected}, and found ${positional.length}: ${positional.join(" ")}. Did you mean to use -chdir?`,
    );
  }
  if (positional.length < least) {
    const missing = specification.arguments[positional.length]?.name ?? "an argument";
    return errorDiagnostic(
      "Missing command line argument",
      `The ${specification.name} command needs ${missing}.`,
    );
  }
  return undefined;
}

function lookups(
  specification: CommandSpecification,
  positional: readonly string[],
  occurrences: readonly FlagOccurrence[],
): ParsedArguments {
  const last = (name: string): string | undefined => {
    const flag = flagOf(specification, name);
    if (flag === undefined) throw new Error(`the ${specification.name} command declares no flag -${name}`);
    return occurrences.findLast((occurrence) => occurrence.name === name)?.value ?? flag.initial;
  };
  return {
    positional,
    occurrences,
    boolean: (name) => TRUE.has(last(name) ?? "false"),
    text: last,
    count: (name) => {
      const value = last(name);
      return value === undefined ? undefined : Number(value);
    },
    list: (name) =>
      occurrences.filter((occurrence) => occurrence.name === name).map((occurrence) => occurrence.value),
  };
}
