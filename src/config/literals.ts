import type { Diagnostic } from "../kernel/index.ts";
import {
  type Attribute,
  BOOL,
  convert,
  evaluate,
  type Expression,
  isNull,
  references,
  STRING,
  type Value,
} from "../lang/index.ts";
import { located, problemAt } from "./problems.ts";

/** The value of an expression that may refer to nothing; undefined, with a diagnostic, where it does. */
export function literalValue(expression: Expression, diagnostics: Diagnostic[]): Value | undefined {
  const [reference] = references(expression);
  if (reference !== undefined) {
    diagnostics.push(problemAt(reference, "Variables not allowed", "Variables may not be used here."));
    return undefined;
  }
  const result = evaluate(expression, { variables: new Map() });
  diagnostics.push(...result.diagnostics);
  return result.diagnostics.length > 0 ? undefined : result.value;
}

function unsuitable(expression: Expression, reason: string): Diagnostic {
  return problemAt(expression, "Unsuitable value type", `Unsuitable value: ${reason}`);
}

/** A literal string; undefined where the attribute is absent, null or wrong. */
export function literalText(attribute: Attribute | undefined, diagnostics: Diagnostic[]): string | undefined {
  if (attribute === undefined) return undefined;
  const value = literalValue(attribute.expression, diagnostics);
  if (value === undefined || isNull(value)) return undefined;
  const converted = convert(value, STRING);
  if ("problem" in converted || typeof converted.value !== "string") {
    diagnostics.push(unsuitable(attribute.expression, "a string is required"));
    return undefined;
  }
  return converted.value;
}

/** A literal bool; undefined where the attribute is absent, null or wrong. */
export function literalBool(
  attribute: Attribute | undefined,
  diagnostics: Diagnostic[],
): boolean | undefined {
  if (attribute === undefined) return undefined;
  const value = literalValue(attribute.expression, diagnostics);
  if (value === undefined) {
    diagnostics.push(unsuitable(attribute.expression, "value must be known"));
    return undefined;
  }
  if (isNull(value)) return undefined;
  const converted = convert(value, BOOL);
  if ("problem" in converted || typeof converted.value !== "boolean") {
    diagnostics.push(unsuitable(attribute.expression, "a bool is required"));
    return undefined;
  }
  return converted.value;
}

const IDENTIFIER = /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u;

/** Whether a label can be a name; says so where it cannot. */
export function checkName(
  block: {
    readonly source: Attribute["source"];
    readonly labels: readonly { text: string; start: number; end: number }[];
  },
  at: number,
  summary: string,
  diagnostics: Diagnostic[],
): string | undefined {
  const label = block.labels[at];
  if (label === undefined) return undefined;
  if (IDENTIFIER.test(label.text)) return label.text;
  diagnostics.push(
    problemAt(
      located(block.source, label),
      summary,
      "A name must start with a letter or underscore and may contain only letters, digits, underscores, and dashes.",
    ),
  );
  return undefined;
}
