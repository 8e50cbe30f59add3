import { EXIT, hasErrors } from "../../kernel/index.ts";
import { validateWorkspace } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showValidation } from "../views/validation.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "validate",
    summary: "Check whether the configuration is valid",
    description: [
      "Checks the configuration's syntax, names and types, whatever the state and the values of variables are. Nothing real is looked at.",
    ],
    arguments: [],
    flags: JSON_OBJECT,
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const diagnostics = await validateWorkspace(workspace, {
        events: () => {},
        signal: context.interrupts.stop,
      });
      showValidation(context.console, diagnostics, parsed.boolean("json"));
      return hasErrors(diagnostics) ? EXIT.error : EXIT.done;
    }),
};
