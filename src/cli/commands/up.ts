import { EXIT } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { enterDirectory } from "../enter-directory.ts";
import { APPROVAL, PLANNING } from "../flags/common.ts";
import { runApply } from "../run-apply.ts";
import { showStatus } from "../views/status.ts";

export const command: Command = {
  specification: {
    name: "up",
    summary: "Initialise where needed, apply without asking, show the status",
    description: [
      "Does all that it takes to have the configuration of a directory running: init where needed, apply without asking, status. kiln up DIR is the same as kiln -chdir=DIR up.",
    ],
    arguments: [{ name: "DIR", optional: true }],
    flags: { ...PLANNING, ...APPROVAL },
    examples: ["up examples/web", "up examples/web -var greeting=Hi"],
  },
  run: async (parsed, context) => {
    const inside = await enterDirectory(context, parsed.positional[0]);
    const code = await runApply(inside, parsed, { mode: "normal", approved: true });
    const daemon = daemonAccess(inside);
    if (daemon.everRan && (code !== EXIT.error || !parsed.boolean("json"))) {
      const fleets = await (await daemon.client()).fleets();
      if (fleets.length > 0) {
        inside.console.out("\n");
        showStatus(inside.console, fleets, parsed.boolean("json"), Date.now());
      }
    }
    return code;
  },
};
