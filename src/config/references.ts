import type { Diagnostic } from "../kernel/index.ts";
import { type Body, type Expression, references, type Step, type Traversal } from "../lang/index.ts";
import type { InstanceKey, ResourceName } from "./addresses.ts";
import { problemAt } from "./problems.ts";

/** What a root name and its static steps stand for. */
export type ReferenceTarget =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "local"; readonly name: string }
  | {
      readonly kind: "module";
      readonly name: string;
      /** Absent where the reference is to all instances, or to the single one. */
      readonly key: InstanceKey;
      /** Absent where the reference is to the module as a whole. */
      readonly output?: string;
    }
  | ({ readonly kind: "resource"; readonly key: InstanceKey; readonly path: readonly Step[] } & ResourceName)
  | { readonly kind: "count" | "each" | "path" | "terraform"; readonly attribute: string }
  | { readonly kind: "self" };

export interface Reference {
  readonly target: ReferenceTarget;
  readonly expression: Traversal;
  /** Offset in the expression's source where what the target needed ends. */
  readonly end: number;
}

export type ReferenceResult = { readonly reference: Reference } | { readonly diagnostic: Diagnostic };

const LISTED: Readonly<Record<string, readonly string[]>> = {
  count: ["index"],
  each: ["key", "value"],
  path: ["cwd", "module", "root"],
  terraform: ["applying", "workspace"],
};

function invalid(expression: Traversal, summary: string, detail: string): ReferenceResult {
  return { diagnostic: problemAt(expression, summary, detail) };
}

/** Reads what an expression such as `var.a.b` or `kiln_fleet.web[0].endpoint` refers to. */
export function referenceOf(expression: Traversal): ReferenceResult {
  const { name: root, steps } = expression;
  const first = steps[0];
  const found = (target: ReferenceTarget, used: number): ReferenceResult => ({
    reference: { target, expression, end: steps[used - 1]?.end ?? expression.nameEnd },
  });
  switch (root) {
    case "self":
      return found({ kind: "self" }, 0);
    case "count":
    case "each":
    case "path":
    case "terraform": {
      if (first?.kind !== "attribute") return notDirectly(expression);
      if (LISTED[root]?.includes(first.name) !== true) {
        return invalid(
          expression,
          `Invalid "${root}" attribute`,
          `The "${root}" object does not have an attribute named "${first.name}". It has: ${LISTED[root]?.join(", ")}.`,
        );
      }
      return found({ kind: root, attribute: first.name }, 1);
    }
    case "var":
    case "local":
      if (first?.kind !== "attribute") return notDirectly(expression);
      return found({ kind: root === "var" ? "variable" : "local", name: first.name }, 1);
    case "module":
      return moduleReference(expression, found);
    case "data":
      return dataReference(expression, found);
    case "resource":
      return resourceReference(expression, "managed", 1, found);
    default:
      return resourceReference(expression, "managed", 0, found);
  }
}

type Found = (target: ReferenceTarget, used: number) => ReferenceResult;

function notDirectly(expression: Traversal): ReferenceResult {
  return invalid(
    expression,
    "Invalid reference",
    `The "${expression.name}" object cannot be accessed directly. Instead, access one of its attributes.`,
  );
}

function keyOf(step: Step | undefined): InstanceKey {
  if (step?.kind !== "index") return undefined;
  return typeof step.key === "string" || typeof step.key === "number" ? step.key : undefined;
}

function moduleReference(expression: Traversal, found: Found): ReferenceResult {
  const [name, next, after] = expression.steps;
  if (name?.kind !== "attribute") return notDirectly(expression);
  const key = keyOf(next);
  const output = key === undefined ? next : after;
  if (output?.kind !== "attribute") {
    return found({ kind: "module", name: name.name, key }, key === undefined ? 1 : 2);
  }
  return found({ kind: "module", name: name.name, key, output: output.name }, key === undefined ? 2 : 3);
}

function dataReference(expression: Traversal, found: Found): ReferenceResult {
  if (expression.steps[0]?.kind !== "attribute" || expression.steps[1]?.kind !== "attribute") {
    return invalid(
      expression,
      "Invalid reference",
      `The "data" object must be followed by two attribute names: the data source type and the resource name.`,
    );
  }
  return resourceReference(expression, "data", 1, found);
}

/** `at` is the number of steps before the name; the type is the root, or the step before that. */
function resourceReference(
  expression: Traversal,
  mode: ResourceName["mode"],
  at: 0 | 1,
  found: Found,
): ReferenceResult {
  const { steps } = expression;
  const typeStep = at === 0 ? undefined : steps[0];
  const type = at === 0 ? expression.name : typeStep?.kind === "attribute" ? typeStep.name : undefined;
  const name = steps[at];
  if (type === undefined || name?.kind !== "attribute") {
    return invalid(
      expression,
      "Invalid reference",
      "A reference to a resource type must be followed by at least one attribute access, specifying the resource name.",
    );
  }
  const key = keyOf(steps[at + 1]);
  const used = key === undefined ? at + 1 : at + 2;
  return found({ kind: "resource", mode, type, name: name.name, key, path: steps.slice(used) }, used);
}

/** The name of a resource within its module, as it is written. */
export function targetText(target: ReferenceTarget): string {
  switch (target.kind) {
    case "variable":
      return `var.${target.name}`;
    case "local":
      return `local.${target.name}`;
    case "module":
      return `module.${target.name}`;
    case "resource":
      return `${target.mode === "data" ? "data." : ""}${target.type}.${target.name}`;
    case "self":
      return "self";
    default:
      return `${target.kind}.${target.attribute}`;
  }
}

/**
 * What an expression, or everything in a body, refers to. The names that `dynamic` blocks bind in their content are
 * no references.
 */
export function referencesIn(where: Expression | Body): readonly Traversal[] {
  if (where.kind !== "body") return references(where);
  const found: Traversal[] = [];
  for (const attribute of where.attributes.values()) found.push(...references(attribute.expression));
  for (const block of where.blocks) {
    const inside = referencesIn(block.body);
    if (block.type !== "dynamic") found.push(...inside);
    else {
      const iterator = block.body.attributes.get("iterator")?.expression;
      const bound = iterator?.kind === "variable" ? iterator.name : block.labels[0]?.text;
      found.push(...inside.filter(({ name }) => name !== bound));
    }
  }
  return found;
}
