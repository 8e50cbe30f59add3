import { EXIT } from "../../kernel/index.ts";
import { formatResourceInstance } from "../../config/index.ts";
import { sortedInstances } from "../../engine/index.ts";
import { readState } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { requireSnapshot, selects } from "../state-selection.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "state list",
    summary: "List resources in the state",
    description: [
      "Lists the addresses of the state's resources, all of them or those within the given addresses.",
    ],
    arguments: [{ name: "ADDRESS", optional: true, rest: true }],
    flags: JSON_OBJECT,
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const state = requireSnapshot(await readState(workspace));
      const addresses = sortedInstances(state)
        .map((instance) => formatResourceInstance(instance.address))
        .filter((address) => selects(parsed.positional, address));
      context.console.out(
        parsed.boolean("json")
          ? `${JSON.stringify({ format_version: "1.0", resources: addresses }, undefined, 2)}\n`
          : addresses.map((address) => `${address}\n`).join(""),
      );
      return EXIT.done;
    }),
};
