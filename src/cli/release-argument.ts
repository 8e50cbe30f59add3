import { DiagnosticError, errorDiagnostic } from "../kernel/index.ts";

/** A release's number as it was typed; undefined where none was. Throws a diagnostic where it is no number. */
export function releaseArgument(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new DiagnosticError([
    errorDiagnostic("Invalid release", `"${text}" is no number of a release.`, {
      remedy: 'List the releases with "kiln releases FLEET".',
    }),
  ]);
}
