import { EXIT, KILN_VERSION, TERRAFORM_VERSION } from "../../kernel/index.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  specification: {
    name: "version",
    summary: "Show the current Kiln version",
    description: ["Displays the version of Kiln, and of the Terraform language that it speaks."],
    arguments: [],
    flags: { json: { kind: "boolean", help: "Output the version information as a JSON object." } },
  },
  run: (parsed, { console }) => {
    const platform = `${process.platform}_${process.arch === "x64" ? "amd64" : process.arch}`;
    console.out(
      parsed.boolean("json")
        ? `${JSON.stringify({ terraform_version: TERRAFORM_VERSION, platform, provider_selections: {}, terraform_outdated: false, kiln: { version: KILN_VERSION } }, undefined, 2)}\n`
        : `Kiln v${KILN_VERSION}\non ${platform}\n`,
    );
    return Promise.resolve(EXIT.done);
  },
};
