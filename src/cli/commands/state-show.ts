import { formatResourceInstance } from "../../config/index.ts";
import { sortedInstances } from "../../engine/index.ts";
import { DiagnosticError, errorDiagnostic, EXIT } from "../../kernel/index.ts";
import { readState, schemasFor } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { requireSnapshot } from "../state-selection.ts";
import { showState } from "../views/state.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "state show",
    summary: "Show one resource of the state",
    description: ["Shows the attributes of one resource as the state has them."],
    arguments: [{ name: "ADDRESS" }],
    flags: JSON_OBJECT,
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const state = requireSnapshot(await readState(workspace));
      const address = parsed.positional[0] ?? "";
      const instance = sortedInstances(state).find((one) => formatResourceInstance(one.address) === address);
      if (instance === undefined) {
        throw new DiagnosticError([
          errorDiagnostic(
            "No instance found for the given address!",
            `The state has no resource ${address}.`,
            {
              remedy: 'List what it has with "kiln state list".',
            },
          ),
        ]);
      }
      const single = { ...state, outputs: new Map(), instances: new Map([[address, instance]]) };
      const schemas = await schemasFor(workspace.providers, { state });
      showState(context.console, single, schemas, parsed.boolean("json"));
      return EXIT.done;
    }),
};
