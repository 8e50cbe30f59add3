import { EXIT, hasErrors } from "../../kernel/index.ts";
import { fleetDrift, heldFleets, resourceDrift } from "../../operations/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { daemonAccess } from "../daemon-access.ts";
import { JSON_OBJECT } from "../flags/common.ts";
import { reportDiagnostics } from "../report.ts";
import { showDrift } from "../views/drift.ts";
import { withWorkspace } from "../workspace.ts";

export const command: Command = {
  specification: {
    name: "drift",
    summary: "Show where reality differs from what was recorded",
    description: [
      "Compares each instance's files, process and settings with its release, and each resource of the state with what is there. With a fleet's name it looks at that fleet alone.",
    ],
    arguments: [{ name: "FLEET", optional: true }],
    flags: {
      "detailed-exitcode": {
        kind: "boolean",
        help: "Exit with 2 where there is drift, and with 0 where there is none.",
      },
      ...JSON_OBJECT,
    },
  },
  run: (parsed, context) =>
    withWorkspace(context, async (workspace) => {
      const daemon = daemonAccess(context);
      const [reference] = parsed.positional;
      const client = daemon.everRan || reference !== undefined ? await daemon.client() : undefined;
      const fleet =
        client === undefined || reference === undefined
          ? undefined
          : await findFleet(client, reference, context);
      const fleets = client === undefined ? [] : await fleetDrift(client, fleet);
      const held = client === undefined ? [] : await heldFleets(client, fleet);
      const found =
        reference === undefined
          ? await resourceDrift(workspace, {
              inputs: [],
              parallelism: 10,
              events: () => {},
              signal: context.interrupts.stop,
            })
          : { resources: [], diagnostics: [] };
      showDrift(context.console, { ...found, fleets, held }, parsed.boolean("json"));
      reportDiagnostics(context.console, found.diagnostics, false);
      if (hasErrors(found.diagnostics)) return EXIT.error;
      const any = fleets.length + found.resources.length > 0;
      return any && parsed.boolean("detailed-exitcode") ? EXIT.changes : EXIT.done;
    }),
};
