import type { Diagnostic } from "../kernel/index.ts";
import type { PlanRequest } from "./plan.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** Finishes what a command that died left open, before anything new is begun. */
export async function recoverLocked(_workspace: Workspace, _request: PlanRequest): Promise<readonly Diagnostic[]> {
  return await Promise.resolve([]);
}
