import { parseResourceInstance } from "../../config/index.ts";
import type { OutputChange, Plan, ResourceChange, State } from "../../engine/index.ts";
import { countChanges } from "../../engine/index.ts";
import { systemClock } from "../../kernel/index.ts";
import { knownJson } from "./json/values.ts";
import { plainObject, printJson } from "../../lang/index.ts";
import type { Json } from "../../lang/index.ts";
import type { Console } from "../console.ts";
import { reportDiagnostics } from "../report.ts";
import { resourceJson } from "./json/addresses.ts";
import { outputsJson } from "./json/state.ts";
import { jsonLine, versionLine } from "./json-lines.ts";
import type { JsonLine } from "./json-lines.ts";
import { jsonProgress } from "./progress.ts";
import { endSentence } from "./end-sentence.ts";
import type { RunView } from "./run-view.ts";

/** Lines of JSON after Terraform's machine-readable UI; the first says the version. */
export function jsonRunView(console: Console): RunView {
  const now = () => systemClock.now();
  const write = (line: JsonLine) => console.out(jsonLine(line, now()));
  write(versionLine());
  const progress = jsonProgress(console, now);
  return {
    progress,
    diagnostics: (diagnostics) => reportDiagnostics(console, diagnostics, true),
    plan: (plan) => {
      for (const line of planLines(plan)) write(line);
    },
    afterPlan: () => {},
    ended: (outcome, destroy) => {
      const result = outcome.kind === "executed" ? outcome.result : undefined;
      const failed = result !== undefined && result.outcome !== "applied";
      write({
        level: "info",
        message: endSentence(outcome, destroy),
        // Terraform says this of applies that went well; how others ended is Kiln's to say.
        type: failed ? "kiln_apply_ended" : "change_summary",
        content: {
          changes: {
            add: result?.added ?? 0,
            change: result?.changed ?? 0,
            import: 0,
            remove: result?.destroyed ?? 0,
            operation: destroy ? "destroy" : "apply",
          },
          ...(result === undefined
            ? {}
            : { kiln: { outcome: result.outcome, generation: result.generation ?? null } }),
        },
      });
    },
    outputs: (state) => {
      if (state !== undefined) write(outputsLine(state));
    },
    say: () => {},
    close: () => progress.close(),
  };
}

function outputsLine(state: State): JsonLine {
  return {
    level: "info",
    message: `Outputs: ${state.outputs.size}`,
    type: "outputs",
    // Numbers that JSON.stringify cannot hold are written by the language's own printer.
    content: { outputs: JSON.parse(printJson(outputsJson(state))) as Json },
  };
}

function planLines(plan: Plan): JsonLine[] {
  const lines: JsonLine[] = plan.drift.map((drift) => ({
    level: "info",
    message: `${drift.text}: Drift detected (${drift.action})`,
    type: "resource_drift",
    content: {
      change: { resource: resourceJson(drift.address, drift.text, drift.provider), action: drift.action },
    },
  }));
  const changes = plan.changes.filter(
    (change) => change.action !== "no-op" || (change.previous ?? change.text) !== change.text,
  );
  lines.push(...changes.map(changeLine));
  if (plan.errored) return lines;
  const counts = countChanges(plan.changes);
  lines.push({
    level: "info",
    message: `Plan: ${counts.add} to add, ${counts.change} to change, ${counts.remove} to destroy.`,
    type: "change_summary",
    content: {
      changes: {
        add: counts.add,
        change: counts.change,
        import: 0,
        remove: counts.remove,
        operation: "plan",
      },
    },
  });
  if (plan.outputs.length > 0) lines.push(outputChangesLine(plan.outputs));
  return lines;
}

function changeLine(change: ResourceChange): JsonLine {
  const action = change.action === "no-op" ? "move" : change.action;
  const previous = parseResourceInstance(change.previous ?? "");
  return {
    level: "info",
    message: `${change.text}: Plan to ${action}`,
    type: "planned_change",
    content: {
      change: {
        resource: resourceJson(change.address, change.text, change.provider),
        ...(previous === undefined
          ? {}
          : { previous_resource: resourceJson(previous, change.previous ?? "", change.provider) }),
        action,
        ...(change.reason === undefined ? {} : { reason: reasonWord(change.reason) }),
      },
      ...(change.notes.length === 0 ? {} : { kiln: { notes: change.notes } }),
    },
  };
}

/** The UI's words differ from the plan's for replacements. */
function reasonWord(reason: string): string {
  const words: Readonly<Record<string, string>> = {
    replace_because_tainted: "tainted",
    replace_because_cannot_update: "cannot_update",
    replace_by_request: "requested",
    replace_by_triggers: "replace_triggered_by",
  };
  return words[reason] ?? reason;
}

function outputChangesLine(outputs: readonly OutputChange[]): JsonLine {
  const entries = outputs.map((output): [string, Json] => [
    output.name,
    plainObject([
      ["sensitive", output.sensitive],
      ["action", output.action === "no-op" ? "noop" : output.action],
      ...(output.action === "no-op" && !output.sensitive
        ? [["value", knownJson(output.after)] as const]
        : []),
    ]),
  ]);
  return {
    level: "info",
    message: `Outputs: ${outputs.length}`,
    type: "outputs",
    content: { outputs: JSON.parse(printJson(plainObject(entries))) as Json },
  };
}
