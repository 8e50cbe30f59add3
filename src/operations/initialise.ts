import { allModules, loadBlocks } from "../config/index.ts";
import { hasErrors } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** Checks that every module and provider of the configuration is at hand. Doing it again changes nothing. */
export async function initialiseWorkspace(workspace: Workspace): Promise<{
  /** Source address and version of each provider. */
  readonly providers: readonly { readonly source: string; readonly version: string }[];
  readonly diagnostics: readonly Diagnostic[];
}> {
  // What its expressions refer to is no matter of this: modules and providers are at hand or not.
  const { value: configuration, diagnostics } = await loadBlocks(workspace.files);
  if (hasErrors(diagnostics)) return { providers: [], diagnostics };
  const wanted = new Map<string, string | undefined>();
  for (const module of allModules(configuration.root)) {
    for (const resource of module.resources.values()) {
      const { localName } = resource.provider;
      const required = module.requiredProviders.get(localName);
      wanted.set(required?.source ?? workspace.providers.implied(localName), required?.constraint);
    }
  }
  const providers: { source: string; version: string }[] = [];
  const missing: Diagnostic[] = [];
  for (const [source, constraint] of wanted) {
    const found = await workspace.providers.find(source, constraint);
    if ("diagnostic" in found) missing.push(found.diagnostic);
    else providers.push({ source, version: found.provider.version });
  }
  return { providers: hasErrors(missing) ? [] : providers, diagnostics: [...diagnostics, ...missing] };
}
