import { EXIT } from "../../kernel/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { followLogs, showLogs } from "../views/logs.ts";

export const command: Command = {
  specification: {
    name: "logs",
    summary: "Show what the instances of a fleet wrote",
    description: ["Shows the end of what each instance of a fleet wrote to its standard output and error."],
    arguments: [{ name: "FLEET" }],
    flags: {
      f: { kind: "boolean", help: "Go on with what is written from now on, until Ctrl-C." },
      bytes: {
        kind: "count",
        placeholder: "N",
        initial: "16384",
        help: "How much of each instance's end is shown.",
      },
      ...JSON_OBJECT,
    },
    examples: ["logs web", "logs -f web"],
  },
  run: async (parsed, context) => {
    const client = await daemonAccess(context).client();
    const fleet = await findFleet(client, parsed.positional[0] ?? "", context);
    const bytes = parsed.count("bytes") ?? 0;
    const read = () => client.logs({ fleet: fleet.fleet.id }, { bytes });
    if (parsed.boolean("f")) await followLogs(context.console, read, context.interrupts.stop);
    else showLogs(context.console, await read(), parsed.boolean("json"));
    return EXIT.done;
  },
};
