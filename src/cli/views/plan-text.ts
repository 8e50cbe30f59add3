import { drawBlock, drawOutputs } from "./diff/block.ts";
import type { DrawOptions } from "./diff/draw.ts";
import { countChanges } from "./plan-view.ts";
import type { PlannedAction, PlannedObject, PlanPicture } from "./plan-view.ts";
import type { Style } from "./style.ts";

/** What a plan looks like to a person, without a final newline. */
export function renderPlan(plan: PlanPicture, style: Style): string {
  const sections: string[] = [];
  const changed = plan.objects.filter((object) => object.action !== "none");
  const outputs = plan.outputs.filter(([, change]) => change.action !== "none");
  const drift = plan.drift.filter((object) => object.body.action !== "none");
  if (drift.length > 0 && plan.mode === "refresh_only") sections.push(driftSection(drift, style));
  if (changed.length === 0 && outputs.length === 0) {
    return [...sections, noChanges(plan, style)].join("\n\n");
  }
  if (changed.length > 0) {
    sections.push(
      legend(changed, style),
      plan.errored
        ? "Kiln planned the following actions, but then encountered a problem:"
        : "Kiln will perform the following actions:",
      ...changed.map((object) => renderObject(object, style)),
      summaryLine(changed, style),
      ...commitPoint(plan, style),
    );
  }
  if (outputs.length > 0) {
    sections.push(["Changes to Outputs:", ...drawOutputs(outputs, { style })].join("\n"));
    if (changed.length === 0) {
      sections.push(
        "You can apply this plan to save these new output values to the Kiln state,\nwithout changing any real infrastructure.",
      );
    }
  }
  return sections.join("\n\n");
}

/** `Plan: 1 to add, 0 to change, 0 to destroy.` */
function summaryLine(objects: readonly PlannedObject[], style: Style): string {
  const { add, change, destroy } = countChanges(objects);
  const forgotten = objects.filter((object) => object.action === "forget").length;
  const forget = forgotten > 0 ? `, ${forgotten} to forget` : "";
  return `${style.bold("Plan:")} ${add} to add, ${change} to change, ${destroy} to destroy${forget}.`;
}

function noChanges(plan: PlanPicture, style: Style): string {
  const title = (text: string) => style.bold(style.green(text));
  if (plan.errored) return "Planning failed. Kiln encountered an error while generating this plan.";
  if (plan.mode === "destroy") {
    return `${title("No changes.")} ${style.bold("No objects need to be destroyed.")}\n\nEither you have not created any objects yet or the existing objects were\nalready deleted outside of Kiln.`;
  }
  return `${title("No changes.")} ${style.bold("Your infrastructure matches the configuration.")}\n\nKiln has compared your real infrastructure against your configuration and\nfound no differences, so no changes are needed.`;
}

const LEGEND: readonly (readonly [PlannedAction, string])[] = [
  ["create", "create"],
  ["update", "update in-place"],
  ["delete", "destroy"],
  ["replace", "destroy and then create replacement"],
  ["replace_create_first", "create replacement and then destroy"],
  ["read", "read (data resources)"],
  ["forget", "no longer managed"],
];

function legend(objects: readonly PlannedObject[], style: Style): string {
  const used = LEGEND.filter(([action]) => objects.some((object) => object.action === action));
  return [
    "Kiln used the selected providers to generate the following execution plan.",
    "Resource actions are indicated with the following symbols:",
    ...used.map(([action, text]) => `${actionSymbol(action, style)} ${text}`),
  ].join("\n");
}

function actionSymbol(action: PlannedAction, style: Style): string {
  switch (action) {
    case "create":
      return `  ${style.green("+")}`;
    case "update":
      return `  ${style.yellow("~")}`;
    case "delete":
      return `  ${style.red("-")}`;
    case "replace":
      return `${style.red("-")}/${style.green("+")}`;
    case "replace_create_first":
      return `${style.green("+")}/${style.red("-")}`;
    case "read":
      return ` ${style.cyan("<=")}`;
    case "forget":
      return `  ${style.red(".")}`;
    case "none":
      return "   ";
  }
}

function renderObject(object: PlannedObject, style: Style): string {
  const options: DrawOptions = object.action === "forget" ? { style, showUnchanged: true } : { style };
  const header = object.mode === "data" ? "data" : "resource";
  return [
    `${style.bold(`  # ${titleOf(object)}`)} ${verb(object, style)}`,
    ...reasons(object).map((reason) => `  # (${reason})`),
    ...object.notes.map((note) => style.cyan(`  # ${note}`)),
    `${actionSymbol(object.action, style)} ${header} "${object.type}" "${object.name}" ${drawBlock(object.body, 0, options)}`,
  ].join("\n");
}

function titleOf(object: PlannedObject): string {
  return object.deposed === undefined
    ? object.address
    : `${object.address} (deposed object ${object.deposed})`;
}

function verb(object: PlannedObject, style: Style): string {
  switch (object.action) {
    case "create":
      return "will be created";
    case "read":
      return "will be read during apply";
    case "update":
      return "will be updated in-place";
    case "forget":
      return "will no longer be managed by Kiln, but will not be destroyed";
    case "delete":
      return `will be ${style.bold(style.red("destroyed"))}`;
    case "none":
      return "has moved";
    case "replace":
    case "replace_create_first":
      if (object.reason === "replace_because_tainted") {
        return `is tainted, so must be ${style.bold(style.red("replaced"))}`;
      }
      if (object.reason === "replace_by_request") {
        return `will be ${style.bold(style.red("replaced"))}, as requested`;
      }
      if (object.reason === "replace_by_triggers") {
        return `will be ${style.bold(style.red("replaced"))} due to changes in replace_triggered_by`;
      }
      return `must be ${style.bold(style.red("replaced"))}`;
  }
}

function reasons(object: PlannedObject): string[] {
  const lines: string[] = [];
  if (object.deposed !== undefined) {
    lines.push("left over from a partially-failed replacement of this instance");
  } else {
    const reason = deleteReason(object);
    if (reason !== undefined) lines.push(reason);
  }
  if (object.previousAddress !== undefined) lines.push(`moved from ${object.previousAddress}`);
  return lines;
}

function deleteReason(object: PlannedObject): string | undefined {
  const key = /\[[^[]*\]$/.exec(object.address)?.[0];
  switch (object.reason) {
    case "delete_because_no_resource_config":
      return `because ${object.address.replace(/\[[^[]*\]$/, "")} is not in configuration`;
    case "delete_because_no_module":
      return `because ${object.address.slice(0, object.address.lastIndexOf(`.${object.type}.`))} is not in configuration`;
    case "delete_because_wrong_repetition":
      if (key === undefined) return "because resource uses count or for_each";
      return key.startsWith('["')
        ? "because resource does not use for_each"
        : "because resource does not use count";
    case "delete_because_count_index":
      return `because index ${key ?? ""} is out of range for count`;
    case "delete_because_each_key":
      return `because key ${key ?? ""} is not in for_each map`;
    case "delete_because_no_move_target":
      return `because ${object.address} was moved, and its new address is not in configuration`;
    case "read_because_config_unknown":
      return "config refers to values not yet known";
    case "read_because_dependency_pending":
      return "depends on a resource or a module with changes pending";
    default:
      return undefined;
  }
}

function commitPoint(plan: PlanPicture, style: Style): string[] {
  if (plan.pastCommit.length === 0) return [];
  return [
    [
      style.bold("Commit point:"),
      `all before it is taken back if anything fails. What cannot be taken back comes after it: ${plan.pastCommit.join(", ")}.`,
    ].join(" "),
  ];
}

function driftSection(objects: readonly PlannedObject[], style: Style): string {
  return [
    `${style.bold(style.cyan("Note:"))} Objects have changed outside of Kiln`,
    ...objects.map((object) => {
      const gone = object.body.action === "delete";
      const head = `${style.bold(`  # ${titleOf(object)}`)} has ${gone ? "been deleted" : "changed"}`;
      const symbol = actionSymbol(gone ? "delete" : "update", style);
      return `${head}\n${symbol} resource "${object.type}" "${object.name}" ${drawBlock(object.body, 0, { style })}`;
    }),
  ].join("\n\n");
}
