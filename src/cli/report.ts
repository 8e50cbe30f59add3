import { sortDiagnostics } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { Console } from "./console.ts";
import { diagnosticLine, jsonLine } from "./views/json-lines.ts";
import { renderDiagnostic } from "./views/diagnostic.ts";

/** Shows diagnostics: boxes on standard error, or lines of JSON on standard output. */
export function reportDiagnostics(console: Console, diagnostics: readonly Diagnostic[], json: boolean): void {
  for (const diagnostic of sortDiagnostics(diagnostics)) {
    if (json) console.out(jsonLine(diagnosticLine(diagnostic), Date.now()));
    else console.err(renderDiagnostic(diagnostic, console.style, console.width));
  }
}
