import type { Body, Expression, ObjectItem, VariableExpression } from "./ast.ts";
import { NullValue } from "../values/index.ts";

/** A root name and static steps: what a reference looks like in the source. */
export type Traversal = VariableExpression;

/** The expression as a traversal, or undefined where it is none: `a.b["c"][0]`, also in a wrap of parentheses. */
export function staticTraversal(expression: Expression): Traversal | undefined {
  switch (expression.kind) {
    case "variable":
      return expression;
    case "parentheses":
      return staticTraversal(expression.inner);
    case "traversal": {
      const from = staticTraversal(expression.from);
      if (from === undefined) return undefined;
      return { ...from, end: expression.end, steps: [...from.steps, ...expression.steps] };
    }
    case "literal": {
      const name = keyword(expression);
      const { source, start, end } = expression;
      return name === undefined
        ? undefined
        : { kind: "variable", source, start, end, name, nameEnd: end, steps: [] };
    }
    default:
      return undefined;
  }
}

/** The expression as one bare word, such as `string` or `all`; `true`, `false` and `null` are words, too. */
export function keyword(expression: Expression): string | undefined {
  if (expression.kind === "variable") return expression.steps.length === 0 ? expression.name : undefined;
  if (expression.kind !== "literal") return undefined;
  if (typeof expression.value === "boolean") return String(expression.value);
  return expression.value instanceof NullValue ? "null" : undefined;
}

/** The items of a tuple that is written as such. */
export function staticList(expression: Expression): readonly Expression[] | undefined {
  return expression.kind === "tuple" ? expression.items : undefined;
}

/** The items of an object that is written as such. */
export function staticMap(expression: Expression): readonly ObjectItem[] | undefined {
  return expression.kind === "object" ? expression.items : undefined;
}

/** A bare word as an object's key, which is then the attribute's name and no reference. */
export function literalKey(item: ObjectItem): string | undefined {
  return item.evaluated ? undefined : keyword(item.key);
}

/** The variables that an expression, or everything in a body, refers to, in source order; names bound by `for` are none. */
export function references(node: Expression | Body): Traversal[] {
  const found: Traversal[] = [];
  if (node.kind === "body") collectBody(node, found);
  else collect(node, NO_NAMES, found);
  return found;
}

const NO_NAMES: ReadonlySet<string> = new Set();

function collectBody(body: Body, found: Traversal[]): void {
  for (const attribute of body.attributes.values()) collect(attribute.expression, NO_NAMES, found);
  for (const block of body.blocks) collectBody(block.body, found);
}

function collect(expression: Expression, bound: ReadonlySet<string>, found: Traversal[]): void {
  switch (expression.kind) {
    case "literal":
    case "missing":
    case "item":
      return;
    case "variable":
      if (!bound.has(expression.name)) found.push(expression);
      return;
    case "traversal":
      return collect(expression.from, bound, found);
    case "index":
      collect(expression.collection, bound, found);
      return collect(expression.key, bound, found);
    case "splat":
      collect(expression.from, bound, found);
      return collect(expression.each, bound, found);
    case "call":
      return expression.arguments.forEach((argument) => collect(argument, bound, found));
    case "conditional":
      collect(expression.condition, bound, found);
      collect(expression.yes, bound, found);
      return collect(expression.no, bound, found);
    case "binary":
      collect(expression.left, bound, found);
      return collect(expression.right, bound, found);
    case "unary":
      return collect(expression.operand, bound, found);
    case "parentheses":
    case "wrap":
      return collect(expression.inner, bound, found);
    case "tuple":
      return expression.items.forEach((item) => collect(item, bound, found));
    case "object":
      for (const item of expression.items) {
        if (literalKey(item) === undefined) collect(item.key, bound, found);
        collect(item.value, bound, found);
      }
      return;
    case "for": {
      collect(expression.collection, bound, found);
      const names = new Set(bound).add(expression.valueName);
      if (expression.keyName !== undefined) names.add(expression.keyName);
      if (expression.key !== undefined) collect(expression.key, names, found);
      collect(expression.value, names, found);
      if (expression.condition !== undefined) collect(expression.condition, names, found);
      return;
    }
    case "template":
      return expression.parts.forEach((part) => collect(part, bound, found));
    case "join":
      return collect(expression.loop, bound, found);
  }
}
