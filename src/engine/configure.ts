import type { Resource } from "../config/index.ts";
import { type Diagnostic, hasErrors } from "../kernel/index.ts";
import { unmarkDeep } from "../lang/index.ts";
import { placeOf } from "./evaluation/evaluation.ts";
import { scopeOf } from "./evaluation/scope.ts";
import { decodeBody, placeDiagnostics } from "./objects/decode.ts";
import { emptyObject } from "./objects/implied-type.ts";
import type { ProviderConfiguration } from "./provider-configurations.ts";
import type { Session } from "./session.ts";

/** Finds a provider and gives it its configuration; while validating it only checks it. Whether that went well. */
export async function configureProvider(
  session: Session,
  configuration: ProviderConfiguration,
  user: Resource | undefined,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { evaluation, context } = session;
  const loaded = await session.pool.load(configuration);
  if ("diagnostic" in loaded) {
    const place = configuration.block?.place ?? user?.place;
    diagnostics.push(...placeDiagnostics([loaded.diagnostic], undefined, place, configuration.text));
    return false;
  }
  const { provider, schema } = loaded;
  const { block, module, text } = configuration;
  let config = emptyObject(schema.provider.block);
  if (block !== undefined) {
    // A module with a provider block of its own is not repeated, so it has one instance.
    const place = evaluation.places(module)[0] ?? placeOf(module, []);
    const found: Diagnostic[] = [];
    config = decodeBody(
      block.body,
      schema.provider.block,
      scopeOf(evaluation, place, [block.body]),
      block.place,
      found,
    );
    diagnostics.push(...found);
    if (hasErrors(found)) return false;
  }
  const bare = unmarkDeep(config).value;
  const answer = evaluation.settings.validating
    ? await provider.validateProvider(bare, context)
    : await provider.configure(bare, context);
  diagnostics.push(...placeDiagnostics(answer.diagnostics, block?.body, block?.place ?? user?.place, text));
  return !hasErrors(answer.diagnostics);
}
