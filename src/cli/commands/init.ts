import { EXIT, hasErrors } from "../../kernel/index.ts";
import { initialiseWorkspace } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { JSON_LINES } from "../flags/common.ts";
import type { FlagSpecification } from "../flags/specification.ts";
import { reportDiagnostics } from "../report.ts";
import { showInitialised } from "../views/initialised.ts";
import { withWorkspace } from "../workspace.ts";

const accepted = (kind: FlagSpecification["kind"]): FlagSpecification => ({
  kind,
  hidden: true,
  help: "Accepted for Terraform's sake.",
});

export const command: Command = {
  specification: {
    name: "init",
    summary: "Prepare your working directory for other commands",
    description: [
      "Checks that the configuration can be read, and that its modules and providers are at hand. It is safe to run it again at any time.",
    ],
    arguments: [],
    flags: {
      ...JSON_LINES,
      input: accepted("boolean"),
      upgrade: accepted("boolean"),
      reconfigure: accepted("boolean"),
      "migrate-state": accepted("boolean"),
      "force-copy": accepted("boolean"),
      backend: accepted("boolean"),
      get: accepted("boolean"),
      lock: accepted("boolean"),
      "lock-timeout": accepted("text"),
      lockfile: accepted("text"),
    },
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const json = parsed.boolean("json");
      const { providers, diagnostics } = await initialiseWorkspace(workspace);
      if (!hasErrors(diagnostics)) showInitialised(context.console, providers, json);
      reportDiagnostics(context.console, diagnostics, json);
      return hasErrors(diagnostics) ? EXIT.error : EXIT.done;
    }),
};
