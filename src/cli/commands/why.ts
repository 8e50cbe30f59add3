import { EXIT } from "../../kernel/index.ts";
import { chainBehind } from "../../operations/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showChain } from "../views/chain.ts";

export const command: Command = {
  specification: {
    name: "why",
    summary: "Show the chain of events behind what a fleet runs now",
    description: [
      "Shows, oldest first, what led to what a fleet runs now: who asked for the rollout that was last kept, and everything that happened to the fleet since.",
    ],
    arguments: [{ name: "FLEET" }],
    flags: JSON_OBJECT,
  },
  run: async (parsed, context) => {
    const client = await daemonAccess(context).client();
    const fleet = await findFleet(client, parsed.positional[0] ?? "", context);
    showChain(context.console, fleet, await chainBehind(client, fleet), parsed.boolean("json"));
    return EXIT.done;
  },
};
