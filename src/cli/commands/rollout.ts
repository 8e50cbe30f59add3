import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import { steerRollout } from "../../operations/index.ts";
import type { RolloutAction } from "../../operations/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { APPROVAL, JSON_LINES } from "../flags/common.ts";
import { nearest } from "../flags/suggest.ts";
import { operatorOf } from "../operator.ts";
import { showOutcome } from "../views/operator-text.ts";

const ACTIONS: readonly RolloutAction[] = ["pause", "resume", "promote", "abort", "retry", "restart"];

export const command: Command = {
  specification: {
    name: "rollout",
    summary: "Steer a rollout: pause, resume, promote, abort, retry, restart",
    description: [
      "pause holds the bake of a rollout; resume goes on with it, and ends the hold after a rollback. promote ends a bake well at once. abort takes a rollout back, switched or not. retry rolls the last aborted release out again. restart replaces all instances by new ones of the same release.",
    ],
    arguments: [{ name: "ACTION" }, { name: "FLEET" }],
    flags: { ...APPROVAL, ...JSON_LINES },
    examples: ["rollout abort web", "rollout restart web"],
  },
  run: async (parsed, context) => {
    const [word = "", reference = ""] = parsed.positional;
    const action = ACTIONS.find((candidate) => candidate === word);
    if (action === undefined) {
      const meant = nearest(word, ACTIONS);
      throw new DiagnosticError([
        errorDiagnostic(
          "Unknown action",
          `"${word}" is none of ${ACTIONS.join(", ")}.`,
          meant === undefined ? {} : { remedy: `Did you mean "kiln rollout ${meant} ${reference}"?` },
        ),
      ]);
    }
    const json = parsed.boolean("json");
    const operator = await operatorOf(context, json);
    const fleet = await findFleet(operator.client, reference, context);
    return showOutcome(context.console, await steerRollout(operator, fleet, action), json, Date.now());
  },
};
