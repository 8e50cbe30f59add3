import { type Diagnosed, type Diagnostic, errorDiagnostic, warningDiagnostic } from "../kernel/index.ts";
import { justAttributes, parseExpression, parseFile, stringValue, type Value } from "../lang/index.ts";
import type { Module, Variable } from "./configuration.ts";
import { literalValue } from "./literals.ts";
import { didYouMean, type Located, problemAt } from "./problems.ts";
import { markDeclared, variableValue } from "./variable-values.ts";

/** Values from outside, as they were found: of several for one variable the last counts. */
export type VariableInput =
  /** `TF_VAR_name` and its text; a name that is not declared is nobody's mistake. */
  | { readonly kind: "environment"; readonly name: string; readonly text: string }
  /** A definitions file: `terraform.tfvars`, `*.auto.tfvars` or `-var-file`. */
  | { readonly kind: "file"; readonly filename: string; readonly content: string | Uint8Array }
  /** The argument of `-var`. */
  | { readonly kind: "option"; readonly text: string };

interface Given {
  readonly value: Value;
  /** Where it was given; absent for texts. */
  readonly place?: Located;
}

/** More warnings about undeclared variables than this are one. */
const MOST_WARNINGS = 2;

/**
 * Decides the root module's variables from the inputs in the order of their precedence. The map has those that were
 * given and fit, as they were given and marked: what uses one converts it. A default is not in it.
 */
export function collectVariables(
  root: Module,
  inputs: readonly VariableInput[],
): Diagnosed<ReadonlyMap<string, Value>> {
  const malformed = inputs.flatMap((input) =>
    input.kind === "option" ? (malformedOption(input.text) ?? []) : [],
  );
  if (malformed.length > 0) return { value: new Map(), diagnostics: malformed };
  const diagnostics: Diagnostic[] = [];
  const given = new Map<string, Given>();
  let undeclared = 0;
  for (const input of inputs) {
    if (input.kind === "file") undeclared += readDefinitions(root, input, given, diagnostics, undeclared);
    else readText(root, input, given, diagnostics);
  }
  if (undeclared > MOST_WARNINGS) {
    diagnostics.push(
      warningDiagnostic(
        "Values for undeclared variables",
        `In addition to the other similar warnings shown, ${undeclared - MOST_WARNINGS} other variable(s) defined without being declared.`,
      ),
    );
  }
  const values = new Map<string, Value>();
  for (const variable of root.variables.values()) {
    const found = given.get(variable.name);
    if (found !== undefined) {
      const value = variableValue(variable, found.value, `var.${variable.name}`, found.place, diagnostics);
      if (value !== undefined) values.set(variable.name, markDeclared(variable, found.value));
    } else if (variable.default === undefined) {
      diagnostics.push(
        problemAt(
          variable.place,
          "No value for required variable",
          `The root module input variable "${variable.name}" is not set, and has no default value.`,
          {
            remedy: `Give it a value with -var '${variable.name}=...', in terraform.tfvars, or as TF_VAR_${variable.name}.`,
          },
        ),
      );
    }
  }
  return { value: values, diagnostics };
}

/** What is wrong with the argument of a `-var`, before anything is read. */
function malformedOption(text: string): Diagnostic | undefined {
  if (text.indexOf("=") > 0) return undefined;
  return errorDiagnostic(
    "Invalid -var option",
    `The given -var option "${text}" is not correctly specified. Must be a variable name and value separated by an equals sign, like -var="key=value".`,
  );
}

function readText(
  root: Module,
  input: Exclude<VariableInput, { kind: "file" }>,
  given: Map<string, Given>,
  diagnostics: Diagnostic[],
): void {
  let { text } = input;
  let name: string;
  if (input.kind === "environment") ({ name } = input);
  else {
    const equals = text.indexOf("=");
    name = text.slice(0, equals).trim();
    text = text.slice(equals + 1);
  }
  const variable = root.variables.get(name);
  if (variable === undefined) {
    if (input.kind === "environment") return;
    diagnostics.push(
      errorDiagnostic(
        "Value for undeclared variable",
        `A variable named "${name}" was assigned on the command line, but the root module does not declare a variable of that name.${didYouMean(name, root.variables.keys())} To use this value, add a "variable" block to the configuration.`,
      ),
    );
    return;
  }
  const value = textValue(variable, text, diagnostics);
  if (value !== undefined) given.set(name, { value });
}

function textValue(variable: Variable, text: string, diagnostics: Diagnostic[]): Value | undefined {
  if (variable.takesText) return stringValue(text);
  const parsed = parseExpression(`<value for var.${variable.name}>`, text);
  if (parsed.diagnostics.length > 0) {
    diagnostics.push(...parsed.diagnostics);
    return undefined;
  }
  return literalValue(parsed.value, diagnostics);
}

/** Reads a definitions file; gives how many of its names are not declared. */
function readDefinitions(
  root: Module,
  input: { readonly filename: string; readonly content: string | Uint8Array },
  given: Map<string, Given>,
  diagnostics: Diagnostic[],
  before: number,
): number {
  if (input.filename.endsWith(".json")) {
    diagnostics.push(
      errorDiagnostic(
        "JSON variable files are not supported yet",
        `${input.filename} gives values for variables, and this version of Kiln cannot read it.`,
        { remedy: "Write it in the native syntax: name = value." },
      ),
    );
    return 0;
  }
  const parsed = parseFile(input.filename, input.content);
  const found = justAttributes(parsed.value.body);
  diagnostics.push(...parsed.diagnostics, ...found.diagnostics);
  let undeclared = 0;
  for (const attribute of found.attributes.values()) {
    if (!root.variables.has(attribute.name)) {
      undeclared++;
      if (before + undeclared <= MOST_WARNINGS) {
        diagnostics.push(
          warningDiagnostic(
            "Value for undeclared variable",
            `The root module does not declare a variable named "${attribute.name}" but a value was found in file "${input.filename}".${didYouMean(attribute.name, root.variables.keys())} If you meant to use this value, add a "variable" block to the configuration.`,
          ),
        );
      }
      continue;
    }
    const value = literalValue(attribute.expression, diagnostics);
    if (value !== undefined) given.set(attribute.name, { value, place: attribute.expression });
  }
  return undeclared;
}
