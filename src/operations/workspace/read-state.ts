import { emptyState, foldJournal, newLineage } from "../../engine/index.ts";
import type { State } from "../../engine/index.ts";
import { DiagnosticError } from "../../kernel/index.ts";
import type { Workspace } from "./workspace.ts";

/**
 * The snapshot and what an open journal knows beyond it; undefined where nothing was done yet. Takes no lock and
 * writes nothing: an apply that goes on, or that died, stays as it is. Throws a diagnostic where it cannot be read.
 */
export async function readState(workspace: Workspace): Promise<State | undefined> {
  const open = (await workspace.store.generations.list()).filter(({ closing }) => closing === undefined);
  // The journal is read before the snapshot: an apply that ends in between has then written all of it there.
  const journals = await Promise.all(
    open.map(async ({ opening }) => ({
      opening,
      operations: await workspace.store.generations.operations(opening.apply),
    })),
  );
  const result = await workspace.backend.read();
  if (result.kind === "unreadable") throw new DiagnosticError([result.diagnostic]);
  let { state } = result;
  for (const { opening, operations } of journals) {
    const base = state ?? emptyState(opening.lineage);
    // A snapshot that is newer than the one the apply began with has everything already (rule F11).
    if (base.serial > opening.baseSerial || base.lineage !== opening.lineage) continue;
    if (operations.some(({ result: ended }) => ended?.kind === "done"))
      state = foldJournal(base, operations).state;
  }
  return state;
}

/**
 * The snapshot, or the beginning of a new one. What an earlier apply began that was taken back before it wrote a
 * snapshot is gone on with: a fleet's history belongs to its lineage.
 */
export async function stateOrNew(workspace: Workspace): Promise<State> {
  const state = await readState(workspace);
  if (state !== undefined) return state;
  const last = (await workspace.store.generations.list()).at(-1);
  const unwritten = last?.opening.baseSerial === 0 && (last.closing?.serial ?? 0) === 0;
  return emptyState(unwritten ? last.opening.lineage : newLineage(workspace.surroundings.random));
}
