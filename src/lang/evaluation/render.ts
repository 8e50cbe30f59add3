import type { Diagnosed, Diagnostic } from "../../kernel/index.ts";
import { FunctionProblem } from "../functions/definition.ts";
import type { Expression } from "../syntax/ast.ts";
import { parseTemplate } from "../syntax/parse.ts";
import { references } from "../syntax/static.ts";
import { placeText } from "../syntax/template-parts.ts";
import type { Value } from "../values/index.ts";
import type { FunctionTable, Scope } from "./scope.ts";

type Evaluate = (expression: Expression, scope: Scope) => Diagnosed<Value>;

/** The position of the variables among a template function's arguments. */
const VARIABLES = 1;

/** Renders a template's text with these variables and no others. Template functions cannot be called in it. */
export function renderTemplate(
  text: string,
  name: string,
  variables: ReadonlyMap<string, Value>,
  functions: FunctionTable,
  evaluate: Evaluate,
): Value | FunctionProblem {
  const { value: template, diagnostics } = parseTemplate(name, text);
  if (diagnostics.length > 0) return new FunctionProblem(summaryOf(diagnostics));
  for (const reference of references(template)) {
    if (variables.has(reference.name)) continue;
    const place = placeText(template.source, { start: reference.start, end: reference.nameEnd });
    return new FunctionProblem(
      `vars map does not contain key "${reference.name}", referenced at ${place}`,
      VARIABLES,
    );
  }
  const result = evaluate(template, { variables, functions: { ...functions, insideTemplate: true } });
  return result.diagnostics.length > 0 ? new FunctionProblem(summaryOf(result.diagnostics)) : result.value;
}

/** Diagnostics as the end of a sentence: the first, and how many more. */
function summaryOf(diagnostics: readonly Diagnostic[]): string {
  const [first, ...more] = diagnostics;
  if (first === undefined) return "";
  const { subject, summary, detail } = first;
  const place = subject === undefined ? "<nil>" : placeOf(subject);
  const others = more.length === 0 ? "" : `, and ${more.length} other diagnostic(s)`;
  return `${place}: ${summary}; ${detail}${others}`;
}

function placeOf({ filename, start, end }: NonNullable<Diagnostic["subject"]>): string {
  const last = start.line === end.line ? `${end.column}` : `${end.line},${end.column}`;
  return `${filename}:${start.line},${start.column}-${last}`;
}
