import type { Command } from "../command.ts";
import { APPROVAL, PLANNING } from "../flags/common.ts";
import { runApply } from "../run-apply.ts";

export const command: Command = {
  specification: {
    name: "destroy",
    summary: "Destroy previously created infrastructure",
    description: [
      "Asks, and destroys everything that the state holds, dependents first. Images stay in the store.",
    ],
    arguments: [],
    flags: { ...PLANNING, ...APPROVAL },
  },
  run: (parsed, context) =>
    runApply(context, parsed, { mode: "destroy", approved: parsed.boolean("auto-approve") }),
};
