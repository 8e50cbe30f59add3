import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import { scaleFleet } from "../../operations/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command } from "../command.ts";
import { APPROVAL, JSON_LINES } from "../flags/common.ts";
import { operatorOf } from "../operator.ts";
import { showOutcome } from "../views/operator-text.ts";

export const command: Command = {
  specification: {
    name: "scale",
    summary: "Change how many instances a fleet has",
    description: [
      "Starts or retires instances of the serving release; none is modified, and no release is made. It is an override: later plans show it, and the next change of the fleet ends it.",
    ],
    arguments: [{ name: "FLEET=N" }],
    flags: { ...APPROVAL, ...JSON_LINES },
    examples: ["scale web=6"],
  },
  run: async (parsed, context) => {
    const match = /^(.+)=(\d{1,4})$/.exec(parsed.positional[0] ?? "");
    if (match === null) {
      throw new DiagnosticError([
        errorDiagnostic("Invalid argument", `"${parsed.positional[0] ?? ""}" is not FLEET=N, as "web=6" is.`),
      ]);
    }
    const json = parsed.boolean("json");
    const operator = await operatorOf(context, json);
    const fleet = await findFleet(operator.client, match[1] ?? "", context);
    return showOutcome(
      context.console,
      await scaleFleet(operator, fleet, Number(match[2])),
      json,
      Date.now(),
    );
  },
};
