import { allModules } from "../config/index.ts";
import { hasErrors } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { loadAll } from "./plan.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** Checks that every module and provider of the configuration is at hand. Doing it again changes nothing. */
export async function initialiseWorkspace(workspace: Workspace): Promise<{
  /** Source address and version of each provider. */
  readonly providers: readonly { readonly source: string; readonly version: string }[];
  readonly diagnostics: readonly Diagnostic[];
}> {
  const { configuration, diagnostics } = await loadAll(workspace, {});
  if (configuration === undefined) return { providers: [], diagnostics };
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
