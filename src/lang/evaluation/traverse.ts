import type {
  Expression,
  IndexExpression,
  Step,
  TraversalExpression,
  VariableExpression,
} from "../syntax/ast.ts";
import { nearestName } from "../text/nearest-name.ts";
import { attribute, indexValue, type Value } from "../values/index.ts";
import { part, type Run } from "./run.ts";
import { lookup, namesIn, type Scope } from "./scope.ts";

export function evaluateVariable(expression: VariableExpression, scope: Scope, run: Run): Value {
  const { name, start, nameEnd, steps } = expression;
  const root = lookup(scope, name);
  if (root !== undefined) return steps.length === 0 ? root : follow(root, steps, expression, scope, run);
  const nearest = nearestName(name, namesIn(scope));
  const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
  const place = part(expression, { start, end: nameEnd });
  return run.fail("Unknown variable", `There is no variable named "${name}".${hint}`, place, scope, {
    expression,
  });
}

export function evaluateTraversal(expression: TraversalExpression, scope: Scope, run: Run): Value {
  return follow(run.evaluate(expression.from, scope), expression.steps, expression, scope, run);
}

function follow(from: Value, steps: readonly Step[], expression: Expression, scope: Scope, run: Run): Value {
  let value = from;
  for (const step of steps) {
    const access = step.kind === "attribute" ? attribute(value, step.name) : indexValue(value, step.key);
    if (!("value" in access)) {
      return run.fail(access.summary, access.detail, part(expression, step), scope, { expression });
    }
    value = access.value;
  }
  return value;
}

export function evaluateIndex(expression: IndexExpression, scope: Scope, run: Run): Value {
  const collection = run.evaluate(expression.collection, scope);
  const key = run.evaluate(expression.key, scope);
  const access = indexValue(collection, key);
  if ("value" in access) return access.value;
  const bracket = part(expression, { start: expression.bracket, end: expression.end });
  return run.fail(access.summary, access.detail, bracket, scope, { expression });
}
