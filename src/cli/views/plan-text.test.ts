import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { blockDifference } from "./diff/block.ts";
import { difference } from "./diff/difference.ts";
import { DYNAMIC_SHAPE } from "./diff/shown.ts";
import type { Shape, Shown } from "./diff/shown.ts";
import type { ShownBlockShape } from "./diff/values.ts";
import { renderPlan } from "./plan-text.ts";
import type { PlannedAction, PlannedObject, PlanPicture } from "./plan-view.ts";
import { plain } from "./style.ts";

interface Change {
  readonly actions: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly after_unknown?: unknown;
  readonly before_sensitive?: unknown;
  readonly after_sensitive?: unknown;
  readonly replace_paths?: readonly (readonly (string | number)[])[];
}
interface RecordedPlan {
  readonly resource_changes: readonly {
    readonly address: string;
    readonly mode: "managed" | "data";
    readonly type: string;
    readonly name: string;
    readonly action_reason?: string;
    readonly change: Change;
  }[];
  readonly output_changes: Readonly<Record<string, Change>>;
}

const recorded = JSON.parse(
  readFileSync(path.join(import.meta.dirname, "golden", "plans.json"), "utf8"),
) as Record<string, { readonly plan: RecordedPlan; readonly text: readonly string[] }>;

const leaf: Shape = { kind: "leaf" };
const dataShape: ShownBlockShape = {
  attributes: new Map([
    ["id", { shape: leaf, sensitive: false }],
    ["input", { shape: DYNAMIC_SHAPE, sensitive: false }],
    ["output", { shape: DYNAMIC_SHAPE, sensitive: false }],
    ["triggers_replace", { shape: DYNAMIC_SHAPE, sensitive: false }],
  ]),
  blocks: new Map(),
};

/** Terraform's JSON: a value, the parts that are unknown and the parts that are sensitive, side by side. */
function shown(value: unknown, unknown: unknown, sensitive: unknown): Shown {
  const hidden = sensitive === true;
  if (unknown === true) return { kind: "unknown", sensitive: hidden };
  const part = (of: unknown, key: string | number): unknown =>
    typeof of === "object" && of !== null ? (of as Record<string | number, unknown>)[key] : undefined;
  if (Array.isArray(value)) {
    const items = value.map((item, index) => shown(item, part(unknown, index), part(sensitive, index)));
    return { kind: "sequence", ordered: true, items, sensitive: hidden };
  }
  if (typeof value === "object" && value !== null) {
    const unknownKeys = typeof unknown === "object" && unknown !== null ? Object.keys(unknown) : [];
    const keys = [...new Set([...Object.keys(value), ...unknownKeys])].toSorted();
    const known = value as Record<string, unknown>;
    const entries = keys
      .filter((key) => key in known || part(unknown, key) === true)
      .map((key) => [key, shown(known[key], part(unknown, key), part(sensitive, key))] as const);
    return { kind: "record", entries: new Map(entries), sensitive: hidden };
  }
  if (typeof value === "string") return { kind: "string", value, sensitive: hidden };
  if (typeof value === "number") return { kind: "number", text: String(value), sensitive: hidden };
  if (typeof value === "boolean") return { kind: "boolean", value, sensitive: hidden };
  return { kind: "null", sensitive: hidden };
}

const ACTIONS: Readonly<Record<string, PlannedAction>> = {
  "no-op": "none",
  create: "create",
  update: "update",
  delete: "delete",
  "delete,create": "replace",
  "create,delete": "replace_create_first",
};

function picture(plan: RecordedPlan, mode: PlanPicture["mode"]): PlanPicture {
  const sides = (change: Change) => ({
    before: shown(change.before, undefined, change.before_sensitive),
    after: shown(change.after, change.after_unknown, change.after_sensitive),
  });
  const objects = plan.resource_changes.map((resource): PlannedObject => {
    const { before, after } = sides(resource.change);
    return {
      address: resource.address,
      mode: resource.mode,
      type: resource.type,
      name: resource.name,
      action: ACTIONS[resource.change.actions.join(",")] ?? "none",
      ...(resource.action_reason === undefined ? {} : { reason: resource.action_reason }),
      body: blockDifference(before, after, dataShape, resource.change.replace_paths ?? []),
      notes: [],
    };
  });
  const outputs = Object.entries(plan.output_changes).map(([name, change]) => {
    const { before, after } = sides(change);
    return [name, difference(before, after, DYNAMIC_SHAPE)] as const;
  });
  return { objects, outputs, drift: [], pastCommit: [], mode, errored: false };
}

/** Terraform breaks the legend's first sentence elsewhere, and says its own name. */
function comparable(lines: readonly string[]): string[] {
  const text = lines.join("\n").replaceAll("Terraform", "Kiln");
  return text.replace("execution\nplan. Resource", "execution plan.\nResource").split("\n");
}

describe("plans are drawn as Terraform draws them", () => {
  test.each(["plan", "destroy"])("%s", (name) => {
    const golden = recorded[name];
    const mode = name === "destroy" ? "destroy" : "normal";
    expect(golden).toBeDefined();
    const drawn = renderPlan(picture(golden!.plan, mode), plain).split("\n");
    expect(drawn).toEqual(comparable(golden!.text));
  });
});
