import {
  type Condition,
  formatConfigResource,
  type Located,
  problemAt,
  type Resource,
} from "../../config/index.ts";
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
  type Value,
} from "../../lang/index.ts";
import type { Checked, CheckStatus } from "./checks.ts";
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

/** Whose lifecycle's conditions are asked. */
interface CheckedResource {
  readonly place: ModulePlace;
  readonly resource: Resource;
  /** Of the instance. */
  readonly text: string;
  readonly expansion: Repeated["expansion"];
  readonly key: Repeated["key"];
}

/** Checks the conditions of a resource instance; `self` is the object, for postconditions. Whether all held. */
export function checkLifecycle(
  evaluation: Evaluation,
  { place, resource, text, expansion, key }: CheckedResource,
  which: "precondition" | "postcondition",
  self: Value | undefined,
  diagnostics: Diagnostic[],
): boolean {
  const { preconditions, postconditions } = resource.lifecycle;
  return checkConditions(
    evaluation,
    place,
    which === "precondition" ? preconditions : postconditions,
    self === undefined ? { expansion, key } : { expansion, key, self },
    {
      kind: "resource",
      block: formatConfigResource(place.module.path, resource),
      object: text,
      conditions: [...preconditions, ...postconditions],
    },
    () => ({ summary: `Resource ${which} failed`, what: `resource ${which}`, address: text }),
    diagnostics,
  );
}

/** Checks conditions; one that is not known yet holds for now. Whether all held. */
export function checkConditions(
  evaluation: Evaluation,
  place: ModulePlace,
  conditions: readonly Condition[],
  repeated: Repeated | undefined,
  checked: Checked,
  report: (condition: Condition) => ConditionReport,
  diagnostics: Diagnostic[],
): boolean {
  let held = true;
  for (const condition of conditions) {
    const scope = repeatedScope(
      scopeOf(evaluation, place, [condition.condition, condition.message]),
      repeated,
    );
    const outcome = checkCondition(condition, scope, report(condition), diagnostics);
    evaluation.checks.note(checked, condition, outcome);
    held = (outcome.status === "pass" || outcome.status === "unknown") && held;
  }
  return held;
}

interface Outcome {
  readonly status: CheckStatus;
  readonly problem?: string;
}

function checkCondition(
  { condition, message }: Condition,
  scope: Scope,
  report: ConditionReport,
  diagnostics: Diagnostic[],
): Outcome {
  const result = evaluate(condition, scope);
  diagnostics.push(...result.diagnostics);
  if (result.diagnostics.some(({ severity }) => severity === "error")) return { status: "error" };
  const refuse = (detail: string): Outcome => {
    const isVariable = report.what === "validation condition";
    diagnostics.push(
      problemAt(
        condition,
        isVariable ? "Invalid variable validation result" : "Invalid condition result",
        detail,
      ),
    );
    return { status: "error" };
  };
  const answer = unmark(result.value).value;
  if (isUnknown(answer)) return { status: "unknown" };
  if (isNull(answer)) return refuse("Condition expression must return either true or false, not null.");
  const converted = convert(answer, BOOL);
  if ("problem" in converted) return refuse(`Invalid ${report.what} result value: ${converted.problem}.`);
  if (converted.value === true) return { status: "pass" };
  const problem = messageText(scope, message);
  diagnostics.push({
    ...problemAt(report.place ?? condition, report.summary, `${problem}${report.suffix ?? ""}`),
    ...(report.address === undefined ? {} : { address: report.address }),
  });
  return { status: "fail", problem };
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
