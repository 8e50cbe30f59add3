import type { SplatExpression } from "../syntax/ast.ts";
import {
  DYNAMIC,
  elementsOf,
  isNeverNull,
  isNull,
  isUnknown,
  listType,
  listValue,
  mark,
  rangeOf,
  tupleType,
  tupleValue,
  type Type,
  typeOf,
  unknownValue,
  unmark,
  type Value,
} from "../values/index.ts";
import { FAILED, type Run } from "./run.ts";
import type { Scope } from "./scope.ts";

const NO_VARIABLES: ReadonlyMap<string, Value> = new Map();

/** A list or set gives a list, a tuple a tuple; any other value is taken for a tuple of itself, and null for none. */
export function evaluateSplat(expression: SplatExpression, scope: Scope, run: Run): Value {
  const known = run.mistakes.length;
  const source = run.evaluate(expression.from, scope);
  if (run.mistakes.length > known) return FAILED;
  const type = typeOf(source);
  const sequence = type.kind === "tuple" || type.kind === "list" || type.kind === "set";
  if (isNull(source)) {
    if (!sequence) return tupleValue([]);
    return run.fail(
      "Splat of null value",
      "Splat expressions (with the * symbol) cannot be applied to null sequences.",
      expression.from,
      scope,
      { context: { start: expression.start, end: expression.marker.end }, expression: expression.from },
    );
  }
  if (type === DYNAMIC) return mark(FAILED, unmark(source).marks);
  if (sequence) return overSequence(expression, source, scope, run);
  // Whether there is one element or none is not known while the value may be null.
  const perhapsNone = isUnknown(source) && !isNeverNull(source);
  const result = overSequence(expression, tupleValue([source]), scope, run);
  return perhapsNone ? FAILED : result;
}

function overSequence(expression: SplatExpression, source: Value, scope: Scope, run: Run): Value {
  const { value, marks } = unmark(source);
  const each = (item: Value): Value =>
    run.evaluate(expression.each, { variables: NO_VARIABLES, parent: scope, item });
  const elements = elementsOf(value);
  if (elements === undefined) return mark(unknownResult(value, resultType(typeOf(value), each)), marks);
  const known = run.mistakes.length;
  const items = elements.map((element) => each(element.value));
  const type = typeOf(value);
  if (run.mistakes.length > known) {
    const quiet = (item: Value) =>
      typeOf(run.attempt(expression.each, { variables: NO_VARIABLES, parent: scope, item }).value);
    return mark(unknownValue(resultTypeOf(type, quiet)), marks);
  }
  if (type.kind === "tuple") return mark(tupleValue(items), marks);
  const first = items[0];
  if (first === undefined) {
    const result = resultType(type, each);
    return mark(result.kind === "list" ? listValue(result.element, []) : tupleValue([]), marks);
  }
  const element = typeOf(first);
  const uniform = items.every((item) => typeOf(item) === element);
  return mark(uniform ? listValue(element, items) : tupleValue(items), marks);
}

function resultType(type: Type, each: (item: Value) => Value): Type {
  return resultTypeOf(type, (item) => typeOf(each(item)));
}

/** The result's type, from what is done to an unknown element. */
function resultTypeOf(type: Type, each: (item: Value) => Type): Type {
  if (type.kind === "tuple") return tupleType(type.elements.map((element) => each(unknownValue(element))));
  if (type.kind === "list" || type.kind === "set") return listType(each(unknownValue(type.element)));
  return DYNAMIC;
}

function unknownResult(source: Value, type: Type): Value {
  if (type.kind !== "list") return unknownValue(type, { notNull: true });
  const { minimumLength, maximumLength } = rangeOf(source);
  return unknownValue(type, {
    notNull: true,
    ...(minimumLength === undefined ? {} : { minimumLength }),
    ...(maximumLength === undefined ? {} : { maximumLength }),
  });
}
