import type { Diagnosed, Diagnostic } from "../../kernel/index.ts";
import type { Block, Expression, File } from "./ast.ts";
import { Cursor } from "./cursor.ts";
import { tokenize, type LexerMode } from "./lexer.ts";
import { lexicalErrors } from "./lexical-errors.ts";
import { parseBody } from "./parse-body.ts";
import { parseWhole } from "./parse-expression.ts";
import { parseBare } from "./parse-template.ts";
import { BROKEN_LINE, type Problem, UNCLOSED_SEQUENCE } from "./problem.ts";
import { problemDiagnostic } from "./snippet.ts";
import { type BlockOutline, Source } from "./source.ts";
import { Token } from "./tokens.ts";

/**
 * Parses a configuration file. What is broken is left out or has placeholders; the rest is usable. Bytes that are not
 * UTF-8 are an error, too.
 */
export function parseFile(filename: string, content: string | Uint8Array): Diagnosed<File> {
  const source = new Source(filename, content);
  const { cursor, problems } = begin(source, "main", true);
  const body = parseBody(cursor, Token.EndOfFile);
  source.outline = body.blocks.map(outlineOf);
  return { value: { source, body }, diagnostics: diagnostics(source, problems, cursor) };
}

/** Parses a text that is one expression and nothing else; newlines in it mean nothing. */
export function parseExpression(filename: string, content: string | Uint8Array): Diagnosed<Expression> {
  const source = new Source(filename, content);
  const { cursor, problems } = begin(source, "main", false);
  const value = parseWhole(cursor);
  if (cursor.next() !== Token.EndOfFile) {
    cursor.genericProblem(
      "Extra characters after expression",
      "An expression was successfully parsed, but extra characters were found after it.",
      cursor.span,
    );
  }
  return { value, diagnostics: diagnostics(source, problems, cursor) };
}

/** Parses a text that is a template without quotes, such as a template file. */
export function parseTemplate(filename: string, content: string | Uint8Array): Diagnosed<Expression> {
  const source = new Source(filename, content);
  const { cursor, problems } = begin(source, "template", false);
  const value = parseBare(cursor);
  return { value, diagnostics: diagnostics(source, problems, cursor) };
}

function begin(source: Source, mode: LexerMode, newlines: boolean): { cursor: Cursor; problems: Problem[] } {
  const tokens = tokenize(source, mode);
  return {
    cursor: new Cursor(source, tokens, newlines, parseWhole),
    problems: lexicalErrors(source, tokens),
  };
}

function diagnostics(source: Source, problems: readonly Problem[], cursor: Cursor): readonly Diagnostic[] {
  if (problems.length === 0 && cursor.problems.length === 0) return [];
  const unclosed = cursor.problems.find(({ summary }) => summary === UNCLOSED_SEQUENCE);
  // The quote that was meant to end the string began one, which then breaks at the end of the line.
  const own = problems.filter(
    ({ summary, start }) => summary !== BROKEN_LINE || start < (unclosed?.start ?? Infinity),
  );
  return [...own, ...cursor.problems].map((problem) => problemDiagnostic(source, problem));
}

function outlineOf({ start, end, type, labels }: Block): BlockOutline {
  return { start, end, header: [type, ...labels.map(({ text }) => JSON.stringify(text))].join(" ") };
}
