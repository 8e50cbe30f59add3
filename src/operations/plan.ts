import { checkReferences, collectVariables, loadBlocks } from "../config/index.ts";
import type { Configuration, VariableInput } from "../config/index.ts";
import { plan, validate } from "../engine/index.ts";
import type { Plan, PlanMode, SessionOptions } from "../engine/index.ts";
import { errorDiagnostic, hasErrors } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { recoverLocked } from "./recover.ts";
import type { Snapshot } from "./snapshots.ts";
import type { Workspace } from "./workspace/workspace.ts";
import type { LockOptions } from "./workspace/locking.ts";
import { withLock } from "./workspace/locking.ts";
import { stateOrNew } from "./workspace/read-state.ts";

export interface PlanRequest extends LockOptions {
  readonly mode: PlanMode;
  readonly refresh: boolean;
  readonly replace: readonly string[];
  /** `-var` and `-var-file`, in the order written. */
  readonly inputs: readonly VariableInput[];
  readonly events: SessionOptions["events"];
  readonly parallelism: number;
  /** What an earlier generation was made from; absent: the directory's configuration and variables. */
  readonly snapshot?: Snapshot;
}

/** What planning gave; without a plan the diagnostics say why. */
export interface PlanOutcome {
  readonly plan?: Plan;
  readonly diagnostics: readonly Diagnostic[];
}

/** Plans what would turn the state into the configuration. Nothing is changed. */
export async function planWorkspace(workspace: Workspace, request: PlanRequest): Promise<PlanOutcome> {
  const loaded = await loadAll(workspace, request);
  if (loaded.configuration === undefined) return { diagnostics: loaded.diagnostics };
  const { configuration, diagnostics } = loaded;
  return await withLock(workspace, request, async () => {
    // Without the lock nothing may be written, so that what is open stays open.
    const recovered = request.lock ? await recoverLocked(workspace, request) : [];
    if (hasErrors(recovered)) return { diagnostics: recovered };
    return await planLocked(workspace, request, {
      configuration,
      diagnostics: [...recovered, ...diagnostics],
    });
  });
}

interface Loaded {
  readonly configuration?: Configuration;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the configuration; undefined where it has errors. */
export async function loadAll(
  workspace: Workspace,
  { snapshot, events, signal }: Pick<PlanRequest, "snapshot" | "events" | "signal">,
): Promise<Loaded> {
  const { value, diagnostics } = await loadBlocks(snapshot?.files ?? workspace.files);
  if (hasErrors(diagnostics)) return { diagnostics };
  const references = checkReferences(value.root);
  if (!hasErrors(references)) return { configuration: value, diagnostics: [...diagnostics, ...references] };
  // What is referred to by mistake counts as unknown, so that all other mistakes are told in the same run.
  const { surroundings, providers } = workspace;
  const others = await validate(value, { surroundings, providers, events, signal });
  const rest = others.filter((other) => !references.some((reference) => overlap(other, reference)));
  return { diagnostics: [...diagnostics, ...references, ...rest] };
}

/** Whether two diagnostics are about the same place. */
function overlap({ subject: a }: Diagnostic, { subject: b }: Diagnostic): boolean {
  if (a === undefined || b === undefined || a.filename !== b.filename) return false;
  return a.start.byte < b.end.byte && b.start.byte < a.end.byte;
}

/** The part of planning that reads the state; whoever calls it holds the lock. */
export async function planLocked(
  workspace: Workspace,
  request: PlanRequest,
  loaded: { readonly configuration: Configuration; readonly diagnostics: readonly Diagnostic[] },
): Promise<PlanOutcome> {
  const variables = await variablesOf(workspace, request, loaded.configuration);
  const before = [...loaded.diagnostics, ...variables.diagnostics];
  if (hasErrors(before)) return { diagnostics: before };
  const planned = await plan({
    configuration: loaded.configuration,
    variables: variables.value,
    state: await stateOrNew(workspace),
    mode: request.mode,
    refresh: request.refresh,
    replace: request.replace,
    surroundings: workspace.surroundings,
    providers: workspace.providers,
    events: request.events,
    signal: request.signal,
    parallelism: request.parallelism,
  });
  return { plan: planned.value, diagnostics: [...before, ...planned.diagnostics] };
}

async function variablesOf(workspace: Workspace, request: PlanRequest, { root }: Configuration) {
  const collected = collectVariables(root, [...(await workspace.inputs()), ...request.inputs]);
  if (request.snapshot === undefined) return collected;
  // Secrets are in no snapshot: they are what they are now.
  const value = new Map([...collected.value, ...request.snapshot.variables]);
  const missing = [...root.variables.values()].filter(
    ({ name, default: usual }) => usual === undefined && !value.has(name),
  );
  return { value, diagnostics: missing.map(({ name }) => noSecret(name)) };
}

function noSecret(name: string): Diagnostic {
  return errorDiagnostic(
    "No value for a sensitive variable",
    `The generation keeps no sensitive or ephemeral values, and variable "${name}" has none now.`,
    { remedy: `Set TF_VAR_${name}, or give it in a .tfvars file.` },
  );
}
