import type { Command } from "../command.ts";
import { APPROVAL, PLANNING } from "../flags/common.ts";
import { modeOf, MODES } from "../flags/modes.ts";
import { runApply } from "../run-apply.ts";

export const command: Command = {
  specification: {
    name: "apply",
    summary: "Create or update infrastructure, as one transaction",
    description: [
      "Plans, asks, and makes reality what the configuration says. New images are fired and new instances are booted and verified beside the running ones; then the traffic of all changed fleets is switched at once, and watched. If anything goes wrong before that watch has ended, what served before serves again.",
      "Exit codes: 0 done, 1 error and nothing begun, 4 begun and taken back, 5 partial, 6 switched back after the switch, 7 held or waiting for a person.",
    ],
    arguments: [{ name: "PLAN", optional: true }],
    flags: { ...PLANNING, ...MODES, ...APPROVAL },
    examples: ["apply", "apply -auto-approve -var greeting=Hi", "apply tonight.plan"],
  },
  run: (parsed, context) =>
    runApply(context, parsed, {
      mode: modeOf(parsed),
      saved: parsed.positional[0],
      approved: parsed.boolean("auto-approve"),
    }),
};
