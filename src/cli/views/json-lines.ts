import { KILN_VERSION, TERRAFORM_VERSION } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";

/** Version of Terraform's machine-readable UI that the lines follow. */
export const UI_VERSION = "1.2";

/** One line of `-json` before it is stamped: its level, its sentence, its type and what belongs to the type. */
export interface JsonLine {
  readonly level: "info" | "warn" | "error";
  readonly message: string;
  readonly type: string;
  readonly content: Readonly<Record<string, unknown>>;
}

/** The line as text with its newline. `at` is in milliseconds since the epoch. */
export function jsonLine(line: JsonLine, at: number): string {
  const stamp = new Date(at).toISOString().replace("Z", "000Z");
  return `${JSON.stringify({
    "@level": line.level,
    "@message": line.message,
    "@module": "terraform.ui",
    "@timestamp": stamp,
    ...line.content,
    type: line.type,
  })}\n`;
}

/** The first line of every command that streams. */
export function versionLine(): JsonLine {
  return {
    level: "info",
    message: `Kiln ${KILN_VERSION}`,
    type: "version",
    content: { terraform: TERRAFORM_VERSION, ui: UI_VERSION, kiln: { version: KILN_VERSION } },
  };
}

export function diagnosticLine(diagnostic: Diagnostic): JsonLine {
  const error = diagnostic.severity === "error";
  return {
    level: error ? "error" : "warn",
    message: `${error ? "Error" : "Warning"}: ${diagnostic.summary}`,
    type: "diagnostic",
    content: { diagnostic: diagnosticJson(diagnostic) },
  };
}

/** A diagnostic in Terraform's JSON form; what Terraform has no place for stands under `kiln`. */
export function diagnosticJson(diagnostic: Diagnostic): Readonly<Record<string, unknown>> {
  const { subject, snippet, remedy } = diagnostic;
  return {
    severity: diagnostic.severity,
    summary: diagnostic.summary,
    detail: diagnostic.detail,
    ...(diagnostic.address === undefined ? {} : { address: diagnostic.address }),
    ...(subject === undefined ? {} : { range: subject }),
    ...(snippet === undefined
      ? {}
      : {
          snippet: {
            context: snippet.context ?? null,
            code: snippet.code,
            start_line: snippet.startLine,
            highlight_start_offset: snippet.highlightStart,
            highlight_end_offset: snippet.highlightEnd,
            values: snippet.values,
          },
        }),
    ...(remedy === undefined ? {} : { kiln: { remedy } }),
  };
}
