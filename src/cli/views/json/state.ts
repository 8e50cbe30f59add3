import { formatModuleInstance, formatResourceInstance } from "../../../config/index.ts";
import type { ModuleInstance } from "../../../config/index.ts";
import { sortedInstances } from "../../../engine/index.ts";
import type { InstanceState, ObjectState, State } from "../../../engine/index.ts";
import { TERRAFORM_VERSION } from "../../../kernel/index.ts";
import { plainObject } from "../../../lang/index.ts";
import type { Json } from "../../../lang/index.ts";
import type { Schemas } from "../schemas.ts";
import { objectValueOf } from "../state-values.ts";
import { providerSource } from "./addresses.ts";
import { checksJson } from "./checks.ts";
import { knownJson, sensitiveJson } from "./values.ts";

const FORMAT_VERSION = "1.0";

/** A state as `show -json` has it. */
export function stateJson(state: State | undefined, schemas: Schemas): Json {
  const head: [string, Json][] = [["format_version", FORMAT_VERSION]];
  if (state === undefined) return plainObject(head);
  head.push(["terraform_version", TERRAFORM_VERSION]);
  const checks = state.checks ?? [];
  if (state.instances.size === 0 && state.outputs.size === 0 && checks.length === 0) return plainObject(head);
  return plainObject([
    ...head,
    [
      "values",
      plainObject([
        ...(state.outputs.size === 0 ? [] : [["outputs", outputsJson(state)] as const]),
        ["root_module", moduleJson([], sortedInstances(state), schemas)],
      ]),
    ],
    ...(checks.length === 0 ? [] : [["checks", checksJson(checks)] as const]),
  ]);
}

/** The output values of a state, as `output -json` has them. */
export function outputsJson(state: State): Json {
  return plainObject(
    [...state.outputs]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, output]) => [
        name,
        plainObject([
          ["sensitive", output.sensitive],
          ["type", output.type],
          ["value", output.value],
        ]),
      ]),
  );
}

function moduleJson(module: ModuleInstance, instances: readonly InstanceState[], schemas: Schemas): Json {
  const address = formatModuleInstance(module);
  const own = instances.filter((instance) => formatModuleInstance(instance.address.module) === address);
  const resources = own.flatMap((instance) => resourcesOf(instance, schemas));
  const children = childrenOf(module, instances);
  return plainObject([
    ...(resources.length === 0 ? [] : [["resources", resources] as const]),
    ...(children.length === 0
      ? []
      : [["child_modules", children.map((child) => moduleJson(child, instances, schemas))] as const]),
    ...(module.length === 0 ? [] : [["address", address] as const]),
  ]);
}

function childrenOf(module: ModuleInstance, instances: readonly InstanceState[]): ModuleInstance[] {
  const prefix = formatModuleInstance(module);
  const children = new Map<string, ModuleInstance>();
  for (const { address } of instances) {
    if (address.module.length <= module.length) continue;
    if (formatModuleInstance(address.module.slice(0, module.length)) !== prefix) continue;
    const child = address.module.slice(0, module.length + 1);
    children.set(formatModuleInstance(child), child);
  }
  return [...children.values()];
}

function resourcesOf(instance: InstanceState, schemas: Schemas): Json[] {
  const objects: (readonly [string | undefined, ObjectState])[] = [...instance.deposed];
  if (instance.current !== undefined) objects.unshift([undefined, instance.current]);
  return objects.map(([deposed, object]) => {
    const { address } = instance;
    const value = objectValueOf(instance, object, schemas);
    return plainObject([
      ["address", formatResourceInstance(address)],
      ["mode", address.mode],
      ["type", address.type],
      ["name", address.name],
      ...(address.key === undefined ? [] : [["index", address.key] as const]),
      ["provider_name", providerSource(instance.provider)],
      ["schema_version", object.schemaVersion],
      ["values", value === undefined ? object.attributes : knownJson(value)],
      ["sensitive_values", value === undefined ? {} : sensitiveJson(value)],
      ...(object.dependencies.length === 0 ? [] : [["depends_on", [...object.dependencies]] as const]),
      ...(object.status === "tainted" ? [["tainted", true] as const] : []),
      ...(deposed === undefined ? [] : [["deposed_key", deposed] as const]),
    ]);
  });
}
