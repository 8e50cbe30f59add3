import type { ApplyView, DaemonClient, RolloutRecord, Standing } from "../../api/index.ts";
import type { CommitResult } from "../../engine/index.ts";
import { errorDiagnostic } from "../../kernel/index.ts";
import type { ApplyId, Diagnostic, FleetId } from "../../kernel/index.ts";
import { fleetOf } from "./apply-watch.ts";

/** How long one read of the records waits for a change. */
const READ_WAIT = 5_000;

/** Waits until the fleet is verified; gives why where it never will be. */
export async function waitUntilPrepared(
  client: DaemonClient,
  apply: ApplyId,
  fleet: FleetId,
  name: string,
): Promise<Diagnostic | undefined> {
  let view: ApplyView = await client.read({ apply });
  for (;;) {
    const rollout = view.rollouts.find((candidate) => candidate.fleet === fleet);
    const phase = rollout?.phase;
    const first = rollout?.base === undefined;
    if (phase?.kind === "aborting" || phase?.kind === "aborted") {
      return abortedDiagnostic(name, phase.reason, first);
    }
    if (phase === undefined) {
      return abortedDiagnostic(name, "the daemon has no record of its preparation any more", first);
    }
    if (phase.kind !== "preparing") return undefined;
    view = await client.read({ apply, after: view.revision, timeout: READ_WAIT });
  }
}

function abortedDiagnostic(name: string, reason: string, first: boolean): Diagnostic {
  const rest = first ? "Nothing of it is left." : "What served before still serves.";
  return errorDiagnostic("The new release was thrown away", `Fleet ${name}: ${withOutput(reason)}`, {
    remedy: `${rest} See "kiln why ${name}" and "kiln logs ${name}".`,
  });
}

/** A reason's first line is a sentence; what follows it is what the instance wrote last. */
function withOutput(reason: string): string {
  const [sentence = "", ...output] = reason.trimEnd().split("\n");
  if (output.length === 0) return `${sentence}.`;
  return `${sentence}. Its last lines of output:\n\n${output.map((line) => (line === "" ? "" : `    ${line}`)).join("\n")}`;
}

const ENDED: ReadonlySet<RolloutRecord["phase"]["kind"]> = new Set(["complete", "aborted"]);

/** Waits for the verdict of a committed apply, and for the end of what an aborted one takes back. */
export async function waitForEnd(
  client: DaemonClient,
  apply: ApplyId,
  standing: Standing,
): Promise<CommitResult> {
  if (standing.decision.kind === "open") {
    throw new Error(`the daemon left apply ${apply} open after a commit or an abort`);
  }
  let view: ApplyView = await client.read({ apply });
  for (;;) {
    const verdict = view.apply?.verdict ?? standing.verdict;
    if (verdict.kind === "kept") return { kind: "kept", diagnostics: [] };
    const decision = view.apply?.decision ?? standing.decision;
    const over = decision.kind === "abort" || verdict.kind === "back";
    if (over && view.rollouts.every((rollout) => ENDED.has(rollout.phase.kind))) {
      return endOf(view, verdict.kind === "back" ? "switched_back" : "aborted");
    }
    view = await client.read({ apply, after: view.revision, timeout: READ_WAIT });
  }
}

function endOf(view: ApplyView, kind: "switched_back" | "aborted"): CommitResult {
  const diagnostics = view.rollouts.flatMap((rollout) =>
    rollout.phase.kind === "aborted"
      ? [
          errorDiagnostic(
            kind === "switched_back" ? "The traffic was switched back" : "The new release was thrown away",
            `Fleet ${rollout.specification.name}, release ${rollout.target}: ${withOutput(rollout.phase.reason)}`,
            { address: fleetOf(rollout.fleet) },
          ),
        ]
      : [],
  );
  return { kind, diagnostics };
}
