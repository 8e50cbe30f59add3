import { validate } from "../engine/index.ts";
import type { SessionOptions } from "../engine/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { loadAll } from "./plan.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** What is wrong with the configuration, whatever the state and the values of variables are. */
export async function validateWorkspace(
  workspace: Workspace,
  { events, signal }: Pick<SessionOptions, "events" | "signal">,
): Promise<readonly Diagnostic[]> {
  const { configuration, diagnostics } = await loadAll(workspace, { events, signal });
  if (configuration === undefined) return diagnostics;
  const found = await validate(configuration, {
    surroundings: workspace.surroundings,
    providers: workspace.providers,
    events,
    signal,
  });
  return [...diagnostics, ...found];
}
