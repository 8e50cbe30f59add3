import { EXIT } from "../../kernel/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { showStatus } from "../views/status.ts";

export const command: Command = {
  specification: {
    name: "status",
    summary: "Show fleets, their releases and rollouts",
    description: [
      "Shows each fleet with its address, its releases as a histogram of instances, what a rollout is doing, and how the releases answered.",
    ],
    arguments: [{ name: "FLEET", optional: true }],
    flags: JSON_OBJECT,
    examples: ["status", "status web -json"],
  },
  run: async (parsed, context) => {
    const daemon = daemonAccess(context);
    const [reference] = parsed.positional;
    // Where no daemon ever ran there is no fleet, and none has to be started to say so.
    const client = daemon.everRan || reference !== undefined ? await daemon.client() : undefined;
    const fleets =
      client === undefined
        ? []
        : reference === undefined
          ? await client.fleets()
          : [await findFleet(client, reference, context)];
    showStatus(context.console, fleets, parsed.boolean("json"), Date.now());
    return EXIT.done;
  },
};
