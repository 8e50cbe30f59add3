import type { Plan, ResourceChange, ResourceDrift } from "../../engine/index.ts";
import { nullValue } from "../../lang/index.ts";
import type { AttributePath, Value } from "../../lang/index.ts";
import { blockDifference } from "./diff/block.ts";
import { difference } from "./diff/difference.ts";
import type { ReplacePath } from "./diff/difference.ts";
import { DYNAMIC_SHAPE } from "./diff/shown.ts";
import { blockShapeOf, shownOf } from "./diff/values.ts";
import type { ShownBlockShape } from "./diff/values.ts";
import type { PlannedAction, PlannedObject, PlanPicture } from "./plan-view.ts";
import { blockSchemaOf } from "./schemas.ts";
import type { Schemas } from "./schemas.ts";

/** Types whose changes touch nothing outside of the state and the image store: they can always be taken back. */
const WITHOUT_EFFECT: ReadonlySet<string> = new Set(["terraform_data", "kiln_image"]);

const NO_SHAPE: ShownBlockShape = { attributes: new Map(), blocks: new Map() };

/** Prepares a plan for drawing. */
export function pictureOf(plan: Plan, schemas: Schemas): PlanPicture {
  return {
    objects: plan.changes
      .filter((change) => change.address.mode === "managed" || change.action === "read")
      .map((change) => objectOf(change, schemas)),
    outputs: plan.outputs.map((output) => [
      output.name,
      difference(
        shownOf(output.before, output.sensitive),
        shownOf(output.after, output.sensitive),
        DYNAMIC_SHAPE,
      ),
    ]),
    drift: plan.drift.map((drift) => driftOf(drift, schemas)),
    pastCommit: pastCommit(plan),
    mode: plan.mode,
    errored: plan.errored,
  };
}

function objectOf(change: ResourceChange, schemas: Schemas): PlannedObject {
  return {
    address: change.text,
    mode: change.address.mode,
    type: change.address.type,
    name: change.address.name,
    action: actionOf(change),
    ...(change.reason === undefined ? {} : { reason: change.reason }),
    ...(change.deposed === undefined ? {} : { deposed: change.deposed }),
    body: bodyOf(change, change.before, change.after, change.requiresReplace.map(replacePath), schemas),
    notes: change.notes,
  };
}

function bodyOf(
  { provider, address }: Pick<ResourceChange, "provider" | "address">,
  before: Value,
  after: Value,
  replacing: readonly ReplacePath[],
  schemas: Schemas,
) {
  const schema = blockSchemaOf(schemas, provider, address.mode, address.type);
  const shape = schema === undefined ? NO_SHAPE : blockShapeOf(schema);
  return blockDifference(shownOf(before), shownOf(after), shape, replacing);
}

function actionOf(change: ResourceChange): PlannedAction {
  if (change.action === "no-op") return "none";
  if (change.action !== "replace") return change.action;
  return change.replaceOrder === "create_first" ? "replace_create_first" : "replace";
}

function replacePath(path: AttributePath): ReplacePath {
  return path.map((step) => {
    if (step.kind === "attribute") return step.name;
    return typeof step.key === "number" || typeof step.key === "string" ? step.key : "";
  });
}

function driftOf(drift: ResourceDrift, schemas: Schemas): PlannedObject {
  return {
    address: drift.text,
    mode: drift.address.mode,
    type: drift.address.type,
    name: drift.address.name,
    action: drift.action,
    body: bodyOf(drift, drift.before, drift.action === "delete" ? nullValue() : drift.after, [], schemas),
    notes: [],
  };
}

/**
 * What an apply cannot take back, where there are fleets whose switch is the commit point: in-place updates,
 * destroy-first replacements and destroys of everything else.
 */
function pastCommit(plan: Plan): string[] {
  const fleets = plan.changes.some(
    (change) => change.transactional && (change.action === "create" || change.action === "update"),
  );
  if (!fleets) return [];
  return plan.changes
    .filter(
      (change) =>
        !change.transactional &&
        !WITHOUT_EFFECT.has(change.address.type) &&
        (change.action === "update" ||
          change.action === "delete" ||
          (change.action === "replace" && change.replaceOrder !== "create_first")),
    )
    .map((change) => change.text);
}
