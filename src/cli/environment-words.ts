import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { splitWords } from "./flags/words.ts";

/** Words that `TF_CLI_ARGS` and `TF_CLI_ARGS_name` put before a command's own arguments, the general ones last. */
export function environmentWords(
  environment: Readonly<Record<string, string | undefined>>,
  command: string,
): { readonly words: readonly string[] } | { readonly diagnostic: Diagnostic } {
  const words: string[] = [];
  for (const name of [`TF_CLI_ARGS_${command.replaceAll(/[ -]/g, "_")}`, "TF_CLI_ARGS"]) {
    const text = environment[name];
    if (text === undefined || text === "") continue;
    const split = splitWords(text);
    if (split === undefined) {
      return {
        diagnostic: errorDiagnostic(
          "Invalid environment variable",
          `${name} has a quotation mark that is not closed: ${text}`,
        ),
      };
    }
    words.push(...split);
  }
  return { words };
}
