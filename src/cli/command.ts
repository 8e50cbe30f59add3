import type { ExitCode } from "../kernel/index.ts";
import type { Console } from "./console.ts";
import type { ParsedArguments } from "./flags/parse.ts";
import type { CommandSpecification } from "./flags/specification.ts";
import type { Interrupts } from "./interrupts.ts";

/** What every command may use of the process that it runs in. */
export interface CommandContext {
  readonly console: Console;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the working directory, after `-chdir`. */
  readonly directory: string;
  /** As it was typed, such as `kiln apply -auto-approve`; for the history. */
  readonly commandLine: string;
  readonly interrupts: Interrupts;
}

/** One command: what it accepts, and what it does. */
export interface Command {
  readonly specification: CommandSpecification;
  run(parsed: ParsedArguments, context: CommandContext): Promise<ExitCode>;
}

/** What the list of commands needs without loading the command. */
export interface CommandEntry {
  readonly name: string;
  /** One line without a full stop. */
  readonly summary: string;
  readonly group: "main" | "fleets" | "other";
  load(): Promise<{ readonly command: Command }>;
}
