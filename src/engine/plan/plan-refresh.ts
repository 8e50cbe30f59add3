import {
  formatModuleInstance,
  formatResourceInstance,
  type Module,
  type Resource,
} from "../../config/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import { isNull } from "../../lang/index.ts";
import type { Expansion } from "../evaluation/expansion.ts";
import type { InstanceState } from "../state/state.ts";
import { type Planning, recordObject, schemaFor } from "./planning.ts";
import { refreshObject } from "./refresh.ts";

/** In a plan that only refreshes: every object of a block as it is, and nothing to be done. */
export async function planRefresh(
  planning: Planning,
  node: { readonly module: Module; readonly resource: Resource; readonly text: string },
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { evaluation } = planning.session;
  const instances = planning.known.get(node.text) ?? [];
  const well = await Promise.all(
    instances.map((instance) => refreshInstance(planning, instance, diagnostics)),
  );
  for (const place of evaluation.places(node.module)) {
    const keys = instances
      .filter(({ address }) => formatModuleInstance(address.module) === place.text)
      .map(({ address }) => address.key);
    const { kind } = node.resource.repetition;
    const expansion: Expansion = { kind, keys: kind === "single" ? [undefined] : keys, values: new Map() };
    evaluation.setExpansion(place, node.resource, expansion);
  }
  return well.every(Boolean);
}

async function refreshInstance(
  planning: Planning,
  instance: InstanceState,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { address, provider, current } = instance;
  const text = formatResourceInstance(address);
  const types = schemaFor(planning, provider, address, text, diagnostics);
  if (types === undefined) return false;
  if (current === undefined) return true;
  const prior = await refreshObject(planning, types, instance, current, text, diagnostics);
  if (prior === undefined) return false;
  recordObject(planning, {
    address,
    provider,
    slot: "current",
    ...(prior.object === undefined ? {} : { object: prior.object }),
  });
  if (!isNull(prior.value)) {
    planning.session.evaluation.setObject(
      formatModuleInstance(address.module),
      address,
      address.key,
      prior.value,
    );
  }
  return true;
}
