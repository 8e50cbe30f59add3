import { systemClock } from "../../kernel/index.ts";
import type { Console } from "../console.ts";
import { jsonLine, versionLine } from "./json-lines.ts";
import { table } from "./table.ts";

/** Says that a directory is ready, and with which providers. */
export function showInitialised(
  console: Console,
  providers: readonly { readonly source: string; readonly version: string }[],
  json: boolean,
): void {
  if (json) {
    const now = systemClock.now();
    console.out(jsonLine(versionLine(), now));
    console.out(
      jsonLine(
        {
          level: "info",
          message: "Kiln has been successfully initialized!",
          type: "init_output",
          content: { message_code: "output_init_success_message", kiln: { providers } },
        },
        now,
      ),
    );
    return;
  }
  const { style } = console;
  if (providers.length > 0) {
    const rows = providers.map(({ source, version }) => [`- ${source}`, version, "built in"]);
    console.out(`${style.bold("Providers:")}\n${table(rows).join("\n")}\n\n`);
  }
  console.out(
    `${style.bold(style.green("Kiln has been successfully initialized!"))}\n\nYou may now begin working with Kiln. Try "kiln plan" to see any changes that are\nrequired for your infrastructure.\n`,
  );
}
