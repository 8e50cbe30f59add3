import { systemClock } from "../../kernel/index.ts";
import type { StopOutcome } from "../../operations/index.ts";
import type { Console } from "../console.ts";
import { jsonLine } from "./json-lines.ts";

/** Says whether the daemon was stopped. */
export function showStopped(console: Console, outcome: StopOutcome, json: boolean): void {
  const sentence = sentenceOf(outcome);
  if (json) {
    const content = { kiln: outcome };
    console.out(
      jsonLine({ level: "info", message: sentence, type: "kiln_stopped", content }, systemClock.now()),
    );
  } else console.out(`${sentence}\n`);
}

function sentenceOf(outcome: StopOutcome): string {
  switch (outcome.kind) {
    case "stopped":
      return "The daemon is stopped.";
    case "none":
      return "No daemon was running.";
    case "in_use":
      return `The daemon goes on: it has fleets of other configurations (${outcome.fleets.map((id) => id.slice(id.indexOf("/") + 1)).join(", ")}).`;
    case "still_running":
      return `These processes did not end: ${outcome.processes.join(", ")}.`;
  }
}
