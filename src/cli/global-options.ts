import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";

export type GlobalOptions =
  | {
      readonly kind: "read";
      /** Of `-chdir`; absent: where the process is. */
      readonly directory?: string;
      readonly help: boolean;
      readonly version: boolean;
      /** The command and what follows it. */
      readonly words: readonly string[];
    }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

/** Reads what stands before the command. */
export function readGlobalOptions(words: readonly string[]): GlobalOptions {
  let directory: string | undefined;
  let help = false;
  let version = false;
  let index = 0;
  for (; index < words.length; index++) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) break;
    const chdir = /^--?chdir(?:=(.*))?$/s.exec(word);
    if (chdir !== null) {
      if (chdir[1] === undefined || chdir[1] === "") {
        return refused("Invalid -chdir option", "The -chdir option needs a directory: -chdir=DIR.");
      }
      directory = chdir[1];
    } else if (/^--?(help|h)$/.test(word)) help = true;
    else if (/^--?(version|v)$/.test(word)) version = true;
    else if (!/^--?no-color$/.test(word)) {
      return refused("Unknown global option", `${word} is no option that stands before the command.`);
    }
  }
  return {
    kind: "read",
    ...(directory === undefined ? {} : { directory }),
    help,
    version,
    words: words.slice(index),
  };
}

function refused(summary: string, detail: string): GlobalOptions {
  return { kind: "refused", diagnostic: errorDiagnostic(summary, detail, { remedy: 'See "kiln -help".' }) };
}
