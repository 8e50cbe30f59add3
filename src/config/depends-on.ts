import type { Diagnostic } from "../kernel/index.ts";
import { type Attribute, type Expression, staticList, staticTraversal } from "../lang/index.ts";
import { problemAt } from "./problems.ts";
import { type Reference, referenceOf } from "./references.ts";

/** The elements of `[a, b]`; none, with a diagnostic, where the expression is no such list. */
export function listElements(expression: Expression, diagnostics: Diagnostic[]): readonly Expression[] {
  const elements = staticList(expression);
  if (elements !== undefined) return elements;
  diagnostics.push(problemAt(expression, "Invalid expression", "A static list expression is required."));
  return [];
}

/** Reads `depends_on = [...]`. */
export function decodeDependsOn(attribute: Attribute | undefined, diagnostics: Diagnostic[]): Reference[] {
  if (attribute === undefined) return [];
  const found: Reference[] = [];
  for (const element of listElements(attribute.expression, diagnostics)) {
    const traversal = staticTraversal(element);
    if (traversal === undefined) {
      diagnostics.push(
        problemAt(
          element,
          "Invalid expression",
          "A single static variable reference is required: only attribute access and indexing with constant keys. No calculations, function calls, template expressions, etc are allowed here.",
        ),
      );
      continue;
    }
    const result = referenceOf(traversal);
    if ("diagnostic" in result) diagnostics.push(result.diagnostic);
    else if (result.reference.target.kind !== "resource" && result.reference.target.kind !== "module") {
      diagnostics.push(
        problemAt(
          element,
          "Invalid depends_on reference",
          "References in depends_on must be to a whole object (resource, etc), not to an attribute of an object.",
        ),
      );
    } else found.push(result.reference);
  }
  return found;
}
