import { formatModuleInstance } from "../../../config/index.ts";
import type { Plan, ResourceChange, ResourceDrift } from "../../../engine/index.ts";
import { TERRAFORM_VERSION } from "../../../kernel/index.ts";
import { containsUnknown, isUnknown, plainObject } from "../../../lang/index.ts";
import type { Json, Value } from "../../../lang/index.ts";
import type { Schemas } from "../schemas.ts";
import { providerSource } from "./addresses.ts";
import { checksJson } from "./checks.ts";
import { stateJson } from "./state.ts";
import { knownJson, pathJson, sensitiveJson, unknownJson } from "./values.ts";

/** Version of Terraform's plan representation that this follows. */
const FORMAT_VERSION = "1.2";

/** A plan as `show -json` has it. What Terraform does not know stands under `kiln`. */
export function planJson(plan: Plan, schemas: Schemas): Json {
  const changes = plan.changes.filter(
    (change) => change.address.mode === "managed" || change.action === "read",
  );
  return plainObject([
    ["format_version", FORMAT_VERSION],
    ["terraform_version", TERRAFORM_VERSION],
    ["variables", variablesJson(plan)],
    ["planned_values", plannedValues(plan)],
    ...(plan.drift.length === 0 ? [] : [["resource_drift", plan.drift.map(driftJson)] as const]),
    ["resource_changes", changes.map(changeJson)],
    [
      "output_changes",
      plainObject(
        plan.outputs.map((output) => [
          output.name,
          plainObject([
            ["actions", actionsOf(output.action)],
            ...sides(output.before, output.after, output.sensitive),
          ]),
        ]),
      ),
    ],
    ["prior_state", stateJson(plan.priorState, schemas)],
    ...(plan.checks.length === 0 ? [] : [["checks", checksJson(plan.checks)] as const]),
    ["timestamp", new Date(plan.createdAt).toISOString().replace(/\.\d+Z/, "Z")],
    ["applyable", plan.applicable && !plan.errored],
    ["complete", !plan.errored],
    ["errored", plan.errored],
    [
      "kiln",
      plainObject([
        ["mode", plan.mode],
        [
          "notes",
          plainObject(
            plan.changes
              .filter((change) => change.notes.length > 0)
              .map((change) => [change.text, [...change.notes]] as const),
          ),
        ],
      ]),
    ],
  ]);
}

/** Every variable of the root module that has a value: as given, or by default. */
function variablesJson(plan: Plan): Json {
  return plainObject(
    [...plan.configuration.root.variables.values()].flatMap((variable) => {
      // What was given for an ephemeral variable is in no plan; its default stands in the configuration.
      const given = variable.ephemeral ? undefined : plan.variables.get(variable.name);
      const value = given ?? variable.default;
      return value === undefined
        ? []
        : [[variable.name, plainObject([["value", knownJson(value)]])] as const];
    }),
  );
}

/** Terraform's words for what is done, in order. */
export function actionsOf(action: string, order?: "create_first" | "delete_first"): string[] {
  if (action === "replace") return order === "create_first" ? ["create", "delete"] : ["delete", "create"];
  return [action];
}

function sides(before: Value, after: Value, sensitive = false): [string, Json][] {
  return [
    ["before", knownJson(before)],
    ...(isUnknown(after) ? [] : [["after", knownJson(after)] as [string, Json]]),
    ["after_unknown", containsUnknown(after) ? unknownJson(after) : {}],
    ["before_sensitive", sensitive ? true : sensitiveJson(before)],
    ["after_sensitive", sensitive ? true : sensitiveJson(after)],
  ];
}

type Located = Pick<ResourceDrift, "address" | "text" | "provider">;

function place({ address, text, provider }: Located): [string, Json][] {
  const module = formatModuleInstance(address.module);
  return [
    ["address", text],
    ...(module === "" ? [] : [["module_address", module] as [string, Json]]),
    ["mode", address.mode],
    ["type", address.type],
    ["name", address.name],
    ...(address.key === undefined ? [] : [["index", address.key] as [string, Json]]),
    ["provider_name", providerSource(provider)],
  ];
}

function changeJson(change: ResourceChange): Json {
  return plainObject([
    ...place(change),
    ...(change.previous === undefined ? [] : [["previous_address", change.previous] as const]),
    ...(change.deposed === undefined ? [] : [["deposed", change.deposed] as const]),
    [
      "change",
      plainObject([
        ["actions", actionsOf(change.action, change.replaceOrder)],
        ...sides(change.before, change.after),
        ...(change.requiresReplace.length === 0
          ? []
          : [["replace_paths", change.requiresReplace.map(pathJson)] as const]),
      ]),
    ],
    ...(change.reason === undefined ? [] : [["action_reason", change.reason] as const]),
  ]);
}

function driftJson(drift: ResourceDrift): Json {
  return plainObject([
    ...place(drift),
    ["change", plainObject([["actions", [drift.action]], ...sides(drift.before, drift.after)])],
  ]);
}

function plannedValues(plan: Plan): Json {
  const resources = plan.changes
    .filter((change) => change.deposed === undefined && change.action !== "delete")
    .map((change) =>
      plainObject([
        ...place(change),
        ["schema_version", change.schemaVersion],
        ["values", knownJson(change.after)],
        ["sensitive_values", sensitiveJson(change.after)],
      ]),
    );
  const outputs = plan.outputs
    .filter((output) => output.action !== "delete")
    .map(
      (output) =>
        [
          output.name,
          plainObject([
            ["sensitive", output.sensitive],
            ...(containsUnknown(output.after) ? [] : [["value", knownJson(output.after)] as const]),
          ]),
        ] as const,
    );
  return plainObject([
    ...(outputs.length === 0 ? [] : [["outputs", plainObject(outputs)] as const]),
    ["root_module", resources.length === 0 ? {} : plainObject([["resources", resources]])],
  ]);
}
