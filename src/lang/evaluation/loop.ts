import type { Expression, ForExpression } from "../syntax/ast.ts";
import {
  BOOL,
  convert,
  DYNAMIC,
  elementsOf,
  type Element,
  isIterableType,
  isNull,
  isUnknown,
  mark,
  type Mark,
  objectValue,
  STRING,
  tupleValue,
  typeName,
  typeOf,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { FAILED, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";

/** `[for ...]` gives a tuple and `{for ...}` an object, whatever they go over. */
export function evaluateFor(expression: ForExpression, scope: Scope, run: Run): Value {
  const given = run.evaluate(expression.collection, scope);
  const { value: collection, marks } = unmark(given);
  const about = { context: expression, expression: expression.collection };
  if (isNull(collection)) {
    const detail = "A null value cannot be used as the collection in a 'for' expression.";
    return run.fail("Iteration over null value", detail, expression.collection, scope, about);
  }
  const type = typeOf(collection);
  if (type === DYNAMIC) return mark(FAILED, marks);
  if (!isIterableType(type)) {
    const detail = `A value of type ${typeName(type)} cannot be used as the collection in a 'for' expression.`;
    return run.fail("Iteration over non-iterable value", detail, expression.collection, scope, about);
  }
  const elements = elementsOf(collection);
  if (elements === undefined) return mark(FAILED, marks);
  const loop = new Loop(expression, scope, run, marks);
  if (!loop.conditionIsSound()) return FAILED;
  return expression.key === undefined ? loop.tuple(elements) : loop.object(elements, expression.key);
}

class Loop {
  private readonly expression: ForExpression;
  private readonly scope: Scope;
  private readonly run: Run;
  private marks: ReadonlySet<Mark>;
  /** Whether the result has a shape; once it has none, only the first mistake about it is reported. */
  private complete = true;

  constructor(expression: ForExpression, scope: Scope, run: Run, marks: ReadonlySet<Mark>) {
    this.expression = expression;
    this.scope = scope;
    this.run = run;
    this.marks = marks;
  }

  /** Tries the condition once with unknown names, so that a wrong type is reported once and not for each element. */
  conditionIsSound(): boolean {
    const { condition } = this.expression;
    if (condition === undefined) return true;
    const known = this.run.mistakes.length;
    const value = this.run.evaluate(condition, this.names(unknownValue(DYNAMIC), unknownValue(DYNAMIC)));
    if (isNull(value)) {
      this.fail("Condition is null", "The value of the 'if' clause must not be null.", condition, this.scope);
      return false;
    }
    const conversion = convert(value, BOOL);
    if ("problem" in conversion) {
      this.reportCondition(conversion.problem, condition, this.scope);
      return false;
    }
    return this.run.mistakes.length === known;
  }

  tuple(elements: readonly Element[]): Value {
    const items: Value[] = [];
    for (const element of elements) {
      const inner = this.names(element.key, element.value);
      if (this.includes(inner)) items.push(this.run.evaluate(this.expression.value, inner));
    }
    return mark(this.complete ? tupleValue(items) : FAILED, this.marks);
  }

  object(elements: readonly Element[], keyExpression: Expression): Value {
    const entries = new Map<string, Value>();
    const groups = new Map<string, Value[]>();
    for (const element of elements) {
      const inner = this.names(element.key, element.value);
      if (!this.includes(inner)) continue;
      const key = this.key(keyExpression, inner);
      if (key === undefined) {
        this.complete = false;
        continue;
      }
      const value = this.run.evaluate(this.expression.value, inner);
      if (this.expression.group) {
        const group = groups.get(key);
        if (group === undefined) groups.set(key, [value]);
        else group.push(value);
      } else if (entries.has(key)) {
        this.fail(
          "Duplicate object key",
          `Two different items produced the key ${JSON.stringify(key)} in this 'for' expression. If duplicates are expected, use the ellipsis (...) after the value expression to enable grouping by key.`,
          keyExpression,
          inner,
        );
      } else {
        entries.set(key, value);
      }
    }
    for (const [key, items] of groups) entries.set(key, tupleValue(items));
    return mark(this.complete ? objectValue(entries) : FAILED, this.marks);
  }

  private names(key: Value, value: Value): Scope {
    const { keyName, valueName } = this.expression;
    const variables = new Map<string, Value>();
    if (keyName !== undefined) variables.set(keyName, key);
    variables.set(valueName, value);
    return { variables, parent: this.scope };
  }

  private fail(summary: string, detail: string, place: Expression, scope: Scope): void {
    if (this.complete)
      this.run.fail(summary, detail, place, scope, { context: this.expression, expression: place });
  }

  private reportCondition(problem: string, condition: Expression, scope: Scope): void {
    this.fail("Invalid 'for' condition", `The 'if' clause value is invalid: ${problem}.`, condition, scope);
  }

  /** Whether the condition lets the element in. */
  private includes(inner: Scope): boolean {
    const { condition } = this.expression;
    if (condition === undefined) return true;
    const value = this.run.evaluate(condition, inner);
    if (isNull(value)) {
      const detail = "The value of the 'if' clause must not be null.";
      this.fail("Invalid 'for' condition", detail, condition, inner);
      this.complete = false;
      return false;
    }
    this.addMarks(value);
    const conversion = convert(value, BOOL);
    if ("problem" in conversion) {
      this.reportCondition(conversion.problem, condition, inner);
      this.complete = false;
      return false;
    }
    if (isUnknown(conversion.value)) {
      this.complete = false;
      return false;
    }
    return unmark(conversion.value).value === true;
  }

  /** The element's key; undefined where there is none, or none yet. */
  private key(expression: Expression, inner: Scope): string | undefined {
    const value = this.run.evaluate(expression, inner);
    if (isNull(value)) {
      const detail = "Key expression in 'for' expression must not produce a null value.";
      this.fail("Invalid object key", detail, expression, inner);
      return undefined;
    }
    this.addMarks(value);
    if (isUnknown(value)) return undefined;
    const conversion = convert(unmark(value).value, STRING);
    if ("problem" in conversion) {
      const detail = `The key expression produced an invalid result: ${conversion.problem}.`;
      this.fail("Invalid object key", detail, expression, inner);
      return undefined;
    }
    return typeof conversion.value === "string" ? conversion.value : undefined;
  }

  private addMarks(value: Value): void {
    const { marks } = unmark(value);
    if (marks.size > 0) this.marks = this.marks.union(marks);
  }
}
