import { access, constants, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { Executable } from "../fleets/index.ts";
import type { ExecutableCache } from "./executable-cache.ts";
import { withoutNpmEntries } from "./process/environment.ts";

export type ExecutableResult =
  | { readonly kind: "found"; readonly executable: Executable }
  | { readonly kind: "missing"; readonly diagnostic: Diagnostic };

/**
 * Finds a program of this machine as a shell would, along the search path without npm's own entries, and says which
 * one it is.
 */
export async function resolveExecutable(
  command: string,
  searchPath: string,
  cache: ExecutableCache,
): Promise<ExecutableResult> {
  const candidates = command.includes("/")
    ? [path.resolve(command)]
    : withoutNpmEntries(searchPath)
        .split(path.delimiter)
        .filter((entry) => entry !== "")
        .map((entry) => path.join(entry, command));
  for (const candidate of candidates) {
    if (!(await isProgram(candidate))) continue;
    const file = await realpath(candidate);
    return { kind: "found", executable: { path: file, digest: await cache.digest(file) } };
  }
  const place = command.includes("/") ? "" : " along PATH";
  const detail = `The process runtime runs the machine's own programs, and there is no executable ${command}${place}.`;
  const remedy = `Install ${command}, or correct the entrypoint or command.`;
  return { kind: "missing", diagnostic: errorDiagnostic("Program not found", detail, { remedy }) };
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    // Not there, or not for us: the next entry of the path is looked at.
    return false;
  }
}
