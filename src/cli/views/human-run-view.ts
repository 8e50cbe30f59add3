import { systemClock } from "../../kernel/index.ts";
import type { ApplyOutcome } from "../../operations/index.ts";
import type { Console } from "../console.ts";
import { reportDiagnostics } from "../report.ts";
import { endSentence } from "./end-sentence.ts";
import { outputLines } from "./output-text.ts";
import { pictureOf } from "./plan-picture.ts";
import { renderPlan } from "./plan-text.ts";
import { humanProgress } from "./progress.ts";
import type { RunView } from "./run-view.ts";

const RULE_WIDTH = 77;

/** Text for people: the plan, progress, and how it ended. */
export function humanRunView(console: Console): RunView {
  const { style } = console;
  const progress = humanProgress(console, () => systemClock.now());
  return {
    progress,
    diagnostics: (diagnostics) => reportDiagnostics(console, diagnostics, false),
    plan: (plan, schemas) => progress.say(`\n${renderPlan(pictureOf(plan, schemas), style)}\n`),
    afterPlan: (saved) => {
      const rule = style.dim("─".repeat(Math.min(RULE_WIDTH, console.width)));
      console.out(
        saved === undefined
          ? `${rule}\n\nNote: You didn't use the -out option to save this plan, so Kiln can't guarantee\nto take exactly these actions if you run "kiln apply" now.\n`
          : `${rule}\n\nSaved the plan to: ${saved}\n\nTo perform exactly these actions, run the following command to apply:\n    kiln apply "${saved}"\n`,
      );
    },
    ended: (outcome, destroy) => {
      progress.close();
      console.out(`\n${endText(outcome, destroy, console)}\n`);
    },
    outputs: (state) => {
      if (state === undefined || state.outputs.size === 0) return;
      console.out(`\n${style.bold(style.green("Outputs:"))}\n\n${outputLines(state.outputs).join("\n")}\n`);
    },
    say: (text) => progress.say(text),
    close: () => progress.close(),
  };
}

function endText(
  outcome: Extract<ApplyOutcome, { kind: "executed" | "no_changes" }>,
  destroy: boolean,
  { style }: Console,
): string {
  const sentence = endSentence(outcome, destroy);
  const good = outcome.kind === "no_changes" || outcome.result.outcome === "applied";
  const number =
    outcome.kind === "executed" && outcome.result.generation !== undefined
      ? style.dim(` (generation ${outcome.result.generation})`)
      : "";
  return `${style.bold(good ? style.green(sentence) : style.yellow(sentence))}${number}`;
}
