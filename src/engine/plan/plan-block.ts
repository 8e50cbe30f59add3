import {
  formatModuleInstance,
  formatResourceInstance,
  type InstanceKey,
  type Module,
  type ModuleInstance,
  type Resource,
  type ResourceInstanceAddress,
} from "../../config/index.ts";
import { type Diagnostic, hasErrors } from "../../kernel/index.ts";
import type { ModulePlace } from "../evaluation/evaluation.ts";
import { type Expansion, expand } from "../evaluation/expansion.ts";
import { evaluateAt } from "../evaluation/scope.ts";
import type { ProviderConfiguration } from "../provider-configurations.ts";
import { schemaOf } from "../provider-pool.ts";
import type { InstanceState } from "../state/state.ts";
import type { ActionReason } from "./plan.ts";
import { planData } from "./plan-data.ts";
import { planRemoval } from "./plan-delete.ts";
import { planInstance, type PlannedInstance } from "./plan-instance.ts";
import type { Planning } from "./planning.ts";

interface BlockNode {
  readonly module: Module;
  readonly resource: Resource;
  readonly provider: ProviderConfiguration;
  readonly text: string;
}

/** Plans all instances of a block: those it has, and those of the state that it has no more. Whether all went well. */
export async function planBlock(
  planning: Planning,
  node: BlockNode,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session } = planning;
  const loaded = session.pool.get(node.provider.text);
  const schema =
    loaded === undefined ? undefined : schemaOf(loaded, node.resource.mode, node.resource.type, diagnostics);
  if (loaded === undefined || schema === undefined) return false;
  const block = { node, types: { loaded, schema } };
  const left = new Map(
    (planning.known.get(node.text) ?? []).map(
      (instance) => [formatResourceInstance(instance.address), instance] as const,
    ),
  );
  const work: Promise<boolean>[] = [];
  let well = true;
  const expansions = new Map<string, Expansion>();
  for (const place of session.evaluation.places(node.module)) {
    const expansion = expandBlock(planning, place, node.resource, diagnostics);
    if (expansion === undefined) {
      well = false;
      continue;
    }
    expansions.set(place.text, expansion);
    session.evaluation.setExpansion(place, node.resource, expansion);
    for (const key of expansion.keys) {
      const instance = { place, expansion, key, ...takePrior(left, place, node.resource, key, expansion) };
      work.push(planOne(planning, block, instance, diagnostics));
    }
  }
  if (!well) {
    await Promise.all(work);
    return false;
  }
  for (const instance of left.values()) {
    const reason = removalReason(instance.address, node.resource, expansions);
    work.push(planRemoval(planning, instance, reason, node.resource, diagnostics));
  }
  return (await Promise.all(work)).every(Boolean);
}

async function planOne(
  planning: Planning,
  { node, types }: { readonly node: BlockNode; readonly types: PlannedInstance["types"] },
  instance: Pick<PlannedInstance, "place" | "expansion" | "key" | "prior" | "previous">,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { place, key } = instance;
  const address: ResourceInstanceAddress = {
    module: place.instance,
    mode: node.resource.mode,
    type: node.resource.type,
    name: node.resource.name,
    key,
  };
  const planned: PlannedInstance = {
    ...instance,
    address,
    text: formatResourceInstance(address),
    block: node.text,
    resource: node.resource,
    provider: node.provider.text,
    types,
  };
  // Each instance has a list of its own, so that what one of them did wrong does not fail another.
  const found: Diagnostic[] = [];
  const well =
    node.resource.mode === "data"
      ? await planData(planning, planned, found)
      : await planInstance(planning, planned, found);
  diagnostics.push(...found);
  return well && !hasErrors(found);
}

function expandBlock(
  planning: Planning,
  place: ModulePlace,
  resource: Resource,
  diagnostics: Diagnostic[],
): Expansion | undefined {
  const { repetition } = resource;
  const { evaluation } = planning.session;
  if (repetition.kind === "single") return expand(repetition, undefined, false, diagnostics);
  const result = evaluateAt(evaluation, place, repetition.expression);
  diagnostics.push(...result.diagnostics);
  if (hasErrors(result.diagnostics)) return undefined;
  return expand(repetition, result.value, false, diagnostics);
}

/**
 * Takes an instance's state out of what is left. A lone `[0]` follows a `count` that comes or goes, of the block and
 * of the modules around it.
 */
function takePrior(
  left: Map<string, InstanceState>,
  place: ModulePlace,
  resource: Resource,
  key: InstanceKey,
  expansion: Expansion,
): { prior?: InstanceState; previous?: ResourceInstanceAddress } {
  const base = { mode: resource.mode, type: resource.type, name: resource.name };
  const keys = expansion.kind === "for_each" ? [key] : [key, ...otherKey(key)];
  for (const module of otherModules(place.instance)) {
    for (const from of keys) {
      const text = formatResourceInstance({ ...base, module, key: from });
      const instance = left.get(text);
      if (instance === undefined) continue;
      left.delete(text);
      const isHere = module === place.instance && from === key;
      return isHere ? { prior: instance } : { prior: instance, previous: instance.address };
    }
  }
  return {};
}

/** The key that an instance had before a `count` came or went. */
function otherKey(key: InstanceKey): InstanceKey[] {
  if (key === undefined) return [0];
  return key === 0 ? [undefined] : [];
}

/** A module instance, then the instances that it may have been before counts around it came or went. */
function otherModules(instance: ModuleInstance): ModuleInstance[] {
  let found: ModuleInstance[] = [[]];
  for (const step of instance) {
    const keys = [step.key, ...otherKey(step.key)];
    found = keys.flatMap((key) => found.map((before) => [...before, { name: step.name, key }]));
  }
  return [instance, ...found.slice(1)];
}

function removalReason(
  address: ResourceInstanceAddress,
  resource: Resource,
  expansions: ReadonlyMap<string, Expansion>,
): ActionReason {
  const expansion = expansions.get(formatModuleInstance(address.module));
  if (expansion === undefined) return "delete_because_no_module";
  const { repetition } = resource;
  const fits =
    typeof address.key === "number"
      ? repetition.kind === "count"
      : typeof address.key === "string"
        ? repetition.kind === "for_each"
        : repetition.kind === "single";
  if (!fits) return "delete_because_wrong_repetition";
  return typeof address.key === "number" ? "delete_because_count_index" : "delete_because_each_key";
}
