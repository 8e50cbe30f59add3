import { readFile } from "node:fs/promises";
import path from "node:path";
import type { VariableInput } from "../config/index.ts";
import { DiagnosticError, errorDiagnostic, isSystemError, parseDuration } from "../kernel/index.ts";
import type { PlanRequest } from "../operations/index.ts";
import type { CommandContext } from "./command.ts";
import type { ParsedArguments } from "./flags/parse.ts";

/** What the flags of planning commands say, apart from where events go. */
export async function planningFlags(
  parsed: ParsedArguments,
  context: CommandContext,
): Promise<Omit<PlanRequest, "events" | "mode">> {
  const timeout = parsed.text("lock-timeout") ?? "0s";
  const lockTimeout = parseDuration(timeout);
  if (lockTimeout === undefined) {
    throw new DiagnosticError([
      errorDiagnostic("Invalid -lock-timeout", `"${timeout}" is no duration such as 30s.`),
    ]);
  }
  return {
    refresh: parsed.boolean("refresh"),
    replace: [],
    inputs: await variableOptions(parsed, context.directory),
    parallelism: Math.max(1, parsed.count("parallelism") ?? 1),
    lock: parsed.boolean("lock"),
    lockTimeout,
    signal: context.interrupts.stop,
  };
}

/** Whether questions may be asked: not under `-input=false` or `TF_INPUT=0`. */
export function mayAsk(parsed: ParsedArguments, { environment }: CommandContext): boolean {
  const setting = environment["TF_INPUT"] ?? "";
  return parsed.boolean("input") && setting !== "0" && setting.toLowerCase() !== "false";
}

/** `-var` and `-var-file` in the order written: of several for one variable the last counts. */
async function variableOptions(parsed: ParsedArguments, directory: string): Promise<VariableInput[]> {
  const inputs: VariableInput[] = [];
  for (const { name, value } of parsed.occurrences) {
    if (name === "var") inputs.push({ kind: "option", text: value });
    if (name === "var-file") inputs.push(await variableFile(path.resolve(directory, value), value));
  }
  return inputs;
}

async function variableFile(file: string, filename: string): Promise<VariableInput> {
  try {
    return { kind: "file", filename, content: await readFile(file) };
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DiagnosticError([
      errorDiagnostic("Failed to read variables file", `Given variables file ${filename} does not exist.`),
    ]);
  }
}
