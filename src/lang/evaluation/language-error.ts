import type { Diagnostic, SourcePosition, SourceRange } from "../../kernel/index.ts";
import type { Expression, Span, SyntaxNode } from "../syntax/ast.ts";
import { snippetOf, visibleRange } from "../syntax/snippet.ts";
import type { Source } from "../syntax/source.ts";
import type { Scope } from "./scope.ts";
import { type Cause, valuesInScope } from "./values-in-scope.ts";

/** What a diagnostic of the language may say besides its texts and its place. */
export interface LanguageErrorOptions extends Pick<Diagnostic, "remedy" | "address" | "attribute"> {
  readonly severity?: Diagnostic["severity"];
  /** The construct around the place, which the snippet shows whole. */
  readonly context?: Span;
  /** What was being evaluated, whose values in `scope` are listed. */
  readonly expression?: Expression;
  readonly scope?: Scope;
  readonly cause?: Cause;
}

/** Makes a diagnostic at a node, or at any span of a source, with its snippet. */
export function languageError(
  summary: string,
  detail: string,
  place: SyntaxNode,
  { severity = "error", context, expression, scope, cause, ...more }: LanguageErrorOptions = {},
): Diagnostic {
  const { source } = place;
  const values =
    expression === undefined || scope === undefined ? [] : valuesInScope(expression, scope, cause);
  return {
    severity,
    summary,
    detail,
    ...more,
    subject: visibleRange(source, place),
    ...(context === undefined ? {} : { context: source.range(context.start, context.end) }),
    snippet: snippetOf(source, place, context, values),
  };
}

/** Adds the snippet to a diagnostic that has a range in this source, and none yet. */
export function attachSnippet(diagnostic: Diagnostic, source: Source): Diagnostic {
  const { subject, context } = diagnostic;
  if (diagnostic.snippet !== undefined || subject === undefined || subject.filename !== source.filename) {
    return diagnostic;
  }
  const span = (range: SourceRange): Span => ({
    start: offsetOf(source, range.start),
    end: offsetOf(source, range.end),
  });
  const around = context?.filename === source.filename ? span(context) : undefined;
  return { ...diagnostic, snippet: snippetOf(source, span(subject), around) };
}

function offsetOf(source: Source, position: SourcePosition): number {
  return Buffer.from(source.text, "utf8").toString("utf8", 0, position.byte).length;
}
