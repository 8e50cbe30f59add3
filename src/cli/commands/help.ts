import { EXIT } from "../../kernel/index.ts";
import type { Command } from "../command.ts";
import { commandHelp } from "../flags/help.ts";
import { overview } from "../overview.ts";
import { findCommand, unknownCommand } from "../find-command.ts";

export const command: Command = {
  specification: {
    name: "help",
    summary: "Show this list, or the help of a command",
    description: ["Shows the list of commands, or what one of them does and accepts."],
    arguments: [{ name: "COMMAND", optional: true, rest: true }],
    flags: {},
  },
  run: async (parsed, { console }) => {
    if (parsed.positional.length === 0) {
      console.out(overview(console.style));
      return EXIT.done;
    }
    const found = findCommand(parsed.positional);
    if (found.kind !== "found") {
      console.err(unknownCommand(parsed.positional.join(" ")));
      return EXIT.error;
    }
    const { command: wanted } = await found.entry.load();
    console.out(commandHelp(wanted.specification, console.width));
    return EXIT.done;
  },
};
