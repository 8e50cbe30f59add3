import { emptyState } from "../../engine/index.ts";
import type { State } from "../../engine/index.ts";
import { DiagnosticError, newId } from "../../kernel/index.ts";
import type { Workspace } from "./workspace.ts";

/** The snapshot; undefined where nothing was applied yet. Throws a diagnostic where it cannot be read. */
export async function readState(workspace: Workspace): Promise<State | undefined> {
  const result = await workspace.backend.read();
  if (result.kind === "unreadable") throw new DiagnosticError([result.diagnostic]);
  return result.state;
}

/** The snapshot, or the beginning of a new one. */
export async function stateOrNew(workspace: Workspace): Promise<State> {
  const { clock, random } = workspace.surroundings;
  return (await readState(workspace)) ?? emptyState(newId<"lineage">(clock, random));
}
