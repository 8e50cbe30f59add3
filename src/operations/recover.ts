import { recover } from "../engine/index.ts";
import type { SessionOptions } from "../engine/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** Ends what a command that died left open, before anything new is begun. Whoever calls it holds the lock. */
export async function recoverLocked(
  workspace: Workspace,
  { events, signal }: Pick<SessionOptions, "events" | "signal">,
): Promise<readonly Diagnostic[]> {
  const { surroundings, providers, backend, store } = workspace;
  const recovered = await recover({ surroundings, providers, backend, store, events, signal });
  return recovered.diagnostics;
}
