import type { Diagnostic } from "../kernel/index.ts";
import type { Body, Expression, Traversal } from "../lang/index.ts";
import { formatModulePath } from "./addresses.ts";
import { allModules, type Condition, type Module, type Repetition, type Resource } from "./configuration.ts";
import { didYouMean, located, problemAt } from "./problems.ts";
import { type Reference, referenceOf, referencesIn, targetText } from "./references.ts";

/** What an expression may use beside what its module declares. */
interface Place {
  readonly repetition: Repetition["kind"];
  readonly self: boolean;
}

const PLAIN: Place = { repetition: "single", self: false };

/** What is wrong with references: each must be to something that exists, and be made where it may be. */
export function checkReferences(root: Module): readonly Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const module of allModules(root)) {
    const check = (where: Expression | Body, place: Place): void => {
      for (const traversal of referencesIn(where)) checkTraversal(module, traversal, place, diagnostics);
    };
    const conditions = (list: readonly Condition[], place: Place): void => {
      for (const { condition, message } of list) {
        check(condition, place);
        check(message, place);
      }
    };
    for (const variable of module.variables.values()) conditions(variable.validations, PLAIN);
    for (const local of module.locals.values()) check(local.expression, PLAIN);
    for (const output of module.outputs.values()) {
      check(output.value, PLAIN);
      conditions(output.preconditions, PLAIN);
      checkAll(module, output.dependsOn, diagnostics);
    }
    for (const provider of module.providers.values()) check(provider.body, PLAIN);
    for (const call of module.calls.values()) {
      const place: Place = { repetition: call.repetition.kind, self: false };
      if (call.repetition.kind !== "single") check(call.repetition.expression, PLAIN);
      for (const argument of call.arguments.values()) check(argument, place);
      checkAll(module, call.dependsOn, diagnostics);
      checkArguments(module, call.name, diagnostics);
    }
    for (const resource of module.resources.values())
      checkResource(module, resource, check, conditions, diagnostics);
  }
  return diagnostics;
}

function checkResource(
  module: Module,
  resource: Resource,
  check: (where: Expression | Body, place: Place) => void,
  conditions: (list: readonly Condition[], place: Place) => void,
  diagnostics: Diagnostic[],
): void {
  const place: Place = { repetition: resource.repetition.kind, self: false };
  const { lifecycle } = resource;
  if (resource.repetition.kind !== "single") check(resource.repetition.expression, PLAIN);
  check(resource.body, place);
  conditions(lifecycle.preconditions, place);
  conditions(lifecycle.postconditions, { ...place, self: true });
  for (const trigger of lifecycle.replaceTriggeredBy) check(trigger, place);
  checkAll(module, resource.dependsOn, diagnostics);
}

function checkAll(module: Module, dependencies: readonly Reference[], diagnostics: Diagnostic[]): void {
  for (const { expression } of dependencies) checkTraversal(module, expression, PLAIN, diagnostics);
}

function checkArguments(module: Module, callName: string, diagnostics: Diagnostic[]): void {
  const call = module.calls.get(callName);
  const child = module.children.get(callName);
  if (call === undefined || child === undefined) return;
  for (const [name, expression] of call.arguments) {
    if (child.variables.has(name)) continue;
    diagnostics.push(
      problemAt(
        expression,
        "Unsupported argument",
        `An argument named "${name}" is not expected here.${didYouMean(name, child.variables.keys())}`,
      ),
    );
  }
  for (const variable of child.variables.values()) {
    if (variable.default !== undefined || call.arguments.has(variable.name)) continue;
    diagnostics.push(
      problemAt(
        call.place,
        "Missing required argument",
        `The argument "${variable.name}" is required, but no definition was found.`,
      ),
    );
  }
}

function moduleText(module: Module): string {
  return module.path.length === 0 ? "the root module" : formatModulePath(module.path);
}

function checkTraversal(module: Module, traversal: Traversal, place: Place, diagnostics: Diagnostic[]): void {
  const result = referenceOf(traversal);
  if ("diagnostic" in result) {
    diagnostics.push(result.diagnostic);
    return;
  }
  const { target, end } = result.reference;
  const refuse = (summary: string, detail: string): void => {
    diagnostics.push(problemAt(located(traversal.source, { start: traversal.start, end }), summary, detail));
  };
  const declared = (
    names: Iterable<string>,
    name: string,
    summary: string,
    detail: string,
    otherwise = "",
  ): void => {
    const known = new Set(names);
    if (!known.has(name)) refuse(summary, detail + (didYouMean(name, known) || otherwise));
  };
  switch (target.kind) {
    case "variable":
      declared(
        module.variables.keys(),
        target.name,
        "Reference to undeclared input variable",
        `An input variable with the name "${target.name}" has not been declared.`,
        ` This variable can be declared with a variable "${target.name}" {} block.`,
      );
      break;
    case "local":
      declared(
        module.locals.keys(),
        target.name,
        "Reference to undeclared local value",
        `A local value with the name "${target.name}" has not been declared.`,
      );
      break;
    case "module": {
      declared(
        module.calls.keys(),
        target.name,
        "Reference to undeclared module",
        `No module call named "${target.name}" is declared in ${moduleText(module)}.`,
      );
      const child = module.children.get(target.name);
      if (child === undefined || target.output === undefined) break;
      if (module.calls.get(target.name)?.repetition.kind !== "single" && target.key === undefined) break;
      declared(
        child.outputs.keys(),
        target.output,
        "Unsupported attribute",
        `This object does not have an attribute named "${target.output}".`,
      );
      break;
    }
    case "resource": {
      const text = targetText(target);
      if (module.resources.has(text)) break;
      const what = target.mode === "data" ? "data" : "managed";
      const near = didYouMean(text, module.resources.keys());
      refuse(
        "Reference to undeclared resource",
        `A ${what} resource "${target.type}" "${target.name}" has not been declared in ${moduleText(module)}.${near}`,
      );
      break;
    }
    case "each":
      if (place.repetition === "for_each") break;
      if (target.attribute === "value") {
        refuse(
          "each.value cannot be used in this context",
          'A reference to "each.value" has been used in a context in which it is unavailable, such as when the configuration no longer contains the value in its "for_each" expression. Remove this reference to each.value in your configuration to work around this error.',
        );
      } else {
        refuse(
          'Reference to "each" in context without for_each',
          'The "each" object can be used only in "module" or "resource" blocks, and only when the "for_each" argument is set.',
        );
      }
      break;
    case "count":
      if (place.repetition === "count") break;
      refuse(
        'Reference to "count" in non-counted context',
        'The "count" object can only be used in "module", "resource", and "data" blocks, and only when the "count" argument is set.',
      );
      break;
    case "self":
      if (place.self) break;
      refuse(
        'Invalid "self" reference',
        'The "self" object is not available in this context. This object can be used only in resource provisioner, connection, and postcondition blocks.',
      );
      break;
    case "path":
    case "terraform":
      break;
  }
}
