import { type Diagnostic, errorDiagnostic } from "../kernel/index.ts";
import type { Provider, ProviderSource } from "./provider.ts";
import type { ProviderConfiguration } from "./provider-configurations.ts";
import type { ProviderSchema, Schema } from "./schema.ts";

/** A provider that was found, with its schema. */
export interface LoadedProvider {
  readonly provider: Provider;
  readonly schema: ProviderSchema;
  readonly configuration: ProviderConfiguration;
}

/** The providers of one plan or apply, one for each configuration, found once. */
export class ProviderPool {
  readonly source: ProviderSource;
  readonly #loading = new Map<string, Promise<LoadedProvider | { readonly diagnostic: Diagnostic }>>();
  readonly #loaded = new Map<string, LoadedProvider>();

  constructor(source: ProviderSource) {
    this.source = source;
  }

  /** The provider of a configuration, or why there is none. */
  load(configuration: ProviderConfiguration): Promise<LoadedProvider | { readonly diagnostic: Diagnostic }> {
    const known = this.#loading.get(configuration.text);
    if (known !== undefined) return known;
    const loading = this.#load(configuration);
    this.#loading.set(configuration.text, loading);
    return loading;
  }

  async #load(
    configuration: ProviderConfiguration,
  ): Promise<LoadedProvider | { readonly diagnostic: Diagnostic }> {
    const found = await this.source.find(configuration.source, configuration.constraint);
    if ("diagnostic" in found) return found;
    const loaded = { provider: found.provider, schema: await found.provider.schema(), configuration };
    this.#loaded.set(configuration.text, loaded);
    return loaded;
  }

  /** A provider that was loaded before; undefined where that failed or was not tried. */
  get(text: string): LoadedProvider | undefined {
    return this.#loaded.get(text);
  }

  /** Asks the calls under way in all of them to end soon. */
  async stop(): Promise<void> {
    await Promise.all([...this.#loaded.values()].map(({ provider }) => provider.stop()));
  }

  async close(): Promise<void> {
    await Promise.all([...this.#loaded.values()].map(({ provider }) => provider.close()));
  }
}

/** The schema of a resource type or data source; undefined, with a diagnostic, where the provider has none. */
export function schemaOf(
  loaded: LoadedProvider,
  mode: "managed" | "data",
  type: string,
  diagnostics: Diagnostic[],
): Schema | undefined {
  const table = mode === "managed" ? loaded.schema.resources : loaded.schema.dataSources;
  const schema = table[type];
  if (schema === undefined) {
    diagnostics.push(
      errorDiagnostic(
        mode === "managed" ? "Invalid resource type" : "Invalid data source",
        `The provider ${loaded.provider.source} does not support ${mode === "managed" ? "resource type" : "data source"} "${type}".`,
      ),
    );
  }
  return schema;
}
