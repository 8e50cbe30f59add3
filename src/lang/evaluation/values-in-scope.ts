import type { ValueInScope } from "../../kernel/index.ts";
import type { Expression, Step, VariableExpression } from "../syntax/ast.ts";
import { references } from "../syntax/static.ts";
import {
  attribute,
  DYNAMIC,
  indexValue,
  isCompound,
  isNull,
  isNumber,
  isUnknown,
  numberText,
  toDouble,
  typeName,
  typeOf,
  unmark,
  type Value,
} from "../values/index.ts";
import { lookup, type Scope } from "./scope.ts";

/** What a diagnostic is about, which decides what its values may say. */
export interface Cause {
  /** The trouble is that a value is unknown; then it is said of values that they are. */
  readonly unknown?: true;
  /** The trouble is that a value is sensitive; otherwise sensitive values are not listed. */
  readonly sensitive?: true;
}

/** What the values were that an expression refers to, sorted by how they are written. */
export function valuesInScope(expression: Expression, scope: Scope, cause: Cause = {}): ValueInScope[] {
  const seen = new Map<string, string>();
  for (const variable of references(expression)) {
    // Where the last steps fail, what is before them is shown.
    for (let count = variable.steps.length; count > 0; count--) {
      const steps = variable.steps.slice(0, count);
      const value = valueOf(variable, steps, scope);
      if (value === undefined) continue;
      const statement = statementOf(value, cause);
      if (statement !== undefined) seen.set(traversalText(variable.name, steps), statement);
      break;
    }
  }
  return [...seen]
    .map(([traversal, statement]) => ({ traversal, statement }))
    .toSorted((a, b) => (a.traversal < b.traversal ? -1 : 1));
}

function valueOf(variable: VariableExpression, steps: readonly Step[], scope: Scope): Value | undefined {
  let value = lookup(scope, variable.name);
  for (const step of steps) {
    if (value === undefined) return undefined;
    const access = step.kind === "attribute" ? attribute(value, step.name) : indexValue(value, step.key);
    value = "value" in access ? access.value : undefined;
  }
  return value;
}

/** A traversal as it is written, with literal keys in brackets. */
export function traversalText(root: string, steps: readonly Step[]): string {
  const step = (one: Step) => (one.kind === "attribute" ? `.${one.name}` : `[${valueText(one.key)}]`);
  return root + steps.map(step).join("");
}

function statementOf(value: Value, cause: Cause): string | undefined {
  const { value: bare, marks } = unmark(value);
  if (marks.has("sensitive")) return cause.sensitive === true ? "has a sensitive value" : undefined;
  if (marks.has("ephemeral")) return "has an ephemeral value";
  if (!isUnknown(bare)) return `is ${valueText(bare)}`;
  const type = typeOf(bare);
  if (type === DYNAMIC) return cause.unknown === true ? "will be known only after apply" : undefined;
  return `is a ${typeName(type)}${cause.unknown === true ? ", known only after apply" : ""}`;
}

/** Significant digits of a number in a message. */
const DIGITS = 10;

/** A value in a few words: `"abc"`, `1`, `object with 2 attributes`. Never shows what is inside. */
export function valueText(value: Value): string {
  const { value: bare, marks } = unmark(value);
  if (marks.has("sensitive")) return "(sensitive value)";
  if (marks.has("ephemeral")) return "(ephemeral value)";
  if (isNull(bare)) return "null";
  if (typeof bare === "string") return JSON.stringify(bare);
  if (typeof bare === "boolean") return String(bare);
  if (isNumber(bare)) {
    const text = numberText(bare);
    return text.replace(/[-.]/g, "").length <= DIGITS
      ? text
      : String(Number(toDouble(bare).toPrecision(DIGITS)));
  }
  if (!isCompound(bare)) return "(not yet known)";
  const count = bare.items.length;
  if (bare.kind === "object") {
    if (count === 0) return "object with no attributes";
    return count === 1
      ? `object with 1 attribute ${JSON.stringify(bare.keys[0])}`
      : `object with ${count} attributes`;
  }
  const name = typeName(typeOf(bare));
  if (count === 0) return `empty ${name}`;
  return `${name} with ${count} element${count === 1 ? "" : "s"}`;
}
