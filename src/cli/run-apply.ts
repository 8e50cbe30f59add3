import { readFile } from "node:fs/promises";
import path from "node:path";
import type { PlanMode } from "../engine/index.ts";
import { DiagnosticError, errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { ExitCode } from "../kernel/index.ts";
import { applyExit, applyWorkspace, schemasFor } from "../operations/index.ts";
import type { ApplyOutcome, Snapshot, Workspace } from "../operations/index.ts";
import type { CommandContext } from "./command.ts";
import type { ParsedArguments } from "./flags/parse.ts";
import { mayAsk, planningFlags } from "./planning-flags.ts";
import { questionFor } from "./questions.ts";
import { runView } from "./views/choose-view.ts";
import type { RunView } from "./views/run-view.ts";
import { withWorkspace } from "./workspace.ts";

/** What tells apply, destroy, up, down and rollback apart. */
export interface ApplySettings {
  readonly mode: PlanMode;
  /** Nobody is asked. */
  readonly approved: boolean;
  /** File of a saved plan. */
  readonly saved?: string | undefined;
  /** An earlier generation's configuration; absent: the directory's. */
  readonly snapshot?: (workspace: Workspace) => Promise<Snapshot>;
}

/** Plans, asks where it must, applies, and shows all of it. */
export async function runApply(
  context: CommandContext,
  parsed: ParsedArguments,
  settings: ApplySettings,
): Promise<ExitCode> {
  const { console, interrupts } = context;
  const json = parsed.boolean("json");
  if (json && !settings.approved && settings.saved === undefined)
    throw new DiagnosticError([jsonNeedsApproval()]);
  return await withWorkspace(context, async (workspace) => {
    const view = runView(console, json);
    const forget = interrupts.onStop(() =>
      view.say(
        "\nInterrupted. Nothing new is begun; what is under way is waited for. A second interrupt takes back what is not decided.\n",
      ),
    );
    try {
      const outcome = await perform(context, parsed, settings, workspace, view);
      view.close();
      return show(view, outcome, settings.mode === "destroy");
    } finally {
      forget();
      view.close();
    }
  });
}

async function perform(
  context: CommandContext,
  parsed: ParsedArguments,
  settings: ApplySettings,
  workspace: Workspace,
  view: RunView,
): Promise<ApplyOutcome> {
  const saved = settings.saved === undefined ? undefined : await readPlan(context.directory, settings.saved);
  const snapshot = await settings.snapshot?.(workspace);
  return await applyWorkspace(workspace, {
    ...(await planningFlags(parsed, context)),
    mode: settings.mode,
    events: view.progress.sink,
    ...(saved === undefined ? {} : { saved }),
    ...(snapshot === undefined ? {} : { snapshot }),
    approval: {
      show: async (plan, diagnostics) => {
        // A saved plan was shown when it was made.
        if (saved === undefined) view.plan(plan, await schemasFor(workspace.providers, { plan }));
        view.diagnostics(diagnostics);
      },
      approve: async () => {
        if (settings.approved || saved !== undefined) return true;
        if (!mayAsk(parsed, context)) throw new DiagnosticError([cannotAsk()]);
        const answer = await context.console.ask(questionFor(settings.mode, context.console.style));
        return answer?.trim() === "yes";
      },
    },
  });
}

function show(view: RunView, outcome: ApplyOutcome, destroy: boolean): ExitCode {
  switch (outcome.kind) {
    case "not_planned":
      view.diagnostics(outcome.diagnostics);
      break;
    case "declined":
      view.say(destroy ? "\nDestroy cancelled." : "\nApply cancelled.");
      break;
    case "no_changes":
    case "executed":
      view.diagnostics(outcome.diagnostics);
      view.ended(outcome, destroy);
      if (!destroy)
        view.outputs(outcome.kind === "executed" ? outcome.result.state : outcome.plan.priorState);
  }
  return applyExit(outcome);
}

async function readPlan(directory: string, file: string): Promise<string> {
  try {
    return await readFile(path.resolve(directory, file), "utf8");
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DiagnosticError([
      errorDiagnostic(
        `Failed to load "${file}" as a plan file`,
        error.code === "EISDIR" ? `${file} is a directory.` : `${file}: ${error.message}.`,
        error.code === "EISDIR"
          ? { remedy: `To apply the configuration there: kiln -chdir=${file} apply` }
          : {},
      ),
    ]);
  }
}

function jsonNeedsApproval() {
  return errorDiagnostic(
    "Plan file or auto-approve required",
    "Kiln cannot ask for interactive approval when -json is set. You can either apply a saved plan file, or enable the -auto-approve option.",
  );
}

function cannotAsk() {
  return errorDiagnostic(
    "Approval required",
    "Questions are switched off (-input=false), and this command asks before it acts.",
    { remedy: "Use -auto-approve, or apply a saved plan." },
  );
}
