import { spawn } from "node:child_process";
import { isSystemError } from "../../kernel/index.ts";
import type { Milliseconds } from "../../kernel/index.ts";
import type { ProbeResult } from "../../fleets/index.ts";
import type { InstanceFile } from "./record.ts";

/** So much of a failed command's output is shown. */
const OUTPUT_CHARACTERS = 500;

/** Runs a command where the instance runs: its directory, its environment. Healthy where it exits with 0. */
export function executeCommand(
  command: readonly string[],
  instance: InstanceFile,
  timeout: Milliseconds,
): Promise<ProbeResult> {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd: instance.workdir,
      env: { ...instance.environment },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let timedOut = false;
    const take = (chunk: string) => {
      output = (output + chunk).slice(-OUTPUT_CHARACTERS);
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) killGroup(child.pid);
    }, timeout);
    child.once("error", (error) => {
      clearTimeout(timer);
      resolve({ healthy: false, reason: `${program} could not be executed: ${error.message}` });
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (timedOut) resolve({ healthy: false, reason: `${program} took longer than ${timeout} ms` });
      else if (code === 0) resolve({ healthy: true });
      else resolve({ healthy: false, reason: `${program} ended with ${code ?? signal}: ${output.trim()}` });
    });
  });
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!isSystemError(error, "ESRCH")) throw error;
  }
}
