import type { CommandEntry } from "./command.ts";
import { COMMANDS } from "./commands/registry.ts";
import { nearest } from "./flags/suggest.ts";

export type FoundCommand =
  | { readonly kind: "found"; readonly entry: CommandEntry; readonly rest: readonly string[] }
  /** The words begin a group such as `state`, and name none of its commands. */
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "unknown" };

/** Finds the command that words begin with; `state list` before `state`. */
export function findCommand(words: readonly string[]): FoundCommand {
  for (const length of [2, 1]) {
    const name = words.slice(0, length).join(" ");
    const entry = COMMANDS.find((candidate) => candidate.name === name);
    if (entry !== undefined && words.length >= length)
      return { kind: "found", entry, rest: words.slice(length) };
  }
  const first = words[0] ?? "";
  if (COMMANDS.some((candidate) => candidate.name.startsWith(`${first} `))) {
    return { kind: "group", name: first };
  }
  return { kind: "unknown" };
}

/** What is said to a command that does not exist. */
export function unknownCommand(name: string): string {
  const meant = nearest(
    name,
    COMMANDS.map((entry) => entry.name),
  );
  const suggestion = meant === undefined ? "" : ` Did you mean "${meant}"?`;
  return `Kiln has no command named "${name}".${suggestion}\n\nTo see all of Kiln's top-level commands, run:\n  kiln -help\n\n`;
}

/** What is said to a group without a command. */
export function groupHelp(name: string): string {
  const members = COMMANDS.filter((entry) => entry.name.startsWith(`${name} `));
  const lines = members.map((entry) => `  ${entry.name.slice(name.length + 1).padEnd(10)} ${entry.summary}`);
  return [`Usage: kiln ${name} <subcommand> [options] [args]`, "", "Subcommands:", ...lines, ""].join("\n");
}
