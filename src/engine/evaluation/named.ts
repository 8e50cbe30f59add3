import {
  callerOf,
  formatModulePath,
  formatRange,
  joinAddress,
  type ModuleCall,
  type Output,
  problemAt,
  type Variable,
  variableValue,
} from "../../config/index.ts";
import { type Diagnostic, hasErrors } from "../../kernel/index.ts";
import { evaluate, mark, type Mark, unknownValue, unmarkDeep, type Value } from "../../lang/index.ts";

import type { ConfigurationNode } from "../configuration-graph.ts";
import { checkConditions } from "./conditions.ts";
import { type Evaluation, type ModulePlace, placeOf } from "./evaluation.ts";
import { expand, UNKNOWN_EXPANSION } from "./expansion.ts";
import { evaluateAt, type Repeated, repeatedScope, scopeOf } from "./scope.ts";

export type NamedNode = Extract<
  ConfigurationNode,
  { kind: "variable" | "local" | "output" | "call" | "close" }
>;

/**
 * Evaluates a variable, local, output or call in every instance of its module. Whether all went well; where not, what
 * depends on it must not be visited.
 */
export function visitNamed(
  evaluation: Evaluation,
  node: NamedNode,
  rootVariables: ReadonlyMap<string, Value>,
  diagnostics: Diagnostic[],
): boolean {
  const found: Diagnostic[] = [];
  for (const place of evaluation.places(node.module)) {
    switch (node.kind) {
      case "variable":
        visitVariable(evaluation, place, node.variable, rootVariables, found);
        break;
      case "local": {
        const result = evaluateAt(evaluation, place, node.local.expression);
        found.push(...result.diagnostics);
        evaluation.setNamed(place, "local", node.local.name, result.value);
        break;
      }
      case "output":
        visitOutput(evaluation, place, node.output, found);
        break;
      case "call":
        visitCall(evaluation, place, node.call, found);
        break;
      case "close":
        break;
    }
  }
  // Instances of one module say the same of one line: it is said once.
  const seen = new Set<string>();
  for (const diagnostic of found) {
    const key = JSON.stringify([diagnostic.summary, diagnostic.detail, diagnostic.subject]);
    if (!seen.has(key)) diagnostics.push(diagnostic);
    seen.add(key);
  }
  return !hasErrors(found);
}

function visitCall(
  evaluation: Evaluation,
  place: ModulePlace,
  call: ModuleCall,
  diagnostics: Diagnostic[],
): void {
  const { repetition } = call;
  const { validating } = evaluation.settings;
  const result =
    repetition.kind === "single" ? undefined : evaluateAt(evaluation, place, repetition.expression);
  diagnostics.push(...(result?.diagnostics ?? []));
  const failed = result !== undefined && hasErrors(result.diagnostics);
  const expansion = failed ? undefined : expand(repetition, result?.value, validating, diagnostics);
  if (expansion !== undefined) evaluation.setCall(place, call.name, expansion);
  else if (validating) evaluation.setCall(place, call.name, UNKNOWN_EXPANSION);
}

function visitVariable(
  evaluation: Evaluation,
  place: ModulePlace,
  variable: Variable,
  rootVariables: ReadonlyMap<string, Value>,
  diagnostics: Diagnostic[],
): void {
  const { validating } = evaluation.settings;
  const address = joinAddress(place.text, `var.${variable.name}`);
  const step = place.instance[place.instance.length - 1];
  const caller = callerOf(evaluation.root, place.module);
  if (step === undefined || caller === undefined) {
    const marks: Mark[] = [
      ...(variable.sensitive ? (["sensitive"] as const) : []),
      ...(variable.ephemeral ? (["ephemeral"] as const) : []),
    ];
    const value = validating
      ? mark(unknownValue(variable.type), marks)
      : variableValue(variable, rootVariables.get(variable.name), address, undefined, diagnostics);
    if (value !== undefined) evaluation.setNamed(place, "var", variable.name, value);
  } else {
    const outside = placeOf(caller.module, place.instance.slice(0, -1));
    const argument = caller.call.arguments.get(variable.name);
    const expansion = evaluation.call(outside, step.name);
    const repeated: Repeated | undefined = expansion === undefined ? undefined : { expansion, key: step.key };
    const given = argument === undefined ? undefined : evaluateAt(evaluation, outside, argument, repeated);
    diagnostics.push(...(given?.diagnostics ?? []));
    if (given !== undefined && hasErrors(given.diagnostics)) return;
    if (
      argument !== undefined &&
      given !== undefined &&
      !variable.ephemeral &&
      unmarkDeep(given.value).marks.has("ephemeral")
    ) {
      diagnostics.push(
        problemAt(
          argument,
          "Ephemeral value not allowed",
          "This input variable is not declared as accepting a ephemeral values, so it cannot be set to a result derived from an ephemeral value.",
        ),
      );
      return;
    }
    const value = variableValue(variable, given?.value, address, argument ?? caller.call.place, diagnostics);
    if (value !== undefined) evaluation.setNamed(place, "var", variable.name, value);
  }
  if (validating || hasErrors(diagnostics)) return;
  const argument = step === undefined ? undefined : caller?.call.arguments.get(variable.name);
  checkConditions(
    evaluation,
    place,
    variable.validations,
    undefined,
    {
      kind: "var",
      block: joinAddress(formatModulePath(place.module.path), `var.${variable.name}`),
      object: address,
      conditions: variable.validations,
    },
    (condition) => ({
      summary: "Invalid value for variable",
      what: "validation condition",
      place: argument ?? variable.place,
      suffix: `\n\nThis was checked by the validation rule at ${formatRange(condition.place)}.`,
    }),
    diagnostics,
  );
}

function visitOutput(
  evaluation: Evaluation,
  place: ModulePlace,
  output: Output,
  diagnostics: Diagnostic[],
): void {
  const isRoot = place.instance.length === 0;
  const { validating } = evaluation.settings;
  if (!validating) {
    const held = checkConditions(
      evaluation,
      place,
      output.preconditions,
      undefined,
      {
        kind: "output",
        block: joinAddress(formatModulePath(place.module.path), `output.${output.name}`),
        object: joinAddress(place.text, `output.${output.name}`),
        conditions: output.preconditions,
      },
      () => ({
        summary: "Module output value precondition failed",
        what: "output precondition",
        address: joinAddress(place.text, `output.${output.name}`),
      }),
      diagnostics,
    );
    if (!held) return;
  }
  const scope = repeatedScope(scopeOf(evaluation, place, [output.value]), undefined);
  const result = evaluate(output.value, scope);
  diagnostics.push(...result.diagnostics);
  if (hasErrors(result.diagnostics)) return;
  const { marks } = unmarkDeep(result.value);
  if (marks.has("ephemeral") && (isRoot || !output.ephemeral)) {
    diagnostics.push(
      problemAt(
        output.value,
        "Ephemeral value not allowed",
        isRoot
          ? "Ephemeral outputs are not allowed in context of a root module."
          : "This output value is not declared as returning an ephemeral value, so it cannot be set to a result derived from an ephemeral value.",
      ),
    );
    return;
  }
  if (isRoot && marks.has("sensitive") && !output.sensitive) {
    diagnostics.push(
      problemAt(
        output.place,
        "Output refers to sensitive values",
        "To reduce the risk of accidentally exporting sensitive data that was intended to be only internal, every root module output that contains sensitive data must be explicitly marked as sensitive, to confirm the intent.",
        { remedy: "Annotate the output value as sensitive: sensitive = true." },
      ),
    );
    return;
  }
  const value = output.sensitive ? mark(result.value, ["sensitive"]) : result.value;
  evaluation.setNamed(place, "output", output.name, output.ephemeral ? mark(value, ["ephemeral"]) : value);
}
