import { hasErrors, sortDiagnostics } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { Console } from "../console.ts";
import { reportDiagnostics } from "../report.ts";
import { diagnosticJson } from "./json-lines.ts";

/** Says whether a configuration is valid, and what is wrong with it. */
export function showValidation(console: Console, diagnostics: readonly Diagnostic[], json: boolean): void {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error").length;
  if (json) {
    const report = {
      format_version: "1.0",
      valid: errors === 0,
      error_count: errors,
      warning_count: diagnostics.length - errors,
      diagnostics: sortDiagnostics(diagnostics).map(diagnosticJson),
    };
    console.out(`${JSON.stringify(report, undefined, 2)}\n`);
    return;
  }
  reportDiagnostics(console, diagnostics, false);
  if (hasErrors(diagnostics)) return;
  const { style } = console;
  const but = diagnostics.length === 0 ? "." : ", but there were some\nvalidation warnings as shown above.";
  console.out(`${style.bold(style.green("Success!"))} The configuration is valid${but}\n\n`);
}
