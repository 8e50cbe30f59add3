import type { ObjectExpression, ObjectItem, TupleExpression } from "../syntax/ast.ts";
import { literalKey } from "../syntax/static.ts";
import {
  convert,
  isNull,
  mark,
  type Mark,
  NO_MARKS,
  objectValue,
  STRING,
  stringValue,
  tupleValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { FAILED, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";

export function evaluateTuple(expression: TupleExpression, scope: Scope, run: Run): Value {
  return tupleValue(expression.items.map((item) => run.evaluate(item, scope)));
}

/** Of a repeated key the last counts. An object one of whose keys is unknown is unknown as a whole. */
export function evaluateObject(expression: ObjectExpression, scope: Scope, run: Run): Value {
  const entries = new Map<string, Value>();
  let marks = NO_MARKS;
  let complete = true;
  for (const item of expression.items) {
    const key = objectKey(item, scope, run, expression);
    const value = run.evaluate(item.value, scope);
    // A null key is reported at its value, which is evaluated before.
    const name = key === undefined ? undefined : keyText(key, item, scope, run, expression);
    if (name === undefined) {
      complete = false;
    } else {
      if (name.marks.size > 0) marks = marks.union(name.marks);
      if (name.text === undefined) complete = false;
      else entries.set(name.text, value);
    }
  }
  const result = complete ? objectValue(entries) : FAILED;
  return marks.size === 0 ? result : mark(result, marks);
}

/** The key's value; undefined where it could not be evaluated. */
function objectKey(item: ObjectItem, scope: Scope, run: Run, whole: ObjectExpression): Value | undefined {
  const name = literalKey(item);
  if (name !== undefined) return stringValue(name);
  if (!item.evaluated && item.key.kind === "variable") {
    run.fail(
      "Ambiguous attribute key",
      "If this expression is intended to be a reference, wrap it in parentheses. If it's instead intended as a literal name containing periods, wrap it in quotes to create a string literal.",
      item.key,
      scope,
      { context: whole },
    );
    return undefined;
  }
  const known = run.mistakes.length;
  const key = run.evaluate(item.key, scope);
  return run.mistakes.length > known ? undefined : key;
}

interface KeyText {
  /** Undefined: not known yet. */
  readonly text: string | undefined;
  readonly marks: ReadonlySet<Mark>;
}

function keyText(
  key: Value,
  item: ObjectItem,
  scope: Scope,
  run: Run,
  whole: ObjectExpression,
): KeyText | undefined {
  const about = { context: whole, expression: item.key };
  const { value, marks } = unmark(key);
  if (isNull(value)) {
    run.fail("Null value as key", "Can't use a null value as a key.", item.value, scope, about);
    return undefined;
  }
  const conversion = convert(value, STRING);
  if ("problem" in conversion) {
    const detail = `Can't use this value as a key: ${conversion.problem}.`;
    run.fail("Incorrect key type", detail, item.key, scope, about);
    return undefined;
  }
  return { text: typeof conversion.value === "string" ? conversion.value : undefined, marks };
}
