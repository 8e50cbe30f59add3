import { type Condition, type Located, problemAt } from "../../config/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import {
  BOOL,
  convert,
  evaluate,
  isNull,
  isUnknown,
  type Scope,
  STRING,
  unmark,
  unmarkDeep,
} from "../../lang/index.ts";
import type { Evaluation, ModulePlace } from "./evaluation.ts";
import { type Repeated, repeatedScope, scopeOf } from "./scope.ts";

/** How a failed condition is reported. */
export interface ConditionReport {
  /** Such as `Resource precondition failed`. */
  readonly summary: string;
  /** Such as `validation condition`, for conditions that have no answer. */
  readonly what: string;
  /** Where the failure is shown; absent: at the condition itself. */
  readonly place?: Located;
  /** Added to the message, such as where the rule is. */
  readonly suffix?: string;
  readonly address?: string;
}

/** Checks conditions; one that is not known yet holds for now. Whether all held. */
export function checkConditions(
  evaluation: Evaluation,
  place: ModulePlace,
  conditions: readonly Condition[],
  repeated: Repeated | undefined,
  report: (condition: Condition) => ConditionReport,
  diagnostics: Diagnostic[],
): boolean {
  let held = true;
  for (const condition of conditions) {
    const scope = repeatedScope(
      scopeOf(evaluation, place, [condition.condition, condition.message]),
      repeated,
    );
    held = checkCondition(condition, scope, report(condition), diagnostics) && held;
  }
  return held;
}

function checkCondition(
  { condition, message }: Condition,
  scope: Scope,
  report: ConditionReport,
  diagnostics: Diagnostic[],
): boolean {
  const result = evaluate(condition, scope);
  diagnostics.push(...result.diagnostics);
  if (result.diagnostics.some(({ severity }) => severity === "error")) return false;
  const refuse = (detail: string): boolean => {
    const kind = report.what.replace(/^resource |^output /, "");
    diagnostics.push(problemAt(condition, `Invalid ${kind} result`, detail));
    return false;
  };
  const answer = unmark(result.value).value;
  if (isUnknown(answer)) return true;
  if (isNull(answer)) return refuse("Condition expression must return either true or false, not null.");
  const converted = convert(answer, BOOL);
  if ("problem" in converted) return refuse(`Invalid ${report.what} result value: ${converted.problem}.`);
  if (converted.value === true) return true;
  diagnostics.push({
    ...problemAt(
      report.place ?? condition,
      report.summary,
      `${messageText(scope, message)}${report.suffix ?? ""}`,
    ),
    ...(report.address === undefined ? {} : { address: report.address }),
  });
  return false;
}

function messageText(scope: Scope, expression: Condition["message"]): string {
  const result = evaluate(expression, scope);
  const { value, marks } = unmarkDeep(result.value);
  if (marks.has("sensitive")) {
    return "The error message included a sensitive value, so it will not be displayed.";
  }
  if (isUnknown(value) || isNull(value)) return "The error message is not known yet.";
  const converted = convert(value, STRING);
  return "value" in converted && typeof converted.value === "string"
    ? converted.value
    : "The error message could not be evaluated.";
}
