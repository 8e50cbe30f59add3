import { stat } from "node:fs/promises";
import path from "node:path";
import { DiagnosticError, errorDiagnostic, EXIT } from "../kernel/index.ts";
import type { Diagnostic, ExitCode } from "../kernel/index.ts";
import type { Command } from "./command.ts";
import { processConsole } from "./console.ts";
import type { Console } from "./console.ts";
import { environmentWords } from "./environment-words.ts";
import { findCommand, groupHelp, unknownCommand } from "./find-command.ts";
import { commandHelp } from "./flags/help.ts";
import { parseArguments } from "./flags/parse.ts";
import { readGlobalOptions } from "./global-options.ts";
import { processInterrupts } from "./interrupts.ts";
import { overview } from "./overview.ts";
import { reportDiagnostics } from "./report.ts";
import { systemRefusal } from "./system-refusal.ts";

/** What a run of the program is given. */
export interface ProgramInput {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly directory: string;
}

/** Runs one command line to its exit code. */
export async function runProgram(input: ProgramInput): Promise<ExitCode> {
  const { environment } = input;
  const console = processConsole({ environment, withoutColour: hasNoColour(input.words) });
  const options = readGlobalOptions(input.words);
  if (options.kind === "refused") return fail(console, [options.diagnostic], false);
  if (options.words.length === 0 && !options.version) {
    // Asked for help it is an answer; without a command it is a mistake. Terraform tells them apart the same way.
    if (options.help) console.out(overview(console.style));
    else console.err(overview(console.style));
    return options.help ? EXIT.done : EXIT.error;
  }
  const words = options.version ? ["version", ...options.words] : options.words;
  const found = findCommand(words);
  if (found.kind === "group") {
    console.err(groupHelp(found.name));
    return EXIT.error;
  }
  if (found.kind === "unknown") {
    console.err(unknownCommand(words[0] ?? ""));
    return EXIT.error;
  }
  const { command } = await found.entry.load();
  if (options.help) {
    console.out(commandHelp(command.specification, console.width));
    return EXIT.done;
  }
  const extra = environmentWords(environment, found.entry.name);
  if ("diagnostic" in extra) return fail(console, [extra.diagnostic], false);
  return await runCommand(command, [...extra.words, ...found.rest], options.directory, input, console);
}

async function runCommand(
  command: Command,
  words: readonly string[],
  chdir: string | undefined,
  { environment, directory }: ProgramInput,
  console: Console,
): Promise<ExitCode> {
  const name = command.specification.name;
  const json =
    words.some((word) => /^--?json(=true|=1)?$/.test(word)) && "json" in command.specification.flags;
  const parsed = parseArguments(command.specification, words);
  if (parsed.kind === "help") {
    console.out(commandHelp(command.specification, console.width));
    return EXIT.done;
  }
  if (parsed.kind === "refused") {
    fail(console, [parsed.diagnostic], json);
    if (!json) console.err(`\nFor more help on using this command, run:\n  kiln ${name} -help\n`);
    return EXIT.error;
  }
  const target = chdir === undefined ? directory : path.resolve(directory, chdir);
  const problem = await directoryProblem(target);
  if (problem !== undefined) return fail(console, [problem], json);
  process.chdir(target);
  const interrupts = processInterrupts();
  try {
    return await command.run(parsed.arguments, {
      console,
      environment,
      directory: target,
      commandLine: ["kiln", name, ...words].join(" "),
      interrupts,
    });
  } catch (error) {
    if (error instanceof DiagnosticError) return fail(console, error.diagnostics, json);
    const refused = systemRefusal(error);
    if (refused !== undefined) return fail(console, [refused], json);
    throw error;
  } finally {
    interrupts.release();
  }
}

function hasNoColour(words: readonly string[]): boolean {
  return words.some((word) => /^--?no-color(=true|=1)?$/.test(word));
}

async function directoryProblem(directory: string): Promise<Diagnostic | undefined> {
  try {
    if ((await stat(directory)).isDirectory()) return undefined;
    return errorDiagnostic("Not a directory", `${directory} is a file.`);
  } catch {
    // Whatever the system's reason is, nothing can be done there.
    return errorDiagnostic("No such directory", `There is no directory ${directory} that can be entered.`);
  }
}

function fail(console: Console, diagnostics: readonly Diagnostic[], json: boolean): ExitCode {
  reportDiagnostics(console, diagnostics, json);
  return EXIT.error;
}
