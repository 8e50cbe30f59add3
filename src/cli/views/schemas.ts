import type { BlockSchema, ProviderSchema } from "../../engine/index.ts";
import { providerSource } from "./json/addresses.ts";

/** The schemas that values in states and plans follow, by the source address of their provider. */
export type Schemas = ReadonlyMap<string, ProviderSchema>;

/** The schema of a resource type; undefined where the provider is not at hand. */
export function blockSchemaOf(
  schemas: Schemas,
  provider: string,
  mode: "managed" | "data",
  type: string,
): BlockSchema | undefined {
  const schema = schemas.get(providerSource(provider));
  const types = mode === "managed" ? schema?.resources : schema?.dataSources;
  return types !== undefined && Object.hasOwn(types, type) ? types[type]?.block : undefined;
}
