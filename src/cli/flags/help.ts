import type { CommandSpecification, FlagSpecification } from "./specification.ts";
import { wrap } from "./wrap.ts";

/** Column at which the explanation of a flag begins. */
const HELP_COLUMN = 26;

/** The text of `kiln COMMAND -help`. */
export function commandHelp(specification: CommandSpecification, width: number): string {
  const lines = [usageLine(specification), ""];
  for (const paragraph of specification.description) {
    lines.push(...wrap(paragraph, width - 2).map((line) => `  ${line}`), "");
  }
  const flags = Object.entries(specification.flags).filter(([, flag]) => flag.hidden !== true);
  if (flags.length > 0) {
    lines.push("Options:", "");
    for (const [name, flag] of flags.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(...flagHelp(name, flag, width), "");
    }
  }
  if (specification.examples !== undefined) {
    lines.push("Examples:", "", ...specification.examples.map((example) => `  kiln ${example}`), "");
  }
  return lines.join("\n");
}

function usageLine(specification: CommandSpecification): string {
  const words = specification.arguments.map((argument) => {
    const name = argument.rest === true ? `${argument.name}...` : argument.name;
    return argument.optional === true ? `[${name}]` : name;
  });
  const options = Object.keys(specification.flags).length > 0 ? ["[options]"] : [];
  return ["Usage: kiln", specification.name, ...options, ...words].join(" ");
}

function flagHelp(name: string, flag: FlagSpecification, width: number): string[] {
  const head =
    flag.kind === "boolean"
      ? `-${name}${flag.initial === "true" ? "=false" : ""}`
      : `-${name}=${flag.placeholder ?? "VALUE"}`;
  const text = wrap(flag.help, width - HELP_COLUMN);
  const margin = " ".repeat(HELP_COLUMN);
  if (head.length + 4 > HELP_COLUMN) return [`  ${head}`, ...text.map((line) => margin + line)];
  return text.map((line, index) => (index === 0 ? `  ${head}`.padEnd(HELP_COLUMN) : margin) + line);
}
