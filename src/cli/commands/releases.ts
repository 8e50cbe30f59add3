import { EXIT } from "../../kernel/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showReleases } from "../views/releases.ts";

export const command: Command = {
  specification: {
    name: "releases",
    summary: "List the releases of a fleet",
    description: [
      "Lists the releases that a fleet still has, newest first: which one serves, which can be rolled back to at once, and which were thrown away and why.",
    ],
    arguments: [{ name: "FLEET" }],
    flags: JSON_OBJECT,
  },
  run: async (parsed, context) => {
    const client = await daemonAccess(context).client();
    const fleet = await findFleet(client, parsed.positional[0] ?? "", context);
    showReleases(context.console, fleet, parsed.boolean("json"), Date.now());
    return EXIT.done;
  },
};
