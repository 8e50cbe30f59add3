import { EXIT } from "../../kernel/index.ts";
import { readState } from "../../operations/index.ts";
import type { Command } from "../command.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showOutputs } from "../views/outputs.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "output",
    summary: "Show output values from your root module",
    description: ["Reads the output values out of the state, all of them or the one that is named."],
    arguments: [{ name: "NAME", optional: true }],
    flags: {
      raw: {
        kind: "boolean",
        help: "Write the value of one string, number or bool as it is, without quotation marks or a newline.",
      },
      state: { kind: "text", hidden: true, refused: "this version of Kiln does not have it yet.", help: "" },
      ...JSON_OBJECT,
    },
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const state = await readState(workspace);
      const form = parsed.boolean("json") ? "json" : parsed.boolean("raw") ? "raw" : "text";
      showOutputs(context.console, state?.outputs ?? new Map(), parsed.positional[0], form);
      return EXIT.done;
    }),
};
