import { EXIT } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showHistory } from "../views/history.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "history",
    summary: "List generations: what was applied, by whom, with which outcome",
    description: [
      "Lists the generations of this directory's state, newest first. Each apply that changed something made one.",
    ],
    arguments: [],
    flags: JSON_OBJECT,
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      showHistory(context.console, await workspace.store.generations.list(), parsed.boolean("json"));
      return EXIT.done;
    }),
};
