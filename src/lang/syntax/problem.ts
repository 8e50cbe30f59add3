import type { Span } from "./ast.ts";

/** A syntax error, before it becomes a diagnostic. */
export interface Problem extends Span {
  readonly summary: string;
  readonly detail: string;
  /** The construct that is broken; absent: only the place itself. */
  readonly context?: Span;
}

/** Summary: a string goes over the end of its line. */
export const BROKEN_LINE = "Invalid multi-line string";

/** Summary: a `${` has no end. */
export const UNCLOSED_SEQUENCE = "Unclosed template interpolation sequence";
