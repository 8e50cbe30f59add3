import type { SourceRange } from "../../kernel/index.ts";
import type { Attribute, Block, Expression, Span, SyntaxNode } from "./ast.ts";
import type { Source } from "./source.ts";

/** The range of a node in its file. */
export function rangeOf(node: SyntaxNode): SourceRange {
  return node.source.range(node.start, node.end);
}

/** The range of a part of a source that is no node, such as a label or a step. */
export function rangeOfSpan(source: Source, span: Span): SourceRange {
  return source.range(span.start, span.end);
}

/** The range of an attribute's name. */
export function attributeNameRange(attribute: Attribute): SourceRange {
  return attribute.source.range(attribute.start, attribute.nameEnd);
}

/** Where a block's header is: its type and labels. */
export function blockHeaderSpan(block: Block): Span {
  return { start: block.start, end: block.labels.at(-1)?.end ?? block.typeEnd };
}

/** The range of a block's type and labels. */
export function blockHeaderRange(block: Block): SourceRange {
  return rangeOfSpan(block.source, blockHeaderSpan(block));
}

/** The range of a block's type. */
export function blockTypeRange(block: Block): SourceRange {
  return block.source.range(block.start, block.typeEnd);
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
