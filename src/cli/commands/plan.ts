import path from "node:path";
import { savePlan } from "../../engine/index.ts";
import { EXIT, hasErrors, writeFileAtomically } from "../../kernel/index.ts";
import { planWorkspace, schemasFor } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { PLANNING } from "../flags/common.ts";
import { modeOf, MODES } from "../flags/modes.ts";
import { planningFlags } from "../planning-flags.ts";
import { runView } from "../views/choose-view.ts";
import { withWorkspace } from "../workspace.ts";

/** A plan holds sensitive values, and is the user's alone. */
const PLAN_MODE = 0o600;

export const command: Command = {
  specification: {
    name: "plan",
    summary: "Show changes required by the current configuration",
    description: [
      "Compares the configuration with the state and with reality, and shows what an apply would do, without doing it. For a fleet that is which release comes after which, and how many instances are replaced.",
    ],
    arguments: [],
    flags: {
      ...PLANNING,
      ...MODES,
      out: { kind: "text", placeholder: "FILE", help: "Write the plan to a file, for kiln apply FILE." },
      "detailed-exitcode": {
        kind: "boolean",
        help: "Exit with 0 where nothing changes, 1 after an error, and 2 where there are changes.",
      },
    },
    examples: ["plan", "plan -out=tonight.plan", "plan -var greeting=Hi"],
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const view = runView(context.console, parsed.boolean("json"));
      try {
        const { plan, diagnostics } = await planWorkspace(workspace, {
          ...(await planningFlags(parsed, context)),
          mode: modeOf(parsed),
          events: view.progress.sink,
        });
        // After an error a plan shows how far it got.
        if (
          plan !== undefined &&
          (!plan.errored || plan.changes.some((change) => change.action !== "no-op"))
        ) {
          view.plan(plan, await schemasFor(workspace.providers, { plan }));
        }
        view.close();
        view.diagnostics(diagnostics);
        if (plan === undefined || plan.errored || hasErrors(diagnostics)) return EXIT.error;
        const out = parsed.text("out");
        if (out !== undefined) {
          await writeFileAtomically(path.resolve(context.directory, out), savePlan(plan), PLAN_MODE);
        }
        if (plan.applicable) view.afterPlan(out);
        return parsed.boolean("detailed-exitcode") && plan.applicable ? EXIT.changes : EXIT.done;
      } finally {
        view.close();
      }
    }),
};
