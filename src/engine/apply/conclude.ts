import { errorDiagnostic, type GenerationNumber, hasErrors } from "../../kernel/index.ts";
import { checkResults } from "../evaluation/checks.ts";
import { printState } from "../state/state-file.ts";
import type { InstanceState, State } from "../state/state.ts";
import type { EngineStore, GenerationClosing, GenerationOutcome } from "../stores.ts";
import type { Applying } from "./applying.ts";
import { type GroupOutcome, settleGroup } from "./group.ts";
import type { ApplyResult } from "./options.ts";
import { outputsAfter, outputsRefreshed } from "./outputs.ts";

export interface Ending {
  /** The snapshot as the apply found it. */
  readonly before: State;
  readonly generation: GenerationNumber;
  readonly group: GroupOutcome;
  /** Root outputs that were evaluated. */
  readonly evaluated: ReadonlySet<string>;
  readonly store: EngineStore;
}

/** Decides what the apply came to, from what the group and the single changes came to. */
function outcomeOf(applying: Applying, group: GroupOutcome): GenerationOutcome {
  const { session, held, lasting } = applying;
  const failed = hasErrors(session.diagnostics);
  if (group === "open") return failed ? "partial" : "held";
  if (!failed && (group === "none" || group === "kept")) return held.length > 0 ? "held" : "applied";
  if (group === "aborted" || group === "switched_back") return lasting > 0 ? "partial" : group;
  if (group === "kept") return "partial";
  // A group that failed before anything of it was prepared has nothing to take back.
  const isGroup = applying.options.plan.changes.some(({ transactional }) => transactional);
  if (!isGroup) return "failed";
  return lasting > 0 ? "partial" : "aborted";
}

/** The state after: taken back where nothing lasting was done, else with everything that there is now. */
function stateAfter(applying: Applying, ending: Ending, outcome: GenerationOutcome): State {
  const { before } = ending;
  if (outcome === "aborted" || outcome === "switched_back") return before;
  const { plan } = applying.options;
  const instances = new Map<string, InstanceState>(applying.instances);
  const destroying = plan.mode === "destroy";
  const outputs =
    destroying && outcome === "applied"
      ? new Map()
      : plan.mode === "refresh_only"
        ? outputsRefreshed(plan.outputs)
        : outputsAfter(plan.configuration.root, applying.session.evaluation, ending.evaluated, before);
  const checks = destroying ? [] : checkResults(plan.configuration, applying.session.evaluation, plan.checks);
  const after: State = {
    lineage: plan.priorState.lineage,
    serial: before.serial,
    outputs,
    instances,
    ...(checks.length === 0 ? {} : { checks }),
  };
  return printState(after) === printState({ ...before, lineage: after.lineage })
    ? { ...after, serial: Math.max(1, before.serial) }
    : { ...after, serial: before.serial + 1 };
}

/** Writes the snapshot, then closes the generation, then lets the group's records go (rules F10 and F11). */
export async function concludeApply(applying: Applying, ending: Ending): Promise<ApplyResult> {
  const { options, session, counts, apply } = applying;
  const { generation, group } = ending;
  const outcome = outcomeOf(applying, group);
  const state = stateAfter(applying, ending, outcome);
  const result = { state, generation, apply, ...counts };
  const taken = outcome === "aborted" || outcome === "switched_back";
  if (taken) Object.assign(counts, { added: 0, changed: 0, destroyed: 0 });
  try {
    if (state !== ending.before) await options.backend.write(state);
  } catch (error) {
    session.diagnostics.push(
      errorDiagnostic(
        "Failed to save the state",
        `${error instanceof Error ? error.message : String(error)}. What was done is in the journal.`,
        {
          remedy: "Make room, or make the state writable: the next command puts the journal into the state.",
        },
      ),
    );
    return { ...result, ...counts, outcome: "partial", diagnostics: session.diagnostics };
  }
  if (group !== "open") await close(applying, ending, outcome, state);
  session.context.events({ kind: "apply_done", outcome: eventOutcome(outcome), generation, ...counts });
  return { ...result, ...counts, outcome, diagnostics: session.diagnostics };
}

function eventOutcome(outcome: GenerationOutcome): "applied" | "aborted" | "partial" | "failed" {
  if (outcome === "switched_back") return "aborted";
  return outcome === "held" ? "partial" : outcome;
}

async function close(
  applying: Applying,
  { store, group }: Ending,
  outcome: GenerationOutcome,
  state: State,
): Promise<void> {
  const { session, options, apply, counts } = applying;
  const closing: GenerationClosing = {
    outcome,
    decision: group === "aborted" || (group === "none" && outcome === "aborted") ? "abort" : "commit",
    ...(group === "kept" ? { verdict: "kept" as const } : {}),
    ...(group === "switched_back" ? { verdict: "back" as const } : {}),
    serial: state.serial,
    ...counts,
    reasons: session.diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ summary, detail }) => `${summary}: ${detail}`),
    closedAt: options.surroundings.clock.now(),
  };
  try {
    await store.generations.close(apply, closing);
    const settled = await settleGroup(applying);
    session.diagnostics.push(...settled.diagnostics);
    if (!hasErrors(settled.diagnostics)) await store.generations.settle(apply);
  } catch (error) {
    session.diagnostics.push(
      errorDiagnostic(
        "The generation could not be closed",
        `${error instanceof Error ? error.message : String(error)}. The state is saved; the next command closes it.`,
      ),
    );
  }
}
