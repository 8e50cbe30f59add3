import type { Diagnostic, Snippet, ValueInScope } from "../../kernel/index.ts";
import type { Span } from "./ast.ts";
import type { Problem } from "./problem.ts";
import type { Source } from "./source.ts";

const LINE_FEED = 10;

/** Longer snippets are cut: to so many lines, and in lines without end to so many characters around the subject. */
const MOST_LINES = 60;
const MOST_CHARACTERS = 8_000;
const CHARACTERS_BEFORE = 200;

/** Cuts out the lines of a span and its context, and names the top-level block around them. */
export function snippetOf(
  source: Source,
  subject: Span,
  context: Span = subject,
  values: readonly ValueInScope[] = [],
): Snippet {
  const { start, end } = linesOf(source, subject, context);
  const lines = source.text.slice(start, end).split("\n", MOST_LINES);
  let code = lines.join("\n");
  if (code.endsWith("\r")) code = code.slice(0, -1);
  const inCode = (offset: number) => Math.max(0, Math.min(offset - start, code.length));
  const block = source.outline.find((one) => one.start <= subject.start && subject.start < one.end);
  return {
    ...(block === undefined ? {} : { context: block.header }),
    code,
    startLine: source.position(start).line,
    highlightStart: inCode(subject.start),
    highlightEnd: inCode(subject.end),
    values,
  };
}

/** From the start of the first line to the end of the last, without its newline. */
function linesOf(source: Source, subject: Span, context: Span): Span {
  const text = source.text;
  const first = source.lineStart(Math.min(subject.start, context.start, text.length));
  let start = Math.max(first, source.contentStart);
  let end = Math.max(start, Math.min(Math.max(subject.end, context.end), text.length));
  // An end at the start of a line does not show that line.
  if (end > start && end > subject.start && text.charCodeAt(end - 1) === LINE_FEED) end--;
  while (end < text.length && text.charCodeAt(end) !== LINE_FEED) end++;
  if (end - start > MOST_CHARACTERS) {
    start = Math.max(start, subject.start - CHARACTERS_BEFORE);
    end = Math.min(end, start + MOST_CHARACTERS);
  }
  return { start, end };
}

/** A syntax error as a diagnostic. An empty place is widened by one character, so that there is something to show. */
export function problemDiagnostic(source: Source, problem: Problem): Diagnostic {
  const { summary, detail } = problem;
  const subject = visibleRange(source, problem);
  return {
    severity: "error",
    summary,
    detail,
    subject,
    ...(problem.context === undefined
      ? {}
      : { context: source.range(problem.context.start, problem.context.end) }),
    snippet: snippetOf(source, problem, problem.context),
  };
}

/** The range of a span; one that is empty gets one column more. */
export function visibleRange(source: Source, span: Span): Diagnostic["subject"] & {} {
  const range = source.range(span.start, span.end);
  if (span.end > span.start) return range;
  const { line, column, byte } = range.start;
  return { ...range, end: { line, column: column + 1, byte: byte + 1 } };
}
