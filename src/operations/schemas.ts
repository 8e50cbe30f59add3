import type { Plan, ProviderSchema, ProviderSource, State } from "../engine/index.ts";

/** The schemas of every provider that states and plans mention, by source address; unknown providers are left out. */
export async function schemasFor(
  providers: ProviderSource,
  things: { readonly state?: State; readonly plan?: Plan },
): Promise<ReadonlyMap<string, ProviderSchema>> {
  const mentioned = new Set<string>();
  const states = [things.state, things.plan?.priorState].filter((state) => state !== undefined);
  for (const state of states) {
    for (const instance of state.instances.values()) mentioned.add(sourceOf(instance.provider));
  }
  for (const change of things.plan?.changes ?? []) mentioned.add(sourceOf(change.provider));
  const schemas = new Map<string, ProviderSchema>();
  for (const source of mentioned) {
    const found = await providers.find(source, undefined);
    if ("provider" in found) schemas.set(source, await found.provider.schema());
  }
  return schemas;
}

function sourceOf(provider: string): string {
  return /provider\["([^"]+)"\]/.exec(provider)?.[1] ?? provider;
}
