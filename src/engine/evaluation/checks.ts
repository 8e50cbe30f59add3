import { allModules, type Condition, type Configuration, formatConfigResource } from "../../config/index.ts";
import type { Evaluation } from "./evaluation.ts";

/** What conditions came to; `unknown` while what they ask about is not known. */
export type CheckStatus = "pass" | "fail" | "error" | "unknown";

/** One object with conditions: a resource instance, or a variable or output of a module instance. */
export interface CheckedObject {
  /** Such as `module.a[0].output.x`. */
  readonly address: string;
  readonly status: CheckStatus;
  /** What the conditions that did not hold say. */
  readonly problems: readonly string[];
}

/** A block with conditions, and all objects of it. */
export interface CheckResult {
  readonly kind: "resource" | "output" | "var";
  /** The block's address, without keys. */
  readonly address: string;
  readonly status: CheckStatus;
  readonly objects: readonly CheckedObject[];
}

interface Outcome {
  readonly status: CheckStatus;
  readonly problem?: string;
}

/** How a failed condition weighs against the others. */
const WEIGHT: readonly CheckStatus[] = ["error", "fail", "unknown", "pass"];

function aggregate(statuses: readonly CheckStatus[]): CheckStatus {
  return WEIGHT.find((status) => statuses.includes(status)) ?? "pass";
}

/** Whose conditions are asked. */
export interface Checked {
  readonly kind: CheckResult["kind"];
  /** The text of its block. */
  readonly block: string;
  /** The text of the object itself. */
  readonly object: string;
  /** All conditions that it has, also those that are asked later. */
  readonly conditions: readonly Condition[];
}

/** The outcomes of conditions in one walk. */
export class Checks {
  readonly #blocks = new Map<string, Map<string, Map<Condition, Outcome>>>();

  note({ kind, block, object, conditions }: Checked, condition: Condition, outcome: Outcome): void {
    const key = `${kind} ${block}`;
    const objects = this.#blocks.get(key) ?? new Map<string, Map<Condition, Outcome>>();
    this.#blocks.set(key, objects);
    const known =
      objects.get(object) ?? new Map(conditions.map((each) => [each, { status: "unknown" } as Outcome]));
    objects.set(object, known);
    known.set(condition, outcome);
  }

  objects({ kind, address }: Pick<CheckResult, "kind" | "address">): readonly CheckedObject[] {
    return [...(this.#blocks.get(`${kind} ${address}`) ?? [])]
      .map(([object, outcomes]) => ({
        address: object,
        status: aggregate([...outcomes.values()].map(({ status }) => status)),
        problems: [...outcomes.values()].flatMap(({ problem }) => problem ?? []),
      }))
      .toSorted(byAddress);
  }
}

function byAddress(a: { readonly address: string }, b: { readonly address: string }): number {
  return a.address < b.address ? -1 : 1;
}

/**
 * What all conditions of a configuration came to, in the order of their addresses. What an apply did not ask again is
 * as it was `planned`.
 */
export function checkResults(
  { root }: Configuration,
  evaluation: Evaluation,
  planned: readonly CheckResult[] = [],
): readonly CheckResult[] {
  const results: CheckResult[] = [];
  for (const module of allModules(root)) {
    const prefix = module.path.map((name) => `module.${name}.`).join("");
    const add = (kind: CheckResult["kind"], address: string, isExpanded: boolean): void => {
      const before = planned.find((each) => each.kind === kind && each.address === address);
      const objects = evaluation.checks.objects({ kind, address }).map((object) => {
        const then = before?.objects.find((each) => each.address === object.address);
        return object.status === "unknown" && then?.status === "pass" ? then : object;
      });
      if (objects.length > 0) {
        results.push({ kind, address, status: aggregate(objects.map(({ status }) => status)), objects });
      } else {
        results.push(before ?? { kind, address, status: isExpanded ? "pass" : "unknown", objects });
      }
    };
    const places = evaluation.places(module);
    for (const { name, validations } of module.variables.values()) {
      if (validations.length > 0) add("var", `${prefix}var.${name}`, places.length === 0);
    }
    for (const { name, preconditions } of module.outputs.values()) {
      if (preconditions.length > 0) add("output", `${prefix}output.${name}`, places.length === 0);
    }
    for (const resource of module.resources.values()) {
      const { preconditions, postconditions } = resource.lifecycle;
      if (preconditions.length + postconditions.length === 0) continue;
      const isExpanded = places.every((place) => evaluation.expansion(place, resource)?.keys.length === 0);
      add("resource", formatConfigResource(module.path, resource), isExpanded);
    }
  }
  return results.toSorted(byAddress);
}
