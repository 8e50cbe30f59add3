import { EXIT, systemClock, systemRandom } from "../../kernel/index.ts";
import { stateOrNew, stopDaemon } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { enterDirectory } from "../enter-directory.ts";
import { APPROVAL, PLANNING } from "../flags/common.ts";
import { homeProcesses } from "../home-processes.ts";
import { runApply } from "../run-apply.ts";
import { showStopped } from "../views/stopped.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "down",
    summary: "Destroy everything, and stop the daemon if nobody else uses it",
    description: [
      "Destroys all that the directory's state holds, without asking, and stops the daemon and its proxy if no other configuration has a fleet there. Returns when none of their processes is left.",
    ],
    arguments: [{ name: "DIR", optional: true }],
    flags: { ...PLANNING, ...APPROVAL },
    examples: ["down examples/web"],
  },
  run: async (parsed, context) => {
    const inside = await enterDirectory(context, parsed.positional[0]);
    const code = await runApply(inside, parsed, { mode: "destroy", approved: true });
    if (code !== EXIT.done) return code;
    const daemon = daemonAccess(inside);
    const { lineage } = await withWorkspace(inside, stateOrNew);
    const left = () => homeProcesses(daemon.home.root);
    const outcome = await stopDaemon({
      // A daemon that was killed left its proxy; the next one ends it.
      client: (await left()).length > 0 ? await daemon.client() : daemon.running,
      lineage,
      asked: daemon.asked,
      clock: systemClock,
      random: systemRandom,
      left,
    });
    showStopped(inside.console, outcome, parsed.boolean("json"));
    return outcome.kind === "still_running" ? EXIT.partial : EXIT.done;
  },
};
