import { stat } from "node:fs/promises";
import path from "node:path";
import { DiagnosticError, errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { CommandContext } from "./command.ts";

/** The context of a command in another directory: `up DIR` means `-chdir=DIR`. */
export async function enterDirectory(
  context: CommandContext,
  directory: string | undefined,
): Promise<CommandContext> {
  if (directory === undefined) return context;
  const target = path.resolve(context.directory, directory);
  if (!(await isDirectory(target))) {
    throw new DiagnosticError([
      errorDiagnostic("No such directory", `There is no directory ${target}.`, {
        remedy: "Name the directory that has the configuration, such as examples/web.",
      }),
    ]);
  }
  process.chdir(target);
  return { ...context, directory: target };
}

async function isDirectory(target: string): Promise<boolean> {
  try {
    return (await stat(target)).isDirectory();
  } catch (error) {
    if (isSystemError(error)) return false;
    throw error;
  }
}
