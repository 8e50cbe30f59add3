import type { FunctionContext, FunctionDefinition } from "../functions/definition.ts";
import type { Value } from "../values/index.ts";

/** The functions that expressions may call, and what those need from outside. */
export interface FunctionTable {
  /** By name; a provider's under `provider::NAME::FUNCTION`. */
  readonly definitions: ReadonlyMap<string, FunctionDefinition>;
  /** The evaluator adds `renderTemplate`. */
  readonly context: FunctionContext;
  /** Whether this is the table of a template's own expressions, in which template functions are not allowed. */
  readonly insideTemplate?: true;
}

/** What names mean to an expression. Names that a scope lacks are looked up in its parent. */
export interface Scope {
  /** By root name, such as `var`, `local`, `each`. */
  readonly variables: ReadonlyMap<string, Value>;
  /** Absent here and in all parents: calls are errors. */
  readonly functions?: FunctionTable;
  readonly parent?: Scope;
  /** The element that a splat is at; only ever set by the evaluation of splats. */
  readonly item?: Value;
}

/** A scope without names or functions. */
export const EMPTY_SCOPE: Scope = { variables: new Map() };

/** The value of a root name, or undefined where no scope knows it. */
export function lookup(scope: Scope, name: string): Value | undefined {
  for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
    const value = current.variables.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The nearest function table. */
export function functionsOf(scope: Scope): FunctionTable | undefined {
  for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
    if (current.functions !== undefined) return current.functions;
  }
  return undefined;
}

/** The element of the innermost splat. */
export function itemOf(scope: Scope): Value | undefined {
  for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
    if (current.item !== undefined) return current.item;
  }
  return undefined;
}

/** All names that an expression could have used. */
export function namesIn(scope: Scope): string[] {
  const names = new Set<string>();
  for (let current: Scope | undefined = scope; current !== undefined; current = current.parent) {
    for (const name of current.variables.keys()) names.add(name);
  }
  return [...names];
}
