import type { SourceRange } from "../../kernel/index.ts";
import type { Expression, Span, SyntaxNode } from "./ast.ts";

/** The range of a node in its file. */
export function rangeOf(node: SyntaxNode): SourceRange {
  return node.source.range(node.start, node.end);
}

/** The part of an expression by which a message about an argument points at it: its first words or its bracket. */
export function leadingSpan(expression: Expression): Span {
  const { start, end } = expression;
  switch (expression.kind) {
    case "tuple":
    case "object":
      return { start, end: start + 1 };
    case "for":
      return { start, end: expression.openEnd };
    case "call":
      return { start, end: expression.openEnd };
    case "index":
      return { start: expression.bracket, end: expression.bracket + 1 };
    case "splat":
      return expression.marker;
    case "unary":
      return { start, end: start + 1 };
    case "binary":
      return leadingSpan(expression.left);
    case "conditional":
      return leadingSpan(expression.condition);
    case "template": {
      const first = expression.parts[0];
      return first === undefined ? { start, end } : leadingSpan(first);
    }
    case "join":
      return leadingSpan(expression.loop);
    case "literal":
    case "missing":
    case "variable":
    case "traversal":
    case "item":
    case "parentheses":
    case "wrap":
      return { start, end };
  }
}
