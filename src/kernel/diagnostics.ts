/** A place in a source: line and column count from 1 (columns in grapheme clusters), byte from 0 (UTF-8). */
export interface SourcePosition {
  readonly line: number;
  readonly column: number;
  readonly byte: number;
}

/** A half-open range of one file. */
export interface SourceRange {
  readonly filename: string;
  readonly start: SourcePosition;
  readonly end: SourcePosition;
}

export type Severity = "error" | "warning";

/** What a value that an expression refers to was, where the expression failed. */
export interface ValueInScope {
  /** As the user wrote it: `var.name`, `each.key`. */
  readonly traversal: string;
  /** `is "abc"`, `is object with 2 attributes`, `has a sensitive value`, `is a string, known only after apply`. */
  readonly statement: string;
}

/** The lines around a range, cut out when the diagnostic is made, so that showing it needs no file. */
export interface Snippet {
  /** The header of the block that the lines belong to, as `resource "kiln_fleet" "web"`; absent at top level. */
  readonly context?: string;
  /** The source lines, without a final newline. */
  readonly code: string;
  /** Line number of the first line of `code`. */
  readonly startLine: number;
  /** UTF-16 offsets into `code` of what is underlined, end exclusive. */
  readonly highlightStart: number;
  readonly highlightEnd: number;
  readonly values: readonly ValueInScope[];
}

/**
 * A user's mistake, or a warning, as a value: collected, never thrown. A bug of Kiln's is an exception.
 */
export interface Diagnostic {
  readonly severity: Severity;
  /** One line, no full stop. */
  readonly summary: string;
  /** Sentences that say what is wrong. */
  readonly detail: string;
  /** What the user can do about it, as an imperative sentence; absent where the detail says it already. */
  readonly remedy?: string;
  /** The tight range that is wrong; absent where no source is at fault. */
  readonly subject?: SourceRange;
  /** A wider range that makes the subject understandable; absent: the subject. */
  readonly context?: SourceRange;
  readonly snippet?: Snippet;
  /** The resource or output it is about, such as `module.a.kiln_fleet.web[0]`. */
  readonly address?: string;
  /** Path into the resource's attributes, such as `env.PORT`; absent: the whole. */
  readonly attribute?: string;
}

/** A result that is usable as far as it goes beside what was wrong. */
export interface Diagnosed<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}

/** Makes an error diagnostic. */
export function errorDiagnostic(
  summary: string,
  detail: string,
  more: Omit<Diagnostic, "severity" | "summary" | "detail"> = {},
): Diagnostic {
  return { severity: "error", summary, detail, ...more };
}

/** Makes a warning. */
export function warningDiagnostic(
  summary: string,
  detail: string,
  more: Omit<Diagnostic, "severity" | "summary" | "detail"> = {},
): Diagnostic {
  return { severity: "warning", summary, detail, ...more };
}

/** Whether anything among them is an error. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}

/**
 * The exception that carries diagnostics across a layer which cannot return them (a promise chain, a
 * transaction). Caught at the next boundary that can, and never shown with a stack.
 */
export class DiagnosticError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((diagnostic) => `${diagnostic.summary}: ${diagnostic.detail}`).join("\n"));
    this.name = "DiagnosticError";
    this.diagnostics = diagnostics;
  }
}

/** Sorts for showing: warnings first, then those without a range, then by file and position. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const depth = (filename: string) => filename.split("/").length;
  return diagnostics.toSorted((a, b) => {
    if (a.severity !== b.severity) return a.severity === "warning" ? -1 : 1;
    if (a.subject === undefined || b.subject === undefined) {
      return Number(a.subject !== undefined) - Number(b.subject !== undefined);
    }
    return (
      depth(a.subject.filename) - depth(b.subject.filename) ||
      (a.subject.filename < b.subject.filename ? -1 : a.subject.filename > b.subject.filename ? 1 : 0) ||
      a.subject.start.byte - b.subject.start.byte ||
      a.subject.end.byte - b.subject.end.byte
    );
  });
}
