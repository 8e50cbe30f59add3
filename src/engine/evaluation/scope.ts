import { type InstanceKey, type ReferenceTarget, referenceOf, referencesIn } from "../../config/index.ts";
import type { Diagnosed } from "../../kernel/index.ts";
import {
  type Body,
  DYNAMIC,
  evaluate,
  type Expression,
  NUMBER,
  objectValue,
  type Scope,
  STRING,
  unknownValue,
  type Value,
} from "../../lang/index.ts";
import type { Evaluation, ModulePlace } from "./evaluation.ts";
import type { Expansion } from "./expansion.ts";

/** One instance of a repeated block, for `count`, `each` and `self`. */
export interface Repeated {
  readonly expansion: Expansion;
  readonly key: InstanceKey;
  /** The object itself; absent except in postconditions. */
  readonly self?: Value;
}

/*
 * What each expression refers to: a cache without meaning of its own, as a block with a thousand instances is
 * evaluated a thousand times.
 */
const targets = new WeakMap<object, readonly ReferenceTarget[]>();

function targetsOf(where: Expression | Body): readonly ReferenceTarget[] {
  const known = targets.get(where);
  if (known !== undefined) return known;
  const found = referencesIn(where).flatMap((traversal) => {
    const result = referenceOf(traversal);
    return "reference" in result ? [result.reference.target] : [];
  });
  targets.set(where, found);
  return found;
}

/** The names that these expressions use, with their values, as one module instance sees them. */
export function scopeOf(
  evaluation: Evaluation,
  place: ModulePlace,
  wheres: readonly (Expression | Body)[],
): Scope {
  const names = { var: new Map<string, Value>(), local: new Map<string, Value>() };
  const modules = new Map<string, Set<string> | "all">();
  const resources = new Map<string, Map<string, Value>>();
  const data = new Map<string, Map<string, Value>>();
  let usesPath = false;
  let usesTerraform = false;
  for (const target of wheres.flatMap(targetsOf)) {
    switch (target.kind) {
      case "variable":
        names.var.set(target.name, evaluation.named(place, "var", target.name));
        break;
      case "local":
        names.local.set(target.name, evaluation.named(place, "local", target.name));
        break;
      case "module": {
        const asked = modules.get(target.name) ?? new Set<string>();
        if (target.output === undefined) modules.set(target.name, "all");
        else if (asked !== "all") modules.set(target.name, asked.add(target.output));
        break;
      }
      case "resource": {
        const table = target.mode === "data" ? data : resources;
        const ofType = table.get(target.type) ?? new Map<string, Value>();
        ofType.set(target.name, evaluation.resource(place, target));
        table.set(target.type, ofType);
        break;
      }
      case "path":
        usesPath = true;
        break;
      case "terraform":
        usesTerraform = true;
        break;
      case "count":
      case "each":
      case "self":
        break;
    }
  }
  const variables = new Map<string, Value>();
  if (names.var.size > 0) variables.set("var", objectValue(names.var));
  if (names.local.size > 0) variables.set("local", objectValue(names.local));
  if (modules.size > 0) {
    variables.set(
      "module",
      objectValue(
        [...modules].map(([name, outputs]) => [name, evaluation.moduleValue(place, name, outputs)] as const),
      ),
    );
  }
  for (const [type, ofType] of resources) variables.set(type, objectValue(ofType));
  if (resources.size > 0) {
    variables.set(
      "resource",
      objectValue([...resources].map(([type, each]) => [type, objectValue(each)] as const)),
    );
  }
  if (data.size > 0) {
    variables.set("data", objectValue([...data].map(([type, each]) => [type, objectValue(each)] as const)));
  }
  const { settings } = evaluation;
  if (usesPath) {
    variables.set(
      "path",
      objectValue({ module: place.module.directory, root: ".", cwd: settings.workingDirectory }),
    );
  }
  if (usesTerraform) {
    variables.set(
      "terraform",
      objectValue({ workspace: settings.workspace, applying: unknownValue(DYNAMIC) }),
    );
  }
  return { variables, functions: settings.functions };
}

/** A scope with `count`, `each` and `self` of one instance. */
export function repeatedScope(scope: Scope, repeated: Repeated | undefined): Scope {
  if (repeated === undefined) return scope;
  const { expansion, key, self } = repeated;
  const variables = new Map(scope.variables);
  if (expansion.kind === "count")
    variables.set("count", objectValue({ index: typeof key === "number" ? key : 0 }));
  else if (expansion.kind === "for_each") {
    variables.set(
      "each",
      objectValue({ key: String(key), value: expansion.values.get(key) ?? unknownValue(DYNAMIC) }),
    );
  } else if (expansion.kind === "unknown") {
    variables.set("count", objectValue({ index: unknownValue(NUMBER, { notNull: true }) }));
    variables.set(
      "each",
      objectValue({ key: unknownValue(STRING, { notNull: true }), value: unknownValue(DYNAMIC) }),
    );
  }
  if (self !== undefined) variables.set("self", self);
  return { ...scope, variables };
}

/** The value of an expression in one module instance. */
export function evaluateAt(
  evaluation: Evaluation,
  place: ModulePlace,
  expression: Expression,
  repeated?: Repeated,
): Diagnosed<Value> {
  return evaluate(expression, repeatedScope(scopeOf(evaluation, place, [expression]), repeated));
}
