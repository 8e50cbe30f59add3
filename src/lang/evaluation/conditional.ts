import type { ConditionalExpression, SyntaxNode } from "../syntax/ast.ts";
import {
  BOOL,
  convert,
  DYNAMIC,
  isMarked,
  isNull,
  isUnknown,
  mark,
  type Mark,
  NO_MARKS,
  nullValue,
  NullValue,
  type Type,
  typeOf,
  unify,
  unknownBetween,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { FAILED, part, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";
import { describeMismatch } from "./type-mismatch.ts";

const INCONSISTENT = "Inconsistent conditional result types";

/** Both arms are evaluated and their types always count; the mistakes of the arm that is not chosen don't. */
export function evaluateConditional(expression: ConditionalExpression, scope: Scope, run: Run): Value {
  const yes = run.attempt(expression.yes, scope);
  const no = run.attempt(expression.no, scope);
  const arms = part(expression, { start: expression.yes.start, end: expression.no.end });
  const type = resultType(yes.value, no.value);
  if (type === undefined) {
    const why = describeMismatch(typeOf(yes.value), typeOf(no.value));
    const detail = `The true and false result expressions must have consistent types. ${why}.`;
    return run.fail(INCONSISTENT, detail, arms, scope, { context: expression, expression });
  }

  const condition = run.evaluate(expression.condition, scope);
  const about = { context: expression, expression: expression.condition };
  if (isNull(condition)) {
    const detail = "The condition value is null. Conditions must either be true or false.";
    run.fail("Null condition", detail, expression.condition, scope, about);
    return unknownValue(type);
  }
  const marks = marksOf([condition, yes.value, no.value]);
  if (isUnknown(condition)) return mark(undecided(yes.value, no.value, type), marks);
  const decision = convert(unmark(condition).value, BOOL);
  if ("problem" in decision) {
    const detail = "The condition expression must be of type bool.";
    run.fail("Incorrect condition type", detail, expression.condition, scope, about);
    return unknownValue(type);
  }
  const chosen = decision.value === true ? yes : no;
  run.adopt(chosen.mistakes);
  const conversion = convert(chosen.value, type);
  if ("value" in conversion) return marks.size === 0 ? conversion.value : mark(conversion.value, marks);
  return wrongArm(decision.value === true, conversion.problem, arms, expression, scope, run, type);
}

function marksOf(values: readonly Value[]): ReadonlySet<Mark> {
  return values.some(isMarked)
    ? values.reduce<ReadonlySet<Mark>>((marks, value) => marks.union(unmark(value).marks), NO_MARKS)
    : NO_MARKS;
}

function wrongArm(
  yes: boolean,
  problem: string,
  arms: SyntaxNode,
  expression: ConditionalExpression,
  scope: Scope,
  run: Run,
  type: Type,
): Value {
  const detail = `The ${yes} result value has the wrong type: ${problem}.`;
  run.fail(INCONSISTENT, detail, arms, scope, { context: expression, expression });
  return unknownValue(type);
}

/** A literal null takes the other arm's type. */
function resultType(yes: Value, no: Value): Type | undefined {
  const untypedNull = (value: Value) => value instanceof NullValue && value.type === DYNAMIC;
  if (untypedNull(yes)) return typeOf(no);
  if (untypedNull(no)) return typeOf(yes);
  return unify([typeOf(yes), typeOf(no)]);
}

function undecided(yes: Value, no: Value, type: Type): Value {
  const bareYes = unmark(yes).value;
  const bareNo = unmark(no).value;
  if (isNull(bareYes) && isNull(bareNo)) return nullValue(type);
  const one = convert(bareYes, type);
  const other = convert(bareNo, type);
  if (type === DYNAMIC || "problem" in one || "problem" in other)
    return type === DYNAMIC ? FAILED : unknownValue(type);
  return unknownBetween(one.value, other.value);
}
