import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { closeSync, existsSync, openSync } from "node:fs";
import path from "node:path";
import { errorDiagnostic } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { ReleaseContent } from "../../fleets/index.ts";
import type { InstanceDirectory } from "./record.ts";

/** What is in the image wins; else it is the machine's program that was found when the release was planned. */
function executableOf(content: ReleaseContent, root: string): string {
  const name = content.command[0] ?? "";
  const inImage = name.includes("/") ? path.join(root, path.resolve(content.workdir, name)) : undefined;
  return inImage !== undefined && existsSync(inImage) ? inImage : (content.executable?.path ?? name);
}

/**
 * Starts the program in a session of its own, its output straight into the log: it needs nobody to go on. The
 * answer comes in the same turn in which the process was made, so that it can still be identified.
 */
export function launch(
  content: ReleaseContent,
  directory: InstanceDirectory,
  workdir: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly child: ChildProcess; readonly pid: number } | Diagnostic> {
  const [name = "", ...args] = content.command;
  const log = openSync(directory.log, "a", 0o600);
  return new Promise((resolve) => {
    const child = spawn(executableOf(content, directory.root), args, {
      argv0: name,
      cwd: workdir,
      env: { ...environment },
      detached: true,
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    const { pid } = child;
    if (pid === undefined) {
      child.once("error", (error) => {
        resolve(
          errorDiagnostic("Instance cannot be started", `${name} could not be executed: ${error.message}.`, {
            remedy:
              "Check the image's entrypoint and command, and that the program is on this machine's PATH.",
          }),
        );
      });
    } else {
      child.unref();
      resolve({ child, pid });
    }
  });
}
