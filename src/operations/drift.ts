import { isOperatorsRelease } from "../providers/index.ts";
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
  /** No drift, but no news to keep from whoever asks for it either. */
  readonly held: readonly HeldFleet[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A fleet that an operator holds at another release than the configuration says. */
export interface HeldFleet {
  readonly name: string;
  readonly hold: NonNullable<FleetView["fleet"]["hold"]>;
}

/** The fleets, of one or of all, that an operator holds. */
export async function heldFleets(
  client: DaemonClient,
  only: FleetView | undefined,
): Promise<readonly HeldFleet[]> {
  const views = only === undefined ? await client.fleets() : [only];
  return views.flatMap(({ fleet: { specification, hold } }) =>
    hold === undefined ? [] : [{ name: specification.name, hold }],
  );
}

/** Looks at every object of the state. Which release a fleet serves is its operators' matter, and no drift. */
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
  return { resources: (plan?.drift ?? []).filter((drift) => !isOperatorsRelease(drift)), diagnostics };
}

/** Looks at every instance, of one fleet or of all; fleets without drift are left out. */
export async function fleetDrift(
  client: DaemonClient,
  fleet: FleetView | undefined,
): Promise<readonly DriftView[]> {
  const views = await client.drift(fleet?.fleet.id);
  return views.filter((view) => view.drift.length > 0);
}
