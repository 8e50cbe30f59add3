import type { Diagnostic } from "../../kernel/index.ts";
import type { Expression, Span, SyntaxNode } from "../syntax/ast.ts";
import { DYNAMIC, unknownValue, type Value } from "../values/index.ts";
import { languageError } from "./language-error.ts";
import type { Scope } from "./scope.ts";

/** A mistake that evaluation met; it becomes a diagnostic only if somebody will see it. */
export interface Mistake {
  readonly summary: string;
  readonly detail: string;
  readonly place: SyntaxNode;
  readonly context: Span | undefined;
  readonly expression: Expression | undefined;
  readonly scope: Scope;
}

/** One evaluation: what was wrong so far, and the way back to the evaluator for the parts of an expression. */
export class Run {
  readonly mistakes: Mistake[] = [];
  private readonly evaluator: (expression: Expression, scope: Scope, run: Run) => Value;

  constructor(evaluator: (expression: Expression, scope: Scope, run: Run) => Value) {
    this.evaluator = evaluator;
  }

  /** The value of a part; where that failed, an unknown one. */
  evaluate(expression: Expression, scope: Scope): Value {
    return this.evaluator(expression, scope, this);
  }

  /** Evaluates aside: mistakes are kept apart. */
  attempt(
    expression: Expression,
    scope: Scope,
  ): { readonly value: Value; readonly mistakes: readonly Mistake[] } {
    const aside = new Run(this.evaluator);
    const value = aside.evaluate(expression, scope);
    return { value, mistakes: aside.mistakes };
  }

  /** Records mistakes that an attempt made. */
  adopt(mistakes: readonly Mistake[]): void {
    this.mistakes.push(...mistakes);
  }

  /** Records a mistake and gives the value that stands for the failed result. */
  fail(
    summary: string,
    detail: string,
    place: SyntaxNode,
    scope: Scope,
    { context, expression }: { readonly context?: Span; readonly expression?: Expression } = {},
  ): Value {
    this.mistakes.push({ summary, detail, place, context, expression, scope });
    return FAILED;
  }
}

/** The value of what could not be evaluated: nothing that uses it complains again. */
export const FAILED: Value = unknownValue(DYNAMIC);

/** A part of a node as a place of its own. */
export function part(node: SyntaxNode, { start, end }: Span): SyntaxNode {
  return { source: node.source, start, end };
}

/** A mistake as what the user sees. */
export function diagnosticOf({ summary, detail, place, context, expression, scope }: Mistake): Diagnostic {
  return languageError(summary, detail, place, {
    ...(context === undefined ? {} : { context }),
    ...(expression === undefined ? {} : { expression, scope }),
  });
}
