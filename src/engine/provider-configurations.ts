import {
  callerOf,
  formatModulePath,
  joinAddress,
  type Module,
  type ProviderBlock,
  providerKey,
  type ProviderName,
} from "../config/index.ts";

/** One configuration of one provider: what a resource's operations go through. */
export interface ProviderConfiguration {
  /** As states write it: `provider["registry.terraform.io/hashicorp/local"].alias`. */
  readonly text: string;
  readonly source: string;
  /** Version constraint of the module that requires it; absent: any version. */
  readonly constraint?: string;
  /** Absent: the configuration is empty. */
  readonly block?: ProviderBlock;
  /** The module that the block's expressions are evaluated in. */
  readonly module: Module;
}

/** What finding a provider's source by its local name needs. */
export type ImpliedSource = (localName: string) => string;

const DEFAULT_REGISTRY = "registry.terraform.io";

/** The full address of what `required_providers` names: `hashicorp/local` lies in the default registry. */
function fullSource(source: string): string {
  const parts = source.toLowerCase().split("/");
  if (parts.length === 1) return `${DEFAULT_REGISTRY}/hashicorp/${source}`;
  return parts.length === 2 ? `${DEFAULT_REGISTRY}/${source}` : source;
}

/** The source address that a local name stands for in a module. */
export function sourceOf(module: Module, localName: string, implied: ImpliedSource): string {
  const required = module.requiredProviders.get(localName)?.source;
  return required === undefined ? implied(localName) : fullSource(required);
}

/**
 * The configuration that a provider's name in a module stands for: the module's own block, else what the call passes
 * on, else the caller's default of the same source, up to the root, where a missing block is an empty one.
 */
export function findProviderConfiguration(
  root: Module,
  module: Module,
  name: ProviderName,
  implied: ImpliedSource,
): ProviderConfiguration {
  const source = sourceOf(module, name.localName, implied);
  const block = module.providers.get(providerKey(name));
  const caller = callerOf(root, module);
  if (block === undefined && caller !== undefined) {
    const passed = caller.call.providers.get(providerKey(name));
    if (passed !== undefined) return findProviderConfiguration(root, caller.module, passed, implied);
    const above =
      name.alias === undefined ? localNameOf(caller.module, source, name.localName, implied) : name.localName;
    return findProviderConfiguration(root, caller.module, { ...name, localName: above }, (local) =>
      local === above ? source : implied(local),
    );
  }
  const constraint = module.requiredProviders.get(name.localName)?.constraint;
  const alias = name.alias === undefined ? "" : `.${name.alias}`;
  return {
    text: joinAddress(formatModulePath(module.path), `provider[${JSON.stringify(source)}]${alias}`),
    source,
    ...(constraint === undefined ? {} : { constraint }),
    ...(block === undefined ? {} : { block }),
    module,
  };
}

/** The name under which a module knows a source; the given one where it says nothing of it. */
function localNameOf(module: Module, source: string, otherwise: string, implied: ImpliedSource): string {
  for (const required of module.requiredProviders.values()) {
    if (sourceOf(module, required.localName, implied) === source) return required.localName;
  }
  return otherwise;
}

const IN_STATE = /^(?:(?:module\.[^.]+\.)*)provider\["([^"]+)"\](?:\.([\w-]+))?$/;

/** The configuration that an object of the state was made with, as far as the configuration still has it. */
export function providerOfState(
  root: Module,
  text: string,
  implied: ImpliedSource,
): ProviderConfiguration | undefined {
  const match = IN_STATE.exec(text);
  const source = match?.[1];
  if (source === undefined) return undefined;
  const alias = match?.[2];
  const last = source.split("/").pop() ?? source;
  const localName = localNameOf(root, source, last, implied);
  return findProviderConfiguration(
    root,
    root,
    { localName, ...(alias === undefined ? {} : { alias }) },
    (local) => (local === localName ? source : implied(local)),
  );
}
