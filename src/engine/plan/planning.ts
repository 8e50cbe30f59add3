import { formatConfigResource, modulePathOf, type ResourceInstanceAddress } from "../../config/index.ts";
import { type Diagnostic, errorDiagnostic } from "../../kernel/index.ts";
import type { ConfigurationGraph } from "../configuration-graph.ts";
import type { ResourceFacts } from "../dependencies.ts";
import { type LoadedProvider, schemaOf } from "../provider-pool.ts";
import type { Schema } from "../schema.ts";
import type { Session } from "../session.ts";
import { changeObject, type InstanceState, type ObjectChange, type State } from "../state/state.ts";
import type { PlanOptions } from "./options.ts";
import type { ResourceChange, ResourceDrift } from "./plan.ts";

/** A plan in the making. */
export interface Planning {
  readonly session: Session;
  readonly options: PlanOptions;
  readonly configurationGraph: ConfigurationGraph;
  readonly facts: ResourceFacts;
  /** Instances of the state by the text of their block. */
  readonly known: ReadonlyMap<string, readonly InstanceState[]>;
  /** The state as the refresh found it. */
  readonly refreshed: Map<string, InstanceState>;
  readonly changes: ResourceChange[];
  /** The changes of each block, by its text. */
  readonly byBlock: Map<string, ResourceChange[]>;
  readonly drift: ResourceDrift[];
}

/** The text of an instance's block: its address without keys. */
export function blockOf(address: ResourceInstanceAddress): string {
  return formatConfigResource(modulePathOf(address.module), address);
}

/** The instances of a state by their block. */
export function instancesByBlock(state: State): Map<string, InstanceState[]> {
  const known = new Map<string, InstanceState[]>();
  for (const instance of state.instances.values()) {
    const block = blockOf(instance.address);
    const list = known.get(block);
    if (list === undefined) known.set(block, [instance]);
    else list.push(instance);
  }
  return known;
}

export function recordChange(planning: Planning, change: ResourceChange): void {
  planning.changes.push(change);
  const block = blockOf(change.address);
  const list = planning.byBlock.get(block);
  if (list === undefined) planning.byBlock.set(block, [change]);
  else list.push(change);
}

/** Notes in the refreshed state what an object is now. */
export function recordObject(planning: Planning, change: ObjectChange): void {
  changeObject(planning.refreshed, change);
}

/** A provider with the schema of one of its types. */
export interface TypeSchema {
  readonly loaded: LoadedProvider;
  readonly schema: Schema;
}

/** The provider and schema of an instance of the state; undefined, with a diagnostic, where they are not to be had. */
export function schemaFor(
  planning: Planning,
  provider: string,
  address: ResourceInstanceAddress,
  text: string,
  diagnostics: Diagnostic[],
): TypeSchema | undefined {
  const loaded = planning.session.pool.get(provider);
  if (loaded === undefined) {
    diagnostics.push(
      errorDiagnostic(
        "Provider configuration not present",
        `To work with ${text} its original provider configuration at ${provider} is required, but it has been removed.`,
        { address: text, remedy: "Put the provider configuration back until the object is destroyed." },
      ),
    );
    return undefined;
  }
  const schema = schemaOf(loaded, address.mode, address.type, diagnostics);
  return schema === undefined ? undefined : { loaded, schema };
}
