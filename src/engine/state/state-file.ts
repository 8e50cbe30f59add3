import {
  formatModuleInstance,
  type ResourceInstanceAddress,
  type InstanceKey,
  compareKeys,
  parseModuleInstance,
  formatResourceInstance,
} from "../../config/index.ts";
import {
  type Diagnostic,
  errorDiagnostic,
  type Lineage,
  parseId,
  TERRAFORM_VERSION,
} from "../../kernel/index.ts";
import { type AttributePath, type Json, parseJsonLossless, printJson } from "../../lang/index.ts";
import { checksFromJson, checksToJson } from "./check-results.ts";
import { isJsonArray, isJsonObject, type JsonObject } from "./json-text.ts";
import { pathFromJson, pathToJson } from "./paths.ts";
import type { InstanceState, ObjectState, OutputState, State } from "./state.ts";

/** The format of state files that Kiln reads and writes: Terraform's, version 4. */
const STATE_VERSION = 4;

/** One object in the form of the file; its index key and deposed key are the caller's. */
export function objectToJson(object: ObjectState): JsonObject {
  return {
    schema_version: object.schemaVersion,
    attributes: object.attributes,
    sensitive_attributes: object.sensitivePaths.map(pathToJson),
    ...(object.private === "" ? {} : { private: Buffer.from(object.private).toString("base64") }),
    ...(object.dependencies.length === 0 ? {} : { dependencies: object.dependencies }),
    ...(object.createBeforeDestroy ? { create_before_destroy: true } : {}),
  };
}

function instanceObjects(instance: InstanceState): Json[] {
  const { key } = instance.address;
  const slots: [string | undefined, ObjectState][] = [...instance.deposed].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  );
  if (instance.current !== undefined) slots.unshift([undefined, instance.current]);
  return slots.map(([deposed, object]) => ({
    ...(key === undefined ? {} : { index_key: key }),
    ...(object.status === "tainted" ? { status: "tainted" } : {}),
    ...(deposed === undefined ? {} : { deposed }),
    ...objectToJson(object),
  }));
}

interface Block {
  readonly module: string;
  readonly address: ResourceInstanceAddress;
  readonly provider: string;
  readonly instances: InstanceState[];
}

function compareBlocks(a: Block, b: Block): number {
  for (const [left, right] of [
    [a.module, b.module],
    [a.address.mode, b.address.mode],
    [a.address.type, b.address.type],
    [a.address.name, b.address.name],
  ] as const) {
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}

/** The text of a state file, byte for byte as Terraform formats it. */
export function printState(state: State): string {
  const blocks = new Map<string, Block>();
  for (const instance of state.instances.values()) {
    const { address, provider } = instance;
    const module = formatModuleInstance(address.module);
    const key = JSON.stringify([module, address.mode, address.type, address.name]);
    const block = blocks.get(key);
    if (block === undefined) blocks.set(key, { module, address, provider, instances: [instance] });
    else block.instances.push(instance);
  }
  const resources = [...blocks.values()].toSorted(compareBlocks).map((block) => ({
    ...(block.module === "" ? {} : { module: block.module }),
    mode: block.address.mode,
    type: block.address.type,
    name: block.address.name,
    provider: block.provider,
    instances: block.instances
      .toSorted((a, b) => compareKeys(a.address.key, b.address.key))
      .flatMap(instanceObjects),
  }));
  const outputs = [...state.outputs].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const tree: Json = {
    version: STATE_VERSION,
    terraform_version: TERRAFORM_VERSION,
    serial: state.serial,
    lineage: state.lineage,
    outputs: Object.fromEntries(
      outputs.map(([name, output]) => [
        name,
        { value: output.value, type: output.type, ...(output.sensitive ? { sensitive: true } : {}) },
      ]),
    ),
    resources,
    check_results: checksToJson(state.checks ?? []),
  };
  return `${printJson(tree, "  ")}\n`;
}

/** What is wrong with a state file, as the end of a sentence. */
class Malformed extends Error {}

function expectText(tree: Json | undefined, what: string): string {
  if (typeof tree !== "string") throw new Malformed(`${what} is not a string`);
  return tree;
}

function expectArray(tree: Json | undefined, what: string): readonly Json[] {
  if (tree === undefined || tree === null) return [];
  if (!isJsonArray(tree)) throw new Malformed(`${what} is not an array`);
  return tree;
}

function expectObject(tree: Json | undefined, what: string): JsonObject {
  if (!isJsonObject(tree)) throw new Malformed(`${what} is not an object`);
  return tree;
}

/** Reads one object in the form of the file. Throws where it is malformed. */
export function objectFromJson(tree: JsonObject, what: string): ObjectState {
  if (tree["attributes_flat"] !== undefined) {
    throw new Malformed(`${what} has flat attributes, which only Terraform before 0.12 wrote`);
  }
  const paths: AttributePath[] = [];
  for (const encoded of expectArray(tree["sensitive_attributes"], `${what}: sensitive_attributes`)) {
    const path = pathFromJson(encoded);
    if (path === undefined) throw new Malformed(`${what}: a path of sensitive_attributes is malformed`);
    paths.push(path);
  }
  const version = tree["schema_version"];
  return {
    status: tree["status"] === "tainted" ? "tainted" : "ready",
    schemaVersion: typeof version === "number" ? version : 0,
    attributes: expectObject(tree["attributes"], `${what}: attributes`),
    sensitivePaths: paths,
    private:
      typeof tree["private"] === "string" ? Buffer.from(tree["private"], "base64").toString("utf8") : "",
    dependencies: expectArray(tree["dependencies"], `${what}: dependencies`).map((each) =>
      expectText(each, `${what}: a dependency`),
    ),
    createBeforeDestroy: tree["create_before_destroy"] === true,
  };
}

function readResource(tree: Json, instances: Map<string, InstanceState>): void {
  const resource = expectObject(tree, "a resource");
  const mode = expectText(resource["mode"], "a resource's mode");
  if (mode !== "managed" && mode !== "data")
    throw new Malformed(`a resource's mode is ${JSON.stringify(mode)}`);
  const type = expectText(resource["type"], "a resource's type");
  const name = expectText(resource["name"], "a resource's name");
  const provider = expectText(resource["provider"], "a resource's provider");
  const moduleText = resource["module"];
  const module = parseModuleInstance(typeof moduleText === "string" ? moduleText : "");
  if (module === undefined) throw new Malformed("a resource's module is no module address");
  for (const encoded of expectArray(resource["instances"], "a resource's instances")) {
    const instance = expectObject(encoded, "an instance");
    const indexKey = instance["index_key"];
    const key: InstanceKey =
      typeof indexKey === "string" || typeof indexKey === "number" ? indexKey : undefined;
    const address = { module, mode, type, name, key } satisfies ResourceInstanceAddress;
    const text = formatResourceInstance(address);
    const object = objectFromJson(instance, text);
    const before = instances.get(text);
    const deposed = new Map(before?.deposed);
    const deposedKey = instance["deposed"];
    const isDeposed = typeof deposedKey === "string" && deposedKey !== "";
    if (isDeposed) deposed.set(deposedKey, object);
    const current = isDeposed ? before?.current : object;
    instances.set(text, { address, provider, ...(current === undefined ? {} : { current }), deposed });
  }
}

function readOutput(name: string, tree: Json): OutputState {
  const output = expectObject(tree, `output ${name}`);
  return {
    value: output["value"] ?? null,
    type: output["type"] ?? "dynamic",
    sensitive: output["sensitive"] === true,
  };
}

/** Reads a state file's text; a diagnostic where it is damaged, or of a version that Kiln does not know. */
export function parseState(
  text: string,
  filename: string,
): { readonly state: State } | { readonly diagnostic: Diagnostic } {
  const refuse = (reason: string) => ({
    diagnostic: errorDiagnostic(
      "Unreadable state",
      `The state in ${filename} could not be read: ${reason}.`,
      {
        remedy: `Restore ${filename} from its backup or from version control; Kiln has changed nothing.`,
      },
    ),
  });
  const parsed = parseJsonLossless(text);
  if ("problem" in parsed) return refuse(parsed.problem);
  try {
    const tree = expectObject(parsed.json, "the file's content");
    const version = tree["version"];
    if (version !== STATE_VERSION) {
      return refuse(`it is of version ${JSON.stringify(version)}, and Kiln reads version ${STATE_VERSION}`);
    }
    const instances = new Map<string, InstanceState>();
    for (const resource of expectArray(tree["resources"], "resources")) readResource(resource, instances);
    const outputs = new Map<string, OutputState>();
    for (const [name, output] of Object.entries(expectObject(tree["outputs"] ?? {}, "outputs"))) {
      outputs.set(name, readOutput(name, output));
    }
    const serial = tree["serial"];
    const lineage: Lineage = parseId(expectText(tree["lineage"], "the lineage"));
    const checks = checksFromJson(tree["check_results"]);
    return {
      state: {
        lineage,
        serial: typeof serial === "number" ? serial : 0,
        outputs,
        instances,
        ...(checks.length === 0 ? {} : { checks }),
      },
    };
  } catch (error) {
    if (error instanceof Malformed) return refuse(error.message);
    throw error;
  }
}
