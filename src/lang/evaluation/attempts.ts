import type { CallExpression, Expression } from "../syntax/ast.ts";
import { placeText } from "../syntax/template-parts.ts";
import { BOOL, DYNAMIC, isKnown, unknownValue, type Value } from "../values/index.ts";
import { part, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";

/** The functions that take expressions instead of values, and what their parameter is called. */
export const ATTEMPTS: ReadonlyMap<string, string> = new Map([
  ["try", "expressions"],
  ["can", "expression"],
]);

/** `try`: the first argument that evaluates without error. */
export function evaluateTry(
  call: CallExpression,
  args: readonly Expression[],
  scope: Scope,
  run: Run,
): Value {
  const start = part(call, { start: call.start, end: call.openEnd });
  const failed = (why: string): Value =>
    run.fail("Error in function call", `Call to function "try" failed: ${why}.`, start, scope, {
      context: call,
      expression: call,
    });
  if (args.length === 0) return failed("at least one argument is required");
  const reports: string[] = [];
  for (const argument of args) {
    const { value, mistakes } = run.attempt(argument, scope);
    // What is unknown now may fail later, so that another argument would be chosen then.
    if (mistakes.length === 0) return isKnown(value) ? value : unknownValue(DYNAMIC);
    for (const { summary, detail, place } of mistakes) {
      reports.push(`- ${summary} (at ${placeText(place.source, place)})\n  ${detail}\n`);
    }
  }
  return failed(
    `no expression succeeded:\n${reports.join("")}\nAt least one expression must produce a successful result`,
  );
}

/** `can`: whether the argument evaluates without error. */
export function evaluateCan(argument: Expression, scope: Scope, run: Run): Value {
  const { value, mistakes } = run.attempt(argument, scope);
  if (mistakes.length > 0) return false;
  return isKnown(value) ? true : unknownValue(BOOL, { notNull: true });
}
