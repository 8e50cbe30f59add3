import { EXIT, formatDuration } from "../../kernel/index.ts";
import type { ExitCode } from "../../kernel/index.ts";
import type { OperatorOutcome } from "../../operations/index.ts";
import type { Console } from "../console.ts";
import { reportDiagnostics } from "../report.ts";
import { fleetText } from "./fleet-text.ts";
import { jsonLine } from "./json-lines.ts";

/** Shows how an operator's command ended, and says which exit code that is. */
export function showOutcome(
  console: Console,
  outcome: OperatorOutcome,
  json: boolean,
  now: number,
): ExitCode {
  if (outcome.kind === "refused") {
    reportDiagnostics(console, [outcome.diagnostic], json);
    return EXIT.error;
  }
  const sentence = sentenceOf(outcome);
  if (json) {
    console.out(
      jsonLine({ level: "info", message: sentence, type: "kiln_outcome", content: { kiln: outcome } }, now),
    );
  } else {
    console.out(`${sentence}\n`);
    if ("fleet" in outcome && outcome.fleet !== undefined) {
      console.out(`\n${fleetText(outcome.fleet, now, console.style)}\n`);
    }
  }
  return exitOf(outcome);
}

function sentenceOf(outcome: Exclude<OperatorOutcome, { kind: "refused" }>): string {
  switch (outcome.kind) {
    case "done":
    case "left":
      return outcome.message;
    case "kept": {
      const time =
        outcome.switchedIn === undefined ? "" : ` The switch took ${formatDuration(outcome.switchedIn)}.`;
      return `Release ${outcome.release} serves.${time}`;
    }
    case "aborted":
      return `${outcome.switched ? "Switched back" : "Thrown away"}: ${outcome.reason}`;
  }
}

function exitOf(outcome: OperatorOutcome): ExitCode {
  if (outcome.kind === "left") return EXIT.waiting;
  if (outcome.kind !== "aborted") return EXIT.done;
  return outcome.switched ? EXIT.switchedBack : EXIT.aborted;
}
