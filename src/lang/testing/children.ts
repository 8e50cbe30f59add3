import type { Expression } from "../syntax/ast.ts";

/** The expressions directly inside an expression. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case "traversal":
      return [expression.from];
    case "index":
      return [expression.collection, expression.key];
    case "splat":
      return [expression.from, expression.each];
    case "call":
      return expression.arguments;
    case "conditional":
      return [expression.condition, expression.yes, expression.no];
    case "binary":
      return [expression.left, expression.right];
    case "unary":
      return [expression.operand];
    case "parentheses":
    case "wrap":
      return [expression.inner];
    case "tuple":
      return expression.items;
    case "object":
      return expression.items.flatMap(({ key, value }) => [key, value]);
    case "for":
      return [expression.collection, expression.key, expression.value, expression.condition].filter(
        (child) => child !== undefined,
      );
    case "template":
      return expression.parts;
    case "join":
      return [expression.loop];
    default:
      return [];
  }
}
