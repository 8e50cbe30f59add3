import type { BinaryExpression, BinaryOperator, Expression, UnaryExpression } from "../syntax/ast.ts";
import {
  add,
  and,
  BOOL,
  compareNumbers,
  convert,
  divide,
  equalValues,
  isNull,
  modulo,
  multiply,
  negate,
  not,
  NUMBER,
  or,
  type Outcome,
  subtract,
  type Type,
  unknownValue,
  type Value,
} from "../values/index.ts";
import type { Run } from "./run.ts";
import type { Scope } from "./scope.ts";

const NULL_OPERAND = { problem: "argument must not be null" };

/** What the operands must be, or undefined where anything will do. */
function operandType(operator: BinaryOperator): Type | undefined {
  switch (operator) {
    case "||":
    case "&&":
      return BOOL;
    case "==":
    case "!=":
      return undefined;
    default:
      return NUMBER;
  }
}

function isArithmetic(operator: BinaryOperator): boolean {
  return operator === "+" || operator === "-" || operator === "*" || operator === "/" || operator === "%";
}

export function evaluateBinary(expression: BinaryExpression, scope: Scope, run: Run): Value {
  const { operator } = expression;
  const known = run.mistakes.length;
  const givenLeft = run.evaluate(expression.left, scope);
  const givenRight = run.evaluate(expression.right, scope);
  const type = operandType(operator);
  const fit = (value: Value, operand: Expression, side: string): Value =>
    type === undefined ? value : operandOf(value, type, operand, side, expression, scope, run);
  const left = fit(givenLeft, expression.left, "left");
  const right = fit(givenRight, expression.right, "right");
  const failed = () => unknownValue(isArithmetic(operator) ? NUMBER : BOOL);
  if (run.mistakes.length > known) return failed();
  const outcome =
    type !== undefined && (isNull(left) || isNull(right)) ? NULL_OPERAND : apply(operator, left, right);
  if ("value" in outcome) return outcome.value;
  run.fail("Operation failed", `Error during operation: ${outcome.problem}.`, expression, scope, {
    expression,
  });
  return failed();
}

function apply(operator: BinaryOperator, left: Value, right: Value): Outcome {
  switch (operator) {
    case "+":
      return add(left, right);
    case "-":
      return subtract(left, right);
    case "*":
      return multiply(left, right);
    case "/":
      return divide(left, right);
    case "%":
      return modulo(left, right);
    case "==":
      return { value: equalValues(left, right) };
    case "!=":
      return { value: not(equalValues(left, right)) };
    case "&&":
      return { value: and(left, right) };
    case "||":
      return { value: or(left, right) };
    case "<":
    case "<=":
    case ">":
    case ">=":
      return { value: compareNumbers(operator, left, right) };
  }
}

export function evaluateUnary(expression: UnaryExpression, scope: Scope, run: Run): Value {
  const { operator, operand } = expression;
  const type = operator === "-" ? NUMBER : BOOL;
  const known = run.mistakes.length;
  const value = operandOf(run.evaluate(operand, scope), type, operand, "unary", expression, scope, run);
  if (run.mistakes.length > known) return unknownValue(type);
  if (isNull(value)) {
    const detail = `Error during operation: ${NULL_OPERAND.problem}.`;
    run.fail("Operation failed", detail, expression, scope, { expression });
    return unknownValue(type);
  }
  return operator === "-" ? negate(value) : not(value);
}

function operandOf(
  value: Value,
  type: Type,
  operand: Expression,
  side: string,
  whole: Expression,
  scope: Scope,
  run: Run,
): Value {
  const conversion = convert(value, type);
  if ("value" in conversion) return conversion.value;
  const detail = `Unsuitable value for ${side} operand: ${conversion.problem}.`;
  return run.fail("Invalid operand", detail, operand, scope, { context: whole, expression: operand });
}
