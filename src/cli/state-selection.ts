import type { State } from "../engine/index.ts";
import { DiagnosticError, errorDiagnostic } from "../kernel/index.ts";

/** The state, which must have been written once. */
export function requireSnapshot(state: State | undefined): State {
  if (state !== undefined) return state;
  throw new DiagnosticError([
    errorDiagnostic(
      "No state file was found!",
      "State management commands require a state file. Run this command in a directory where Kiln has been run, or name it with -chdir=DIR.",
    ),
  ]);
}

/** Whether an address is one of those given, or inside of one; all are where none is given. */
export function selects(wanted: readonly string[], address: string): boolean {
  return (
    wanted.length === 0 ||
    wanted.some(
      (prefix) => address === prefix || address.startsWith(`${prefix}.`) || address.startsWith(`${prefix}[`),
    )
  );
}
