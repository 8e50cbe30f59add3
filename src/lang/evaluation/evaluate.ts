import type { Diagnosed } from "../../kernel/index.ts";
import type { Expression } from "../syntax/ast.ts";
import type { Value } from "../values/index.ts";
import { evaluateCall } from "./call.ts";
import { evaluateConditional } from "./conditional.ts";
import { evaluateObject, evaluateTuple } from "./construct.ts";
import { evaluateFor } from "./loop.ts";
import { evaluateBinary, evaluateUnary } from "./operators.ts";
import { diagnosticOf, FAILED, Run } from "./run.ts";
import { itemOf, type Scope } from "./scope.ts";
import { evaluateSplat } from "./splat.ts";
import { evaluateJoin, evaluateTemplate } from "./template.ts";
import { evaluateIndex, evaluateTraversal, evaluateVariable } from "./traverse.ts";

/**
 * The value of an expression. After errors it is as complete as can be, with unknown values in the place of what
 * failed, and everything independent was still evaluated.
 */
export function evaluate(expression: Expression, scope: Scope): Diagnosed<Value> {
  const run = new Run(dispatch);
  const value = run.evaluate(expression, scope);
  return { value, diagnostics: run.mistakes.map(diagnosticOf) };
}

function dispatch(expression: Expression, scope: Scope, run: Run): Value {
  switch (expression.kind) {
    case "literal":
      return expression.value;
    case "missing":
      return FAILED;
    case "variable":
      return evaluateVariable(expression, scope, run);
    case "traversal":
      return evaluateTraversal(expression, scope, run);
    case "index":
      return evaluateIndex(expression, scope, run);
    case "splat":
      return evaluateSplat(expression, scope, run);
    case "item":
      return itemOf(scope) ?? FAILED;
    case "call":
      return evaluateCall(expression, scope, run);
    case "conditional":
      return evaluateConditional(expression, scope, run);
    case "binary":
      return evaluateBinary(expression, scope, run);
    case "unary":
      return evaluateUnary(expression, scope, run);
    case "parentheses":
    case "wrap":
      return run.evaluate(expression.inner, scope);
    case "tuple":
      return evaluateTuple(expression, scope, run);
    case "object":
      return evaluateObject(expression, scope, run);
    case "for":
      return evaluateFor(expression, scope, run);
    case "template":
      return evaluateTemplate(expression, scope, run);
    case "join":
      return evaluateJoin(expression, scope, run);
  }
}
