import { coloured, plain } from "./views/style.ts";
import type { Style } from "./views/style.ts";

/** Where a command's views write, and where its questions go. */
export interface Console {
  out(text: string): void;
  err(text: string): void;
  /** Columns. */
  readonly width: number;
  /** Standard output is a terminal: what is on it can be redrawn. */
  readonly live: boolean;
  readonly style: Style;
  /** Asks on the terminal; undefined where the input ended before an answer. */
  ask(question: string): Promise<string | undefined>;
}

const DEFAULT_WIDTH = 78;
const LEAST_WIDTH = 40;

export interface ConsoleOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** `-no-color` was given. */
  readonly withoutColour: boolean;
}

/** The process's own console. */
export function processConsole({ environment, withoutColour }: ConsoleOptions): Console {
  const live = process.stdout.isTTY === true && environment["TERM"] !== "dumb";
  const noColour = environment["NO_COLOR"];
  const colours = live && !withoutColour && (noColour === undefined || noColour === "");
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    get width() {
      return live ? Math.max(LEAST_WIDTH, process.stdout.columns) : DEFAULT_WIDTH;
    },
    live,
    style: colours ? coloured : plain,
    ask: async (question) => {
      const { createInterface } = await import("node:readline/promises");
      const lines = createInterface({ input: process.stdin, output: process.stdout, terminal: false });
      process.stdout.write(question);
      try {
        for await (const line of lines) return line;
        return undefined;
      } finally {
        lines.close();
      }
    },
  };
}
