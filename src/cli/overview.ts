import type { CommandEntry } from "./command.ts";
import { COMMANDS } from "./commands/registry.ts";
import type { Style } from "./views/style.ts";

const GROUPS: readonly (readonly [CommandEntry["group"], string])[] = [
  ["main", "Main commands:"],
  ["fleets", "Fleets:"],
  ["other", "All other commands:"],
];

/** The text of `kiln -help`. */
export function overview(style: Style): string {
  const lines = [
    "Usage: kiln [global options] <command> [args]",
    "",
    "Kiln fires images, boots fresh instances beside the running ones, proves them,",
    "moves the traffic, and only then retires the old.",
    "",
  ];
  for (const [group, title] of GROUPS) {
    lines.push(style.bold(title));
    for (const entry of COMMANDS) {
      if (entry.group === group) lines.push(`  ${entry.name.padEnd(12)}  ${entry.summary}`);
    }
    lines.push("");
  }
  lines.push(
    "Global options (use these before the command, if any):",
    "  -chdir=DIR    Switch to a different working directory before executing the",
    "                given command.",
    "  -help         Show this help output, or the help for a specified command.",
    '  -version      An alias for the "version" command.',
    "",
  );
  return lines.join("\n");
}
