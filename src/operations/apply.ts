import { apply, openPlan } from "../engine/index.ts";
import type { ApplyResult, Plan } from "../engine/index.ts";
import { EXIT, hasErrors } from "../kernel/index.ts";
import type { Diagnostic, ExitCode } from "../kernel/index.ts";
import { FLEET_HELD } from "../providers/index.ts";
import { loadAll, planLocked } from "./plan.ts";
import type { PlanRequest } from "./plan.ts";
import { recoverLocked } from "./recover.ts";
import { saveSnapshot } from "./snapshots.ts";
import type { Locked } from "./workspace/locking.ts";
import { withLock } from "./workspace/locking.ts";
import type { Workspace } from "./workspace/workspace.ts";

/** What a person is asked before anything is done. */
export interface Approval {
  /** Shows the plan. Called once, before `approve`. */
  show(plan: Plan, diagnostics: readonly Diagnostic[]): Promise<void>;
  /** False: nothing is done. */
  approve(plan: Plan): Promise<boolean>;
}

export interface ApplyRequest extends PlanRequest {
  readonly approval: Approval;
  /** A saved plan; absent: one is made. */
  readonly saved?: string;
}

/** How an apply ended, as a user knows it. */
export type ApplyOutcome =
  /** It could not be planned; nothing was begun. */
  | { readonly kind: "not_planned"; readonly diagnostics: readonly Diagnostic[]; readonly plan?: Plan }
  | { readonly kind: "no_changes"; readonly plan: Plan; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "declined"; readonly plan: Plan }
  | {
      readonly kind: "executed";
      readonly plan: Plan;
      readonly result: ApplyResult;
      /** Of the apply; those of the plan were shown with it. */
      readonly diagnostics: readonly Diagnostic[];
      readonly held: boolean;
    };

/** Plans, asks and applies, all under one lock. */
export async function applyWorkspace(workspace: Workspace, request: ApplyRequest): Promise<ApplyOutcome> {
  const unwritable = await workspace.backend.unwritable?.();
  if (unwritable !== undefined) return { kind: "not_planned", diagnostics: [unwritable] };
  const loaded = request.saved === undefined ? await loadAll(workspace, request) : { diagnostics: [] };
  const { configuration, diagnostics } = loaded;
  if (request.saved === undefined && configuration === undefined) return { kind: "not_planned", diagnostics };
  return await withLock(workspace, request, async (locked) => {
    const recovered = await recoverLocked(workspace, request);
    if (hasErrors(recovered)) return { kind: "not_planned", diagnostics: recovered };
    const planned =
      request.saved === undefined && configuration !== undefined
        ? await planLocked(workspace, request, { configuration, diagnostics: [...recovered, ...diagnostics] })
        : await openSaved(request.saved ?? "");
    if (planned.plan === undefined || planned.plan.errored || hasErrors(planned.diagnostics)) {
      return { kind: "not_planned", ...planned };
    }
    return await execute(workspace, request, locked, planned.plan, planned.diagnostics);
  });
}

async function openSaved(
  text: string,
): Promise<{ readonly plan?: Plan; readonly diagnostics: readonly Diagnostic[] }> {
  const opened = await openPlan(text);
  return "diagnostic" in opened
    ? { diagnostics: [opened.diagnostic] }
    : { plan: opened.plan, diagnostics: [] };
}

async function execute(
  workspace: Workspace,
  request: ApplyRequest,
  { token }: Locked,
  plan: Plan,
  diagnostics: readonly Diagnostic[],
): Promise<ApplyOutcome> {
  const held = diagnostics.some((diagnostic) => diagnostic.summary === FLEET_HELD);
  if (!plan.applicable) return { kind: "no_changes", plan, diagnostics };
  await request.approval.show(plan, diagnostics);
  if (!(await request.approval.approve(plan))) return { kind: "declined", plan };
  const git = await workspace.git();
  const fleets = plan.changes.some((change) => change.transactional && change.action !== "no-op");
  const result = await apply({
    plan,
    backend: workspace.backend,
    store: workspace.store,
    holder: { ...workspace.process, lockToken: token },
    who: workspace.user,
    command: workspace.command,
    ...(git === undefined ? {} : { git }),
    ...(fleets ? { daemonStore: await workspace.daemonStore() } : {}),
    surroundings: workspace.surroundings,
    providers: workspace.providers,
    events: request.events,
    signal: request.signal,
    parallelism: request.parallelism,
  });
  if (result.generation !== undefined) await saveSnapshot(workspace, plan, result.generation);
  return { kind: "executed", plan, result, diagnostics: result.diagnostics, held };
}

/** What the end of an apply means to a script. */
export function applyExit(outcome: ApplyOutcome): ExitCode {
  switch (outcome.kind) {
    case "not_planned":
    case "declined":
      return EXIT.error;
    case "no_changes":
      return outcome.diagnostics.some((diagnostic) => diagnostic.summary === FLEET_HELD)
        ? EXIT.waiting
        : EXIT.done;
    case "executed":
      return executedExit(outcome.result.outcome, outcome.held);
  }
}

function executedExit(outcome: ApplyResult["outcome"], held: boolean): ExitCode {
  switch (outcome) {
    case "applied":
      return held ? EXIT.waiting : EXIT.done;
    case "aborted":
      return EXIT.aborted;
    case "switched_back":
      return EXIT.switchedBack;
    case "partial":
      return EXIT.partial;
    case "held":
      return EXIT.waiting;
    case "failed":
      return EXIT.error;
  }
}
