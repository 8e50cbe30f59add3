import { callFunction } from "../functions/call.ts";
import type { FunctionContext, FunctionDefinition } from "../functions/definition.ts";
import type { CallExpression, Expression } from "../syntax/ast.ts";
import { leadingSpan } from "../syntax/spans.ts";
import {
  convert,
  DYNAMIC,
  elementsOf,
  isNull,
  isUnknown,
  mark,
  typeOf,
  unmark,
  type Value,
} from "../values/index.ts";
import { ATTEMPTS, evaluateCan, evaluateTry } from "./attempts.ts";
import { renderTemplate } from "./render.ts";
import { diagnosticOf, FAILED, part, type Run } from "./run.ts";
import { type FunctionTable, functionsOf, type Scope } from "./scope.ts";
import { unknownFunction } from "./unknown-function.ts";

/** Evaluates the arguments, reports all that is wrong with them together, and calls. */
export function evaluateCall(call: CallExpression, scope: Scope, run: Run): Value {
  const functions = functionsOf(scope);
  const name = call.name.startsWith("core::") ? call.name.slice("core::".length) : call.name;
  const definition = functions?.definitions.get(name);
  const attempt = functions === undefined ? undefined : ATTEMPTS.get(name);
  if (functions === undefined || (definition === undefined && attempt === undefined)) {
    return unknownFunction(call, functions, scope, run);
  }
  const args = expandArguments(call, scope, run);
  if (args === undefined) return FAILED;
  if (attempt !== undefined) return evaluateAttempt(call, name, args, scope, run);
  if (definition === undefined || !countIsRight(call, definition, args, scope, run)) return FAILED;
  return new Call(call, definition, scope, run).evaluate(args, functions);
}

/** The arguments with a last one that has `...` taken apart; undefined where that failed or is not known yet. */
function expandArguments(call: CallExpression, scope: Scope, run: Run): readonly Expression[] | undefined {
  const last = call.arguments.at(-1);
  if (!call.expand || last === undefined) return call.arguments;
  const known = run.mistakes.length;
  const given = run.evaluate(last, scope);
  if (run.mistakes.length > known) return undefined;
  const about = { context: call, expression: last };
  const summary = "Invalid expanding argument value";
  const type = typeOf(given);
  if (type !== DYNAMIC && type.kind !== "tuple" && type.kind !== "list" && type.kind !== "set") {
    const detail = "The expanding argument (indicated by ...) must be of a tuple, list, or set type.";
    run.fail(summary, detail, last, scope, about);
    return undefined;
  }
  if (isNull(given)) {
    run.fail(summary, "The expanding argument (indicated by ...) must not be null.", last, scope, about);
    return undefined;
  }
  if (isUnknown(given)) return undefined;
  const { marks } = unmark(given);
  const { source, start, end } = last;
  const expanded = (elementsOf(given) ?? []).map(({ value }): Expression => ({
    kind: "literal",
    source,
    start,
    end,
    value: mark(value, marks),
  }));
  return [...call.arguments.slice(0, -1), ...expanded];
}

interface Signature {
  readonly parameters: readonly { readonly name: string }[];
  readonly variadic?: unknown;
}

function countIsRight(
  call: CallExpression,
  { parameters, variadic }: Signature,
  args: readonly Expression[],
  scope: Scope,
  run: Run,
): boolean {
  const about = { context: call, expression: call };
  const missing = parameters[args.length];
  if (missing !== undefined) {
    const least = variadic === undefined ? "" : " at least";
    const detail = `Function "${call.name}" expects${least} ${parameters.length} argument(s). Missing value for "${missing.name}".`;
    const close = part(call, { start: call.closeStart, end: call.end });
    run.fail("Not enough function arguments", detail, close, scope, about);
    return false;
  }
  const surplus = variadic === undefined ? args[parameters.length] : undefined;
  if (surplus === undefined) return true;
  const detail = `Function "${call.name}" expects only ${parameters.length} argument(s).`;
  run.fail("Too many function arguments", detail, part(surplus, leadingSpan(surplus)), scope, about);
  return false;
}

function evaluateAttempt(
  call: CallExpression,
  name: string,
  args: readonly Expression[],
  scope: Scope,
  run: Run,
): Value {
  if (name === "try") return evaluateTry(call, args, scope, run);
  if (!countIsRight(call, { parameters: [{ name: "expression" }] }, args, scope, run)) return FAILED;
  const [argument] = args;
  return argument === undefined ? FAILED : evaluateCan(argument, scope, run);
}

class Call {
  private readonly call: CallExpression;
  private readonly definition: FunctionDefinition;
  private readonly scope: Scope;
  private readonly run: Run;

  constructor(call: CallExpression, definition: FunctionDefinition, scope: Scope, run: Run) {
    this.call = call;
    this.definition = definition;
    this.scope = scope;
    this.run = run;
  }

  evaluate(args: readonly Expression[], functions: FunctionTable): Value {
    const known = this.run.mistakes.length;
    const values = args.map((argument, at) => this.argument(argument, at));
    if (this.run.mistakes.length > known) return FAILED;
    const result = callFunction(this.definition, values, this.context(functions));
    if ("value" in result) return result.value;
    for (const { message, argument } of result.problems) {
      const at = argument === undefined ? undefined : args[argument];
      if (argument === undefined || at === undefined) this.failed(message);
      else this.wrongArgument(at, argument, message);
    }
    return FAILED;
  }

  private argument(expression: Expression, at: number): Value {
    if (at === 0 && this.definition.name === "templatestring") {
      const problem = templateProblem(expression);
      if (problem !== undefined) {
        this.wrongArgument(expression, at, problem);
        return FAILED;
      }
    }
    const value = this.run.evaluate(expression, this.scope);
    const parameter = this.definition.parameters[at] ?? this.definition.variadic;
    if (parameter === undefined) return value;
    const conversion = convert(value, parameter.type);
    if ("value" in conversion) return conversion.value;
    this.wrongArgument(expression, at, conversion.problem);
    return FAILED;
  }

  private wrongArgument(expression: Expression, at: number, problem: string): void {
    const parameter = this.definition.parameters[at] ?? this.definition.variadic;
    const detail = `Invalid value for "${parameter?.name ?? ""}" parameter: ${problem}.`;
    const place = part(expression, leadingSpan(expression));
    this.run.fail("Invalid function argument", detail, place, this.scope, { context: this.call, expression });
  }

  private failed(problem: string): void {
    const detail = `Call to function "${this.call.name}" failed: ${problem}.`;
    const place = part(this.call, { start: this.call.start, end: this.call.openEnd });
    const about = { context: this.call, expression: this.call };
    this.run.fail("Error in function call", detail, place, this.scope, about);
  }

  /** Template functions come back here for the template's own expressions, but not from inside one. */
  private context(functions: FunctionTable): FunctionContext {
    const { context } = functions;
    if (functions.insideTemplate === true) return context;
    const evaluate = (expression: Expression, scope: Scope) => {
      const { value, mistakes } = this.run.attempt(expression, scope);
      return { value, diagnostics: mistakes.map(diagnosticOf) };
    };
    return {
      ...context,
      renderTemplate: (text, name, variables) => renderTemplate(text, name, variables, functions, evaluate),
    };
  }
}

/** Why an expression cannot be `templatestring`'s template: it must refer to a string that comes from elsewhere. */
function templateProblem(expression: Expression): string | undefined {
  switch (expression.kind) {
    case "variable":
    case "traversal":
    case "index":
      return undefined;
    case "template":
      if (expression.parts.every((each) => each.kind === "literal")) {
        return "invalid template expression: templatestring is only for rendering templates retrieved dynamically from elsewhere, and so does not support providing a literal template; consider using a template string expression instead";
      }
      break;
    default:
  }
  return "invalid template expression: must be a direct reference to a single string from elsewhere, containing valid Terraform template syntax";
}
