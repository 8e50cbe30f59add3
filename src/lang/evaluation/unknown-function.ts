import type { CallExpression } from "../syntax/ast.ts";
import { nearestName } from "../text/nearest-name.ts";
import type { Value } from "../values/index.ts";
import { ATTEMPTS } from "./attempts.ts";
import { part, type Run } from "./run.ts";
import type { FunctionTable, Scope } from "./scope.ts";

/** Reports a call of a function that nobody knows. */
export function unknownFunction(
  call: CallExpression,
  functions: FunctionTable | undefined,
  scope: Scope,
  run: Run,
): Value {
  const place = part(call, { start: call.start, end: call.nameEnd });
  const about = { context: call, expression: call };
  if (functions === undefined) {
    return run.fail("Function calls not allowed", "Functions may not be called here.", place, scope, about);
  }
  const [namespace, provider, name] = call.name.split("::");
  if (provider === undefined) {
    const nearest = nearestName(call.name, [...functions.definitions.keys(), ...ATTEMPTS.keys()]);
    const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
    const detail = `There is no function named "${call.name}".${hint}`;
    return run.fail("Call to unknown function", detail, place, scope, about);
  }
  const detail =
    namespace === "provider" && name !== undefined
      ? `There is no function named "${call.name}". Ensure that provider name "${provider}" is declared in this module's required_providers block, and that this provider offers a function named "${name}".`
      : `The function namespace "${namespace}" is not valid. Provider function calls must use the "provider::" namespace prefix.`;
  return run.fail("Unknown provider function", detail, place, scope, about);
}
