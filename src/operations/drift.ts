import type { DaemonClient, DriftView, FleetView } from "../api/index.ts";
import type { ResourceDrift } from "../engine/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { planWorkspace } from "./plan.ts";
import type { PlanRequest } from "./plan.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** Where reality differs from what was recorded. */
export interface Drift {
  readonly resources: readonly ResourceDrift[];
  readonly fleets: readonly DriftView[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Looks at every object of the state. */
export async function resourceDrift(
  workspace: Workspace,
  request: Omit<PlanRequest, "mode" | "refresh" | "replace" | "lock" | "lockTimeout">,
): Promise<Pick<Drift, "resources" | "diagnostics">> {
  const { plan, diagnostics } = await planWorkspace(workspace, {
    ...request,
    mode: "refresh_only",
    refresh: true,
    replace: [],
    // It only reads, and a lock would make it wait for an apply.
    lock: false,
    lockTimeout: 0,
  });
  return { resources: plan?.drift ?? [], diagnostics };
}

/** Looks at every instance, of one fleet or of all; fleets without drift are left out. */
export async function fleetDrift(
  client: DaemonClient,
  fleet: FleetView | undefined,
): Promise<readonly DriftView[]> {
  const views = await client.drift(fleet?.fleet.id);
  return views.filter((view) => view.drift.length > 0);
}
