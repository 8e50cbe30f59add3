import {
  type ConfigurationFiles,
  formatResourceInstance,
  loadConfiguration,
  parseResourceInstance,
} from "../../config/index.ts";
import {
  type Diagnostic,
  digestOf,
  errorDiagnostic,
  hasErrors,
  KILN_VERSION,
  sha256,
} from "../../kernel/index.ts";
import { hasMark, type Json, parseJsonLossless, printJson, type Value } from "../../lang/index.ts";
import { checksFromJson, checksToJson } from "../state/check-results.ts";
import { compactJson, isJsonArray, isJsonObject, type JsonObject, textOf } from "../state/json-text.ts";
import { pathFromJson, pathToJson } from "../state/paths.ts";
import { parseState, printState } from "../state/state-file.ts";
import type { OutputChange, Plan, ResourceChange, ResourceDrift } from "./plan.ts";
import { MalformedPlan, valueFromTree, valueToTree } from "./value-text.ts";

/** The version of the form below; a plan of another one is refused. */
const PLAN_FORMAT = 1;

/** What identifies a plan in the history: its configuration, what it started from, and what it does. */
export function planDigest(plan: Plan): string {
  return digestOf({
    configuration: plan.configuration.digest,
    lineage: plan.priorState.lineage,
    serial: plan.priorState.serial,
    createdAt: plan.createdAt,
    changes: plan.changes.map(({ text, action, deposed }) => [text, action, deposed ?? ""]),
  });
}

function changeToTree(change: ResourceChange): JsonObject {
  const { address, before, after, requiresReplace, ...plain } = change;
  return {
    ...plain,
    address: formatResourceInstance(address),
    before: valueToTree(before),
    after: valueToTree(after),
    requiresReplace: requiresReplace.map(pathToJson),
  };
}

/** The text of a saved plan, with the configuration's files and a digest of everything inside. */
export function savePlan(plan: Plan): string {
  const body: JsonObject = {
    mode: plan.mode,
    workspace: plan.workspace,
    createdAt: plan.createdAt,
    sources: Object.fromEntries(plan.configuration.sources),
    variables: Object.fromEntries(
      [...plan.variables]
        // What is ephemeral is in no file (law 9): whoever applies the plan gives it again.
        .filter(([, value]) => !hasMark(value, "ephemeral"))
        .map(([name, value]) => [name, valueToTree(value)] as const),
    ),
    state: printState(plan.priorState),
    drift: plan.drift.map(({ address, before, after, ...plain }) => ({
      ...plain,
      address: formatResourceInstance(address),
      before: valueToTree(before),
      after: valueToTree(after),
    })),
    changes: plan.changes.map(changeToTree),
    outputs: plan.outputs.map(({ before, after, ...plain }) => ({
      ...plain,
      before: valueToTree(before),
      after: valueToTree(after),
    })),
    checks: checksToJson(plan.checks),
    applicable: plan.applicable,
    errored: plan.errored,
  };
  const digest = sha256(compactJson(body));
  return `${printJson({ format: "kiln-plan", version: PLAN_FORMAT, kiln: KILN_VERSION, digest, plan: body })}\n`;
}

type Opened = { readonly plan: Plan } | { readonly diagnostic: Diagnostic };

/** Reads a saved plan; a diagnostic where it is none, was altered, or is of another version of Kiln. */
export async function openPlan(text: string): Promise<Opened> {
  const refuse = (detail: string): Opened => ({
    diagnostic: errorDiagnostic("Failed to load plan file", detail, {
      remedy: "Plan again, with -out=FILE.",
    }),
  });
  const parsed = parseJsonLossless(text);
  const file: Json = "json" in parsed ? parsed.json : null;
  if (!isJsonObject(file) || file["format"] !== "kiln-plan")
    return refuse("The file is not a saved plan of Kiln's.");
  if (file["version"] !== PLAN_FORMAT || file["kiln"] !== KILN_VERSION) {
    return refuse(`The plan was made by Kiln ${textOf(file["kiln"])}, and this is Kiln ${KILN_VERSION}.`);
  }
  const body = file["plan"];
  if (!isJsonObject(body) || sha256(compactJson(body)) !== file["digest"]) {
    return refuse("The plan was altered after it was made: its digest does not fit its content.");
  }
  try {
    return { plan: await decodePlan(body) };
  } catch (error) {
    if (error instanceof MalformedPlan) return refuse(`The plan is malformed: ${error.message}.`);
    throw error;
  }
}

async function decodePlan(body: JsonObject): Promise<Plan> {
  const sources = body["sources"];
  const configuration = await loadConfiguration(savedFiles(isJsonObject(sources) ? sources : {}));
  if (hasErrors(configuration.diagnostics)) throw new MalformedPlan("its configuration cannot be loaded");
  const state = parseState(textOf(body["state"]), "the plan's state");
  if ("diagnostic" in state) throw new MalformedPlan(state.diagnostic.detail);
  const variables = new Map<string, Value>();
  const given = body["variables"];
  for (const [name, value] of Object.entries(isJsonObject(given) ? given : {})) {
    variables.set(name, valueFromTree(value));
  }
  const { mode, createdAt } = { mode: body["mode"], createdAt: body["createdAt"] };
  return {
    mode: mode === "destroy" || mode === "refresh_only" ? mode : "normal",
    configuration: configuration.value,
    variables,
    workspace: textOf(body["workspace"]),
    createdAt: typeof createdAt === "number" ? createdAt : 0,
    priorState: state.state,
    drift: objects(body["drift"]).map(decodeDrift),
    changes: objects(body["changes"]).map(decodeChange),
    outputs: objects(body["outputs"]).map(decodeOutput),
    checks: checksFromJson(body["checks"]),
    applicable: body["applicable"] === true,
    errored: body["errored"] === true,
  };
}

/** The configuration's files as they were when the plan was made. */
function savedFiles(sources: JsonObject): ConfigurationFiles {
  return {
    list: async (directory) => {
      const prefix = directory === "." ? "" : `${directory}/`;
      const names = Object.keys(sources)
        .filter((file) => file.startsWith(prefix) && !file.slice(prefix.length).includes("/"))
        .map((file) => file.slice(prefix.length));
      return names.length === 0 ? undefined : names;
    },
    read: async (file) => textOf(sources[file]),
  };
}

function objects(tree: Json | undefined): readonly JsonObject[] {
  return isJsonArray(tree) ? tree.filter(isJsonObject) : [];
}

function addressOf(tree: JsonObject): ResourceChange["address"] {
  const address = parseResourceInstance(textOf(tree["address"]));
  if (address === undefined) throw new MalformedPlan("an address is malformed");
  return address;
}

function decodeDrift(tree: JsonObject): ResourceDrift {
  const address = addressOf(tree);
  return {
    address,
    text: formatResourceInstance(address),
    provider: textOf(tree["provider"]),
    action: tree["action"] === "delete" ? "delete" : "update",
    before: valueFromTree(tree["before"]),
    after: valueFromTree(tree["after"]),
  };
}

function decodeOutput(tree: JsonObject): OutputChange {
  return {
    name: textOf(tree["name"]),
    action: oneOf(tree["action"], ["no-op", "create", "update", "delete"]),
    before: valueFromTree(tree["before"]),
    after: valueFromTree(tree["after"]),
    sensitive: tree["sensitive"] === true,
  };
}

const REASONS = [
  "replace_because_cannot_update",
  "replace_because_tainted",
  "replace_by_request",
  "replace_by_triggers",
  "delete_because_no_resource_config",
  "delete_because_no_module",
  "delete_because_wrong_repetition",
  "delete_because_count_index",
  "delete_because_each_key",
  "read_because_config_unknown",
  "read_because_dependency_pending",
] as const;

function oneOf<const Word extends string>(tree: Json | undefined, words: readonly Word[]): Word {
  const found = words.find((word) => word === tree);
  if (found === undefined) throw new MalformedPlan(`${JSON.stringify(tree)} is not expected`);
  return found;
}

function decodeChange(tree: JsonObject): ResourceChange {
  const address = addressOf(tree);
  const optional = (name: string): string | undefined => {
    const found = tree[name];
    return typeof found === "string" ? found : undefined;
  };
  const previous = optional("previous");
  const deposed = optional("deposed");
  const version = tree["schemaVersion"];
  const strings = (name: string): string[] => {
    const list = tree[name];
    return isJsonArray(list) ? list.map(textOf) : [];
  };
  return {
    address,
    text: formatResourceInstance(address),
    ...(previous === undefined ? {} : { previous }),
    ...(deposed === undefined ? {} : { deposed }),
    provider: textOf(tree["provider"]),
    action: oneOf(tree["action"], ["no-op", "create", "read", "update", "replace", "delete"]),
    ...(tree["replaceOrder"] === undefined
      ? {}
      : { replaceOrder: oneOf(tree["replaceOrder"], ["create_first", "delete_first"]) }),
    ...(tree["reason"] === undefined ? {} : { reason: oneOf(tree["reason"], REASONS) }),
    before: valueFromTree(tree["before"]),
    after: valueFromTree(tree["after"]),
    requiresReplace: (isJsonArray(tree["requiresReplace"]) ? tree["requiresReplace"] : []).flatMap((path) => {
      const decoded = pathFromJson(path);
      return decoded === undefined ? [] : [decoded];
    }),
    private: textOf(tree["private"]),
    notes: strings("notes"),
    transactional: tree["transactional"] === true,
    schemaVersion: typeof version === "number" ? version : 0,
    dependencies: strings("dependencies"),
    createBeforeDestroy: tree["createBeforeDestroy"] === true,
  };
}
