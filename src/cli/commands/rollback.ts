import { generationNumber, releaseNumber } from "../../kernel/index.ts";
import { readSnapshot, rollbackFleet } from "../../operations/index.ts";
import { findFleet } from "../find-fleet.ts";
import type { Command, CommandContext } from "../command.ts";
import { APPROVAL, PLANNING } from "../flags/common.ts";
import type { ParsedArguments } from "../flags/parse.ts";
import { operatorOf } from "../operator.ts";
import { runApply } from "../run-apply.ts";
import { releaseArgument } from "../release-argument.ts";
import { showOutcome } from "../views/operator-text.ts";

export const command: Command = {
  specification: {
    name: "rollback",
    summary: "Go back to an earlier generation, or a fleet to an earlier release",
    description: [
      "With a fleet's name: moves its traffic back to an earlier release, at once where that is still warm, else after booting and verifying its instances anew. Without a number it is the newest good release older than the serving one. The fleet is then held there until other content is applied, or kiln rollout resume.",
      "With a number alone: plans towards that generation's own configuration and variables, asks, and applies.",
    ],
    arguments: [{ name: "FLEET-or-GENERATION" }, { name: "RELEASE", optional: true }],
    flags: { ...PLANNING, ...APPROVAL },
    examples: ["rollback web", "rollback web 3", "rollback 12"],
  },
  run: async (parsed, context) => {
    const [subject = ""] = parsed.positional;
    // A fleet's name starts with a letter.
    return /^\d+$/.test(subject)
      ? await runApply(context, parsed, {
          mode: "normal",
          approved: parsed.boolean("auto-approve"),
          snapshot: (workspace) => readSnapshot(workspace, generationNumber(Number(subject))),
        })
      : await rollbackOne(parsed, context, subject);
  },
};

async function rollbackOne(parsed: ParsedArguments, context: CommandContext, name: string) {
  const json = parsed.boolean("json");
  const release = releaseArgument(parsed.positional[1]);
  const operator = await operatorOf(context, json);
  const fleet = await findFleet(operator.client, name, context);
  const target = release === undefined ? undefined : releaseNumber(release);
  return showOutcome(context.console, await rollbackFleet(operator, fleet, target), json, Date.now());
}
