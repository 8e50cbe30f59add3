import type { OutputState } from "../../engine/index.ts";
import { DiagnosticError, errorDiagnostic, warningDiagnostic } from "../../kernel/index.ts";
import { JsonNumber, plainObject, printJson } from "../../lang/index.ts";
import type { Console } from "../console.ts";
import { reportDiagnostics } from "../report.ts";
import { outputLines, outputText } from "./output-text.ts";

/** Writes output values. Throws a diagnostic where the one that is named is not there. */
export function showOutputs(
  console: Console,
  outputs: ReadonlyMap<string, OutputState>,
  name: string | undefined,
  form: "text" | "json" | "raw",
): void {
  if (name === undefined) {
    if (form === "raw") throw new DiagnosticError([rawNeedsName()]);
    if (form === "json") console.out(`${printJson(allJson(outputs), "  ")}\n`);
    else if (outputs.size === 0) reportDiagnostics(console, [noOutputs()], false);
    else console.out(`${outputLines(outputs).join("\n")}\n`);
    return;
  }
  const output = outputs.get(name);
  if (output === undefined) {
    throw new DiagnosticError([
      errorDiagnostic(
        `Output "${name}" not found`,
        "The output variable requested could not be found in the state file. If you recently added this to your configuration, be sure to run `kiln apply`, since the state won't be updated with new output variables until that command is run.",
      ),
    ]);
  }
  if (form === "json") console.out(`${printJson(output.value, "  ")}\n`);
  else if (form === "raw") console.out(rawText(name, output));
  else console.out(`${outputText(output)}\n`);
}

function allJson(outputs: ReadonlyMap<string, OutputState>) {
  return plainObject(
    [...outputs]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, output]) => [
        name,
        plainObject([
          ["sensitive", output.sensitive],
          ["type", output.type],
          ["value", output.value],
        ]),
      ]),
  );
}

function rawText(name: string, { value }: OutputState): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean")
    return String(value);
  if (value instanceof JsonNumber) return value.text;
  throw new DiagnosticError([
    errorDiagnostic(
      "Unsupported value for raw output",
      `The -raw option only supports strings, numbers, and boolean values, but output value "${name}" is ${value === null ? "null" : "something else"}.\n\nUse the -json option for machine-readable representations of output values that have complex types.`,
    ),
  ]);
}

function rawNeedsName() {
  return errorDiagnostic(
    "Output name required",
    "You must give the name of a single output value when using the -raw option.",
  );
}

function noOutputs() {
  return warningDiagnostic(
    "No outputs found",
    "The state file either has no outputs defined, or all the defined outputs are empty. Please define an output in your configuration with the `output` keyword and run `kiln apply` for it to become available.",
  );
}
