import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Clock, Milliseconds } from "../../kernel/index.ts";

const LAST_LINES = 20;
const LONGEST_LINE = 2000;
/** From asking a cancelled command to end to ending it. */
const GRACE: Milliseconds = 2000;

export interface ShellOptions {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly output: (line: string) => void;
  readonly signal: AbortSignal | undefined;
  readonly clock: Clock;
}

/** How a command ended. */
export interface CommandEnd {
  readonly code?: number;
  readonly signal?: string;
  readonly lastLines: readonly string[];
}

/**
 * Runs `sh -c COMMAND` as a process group of its own, with umask 022 and without input. Nothing of the group is
 * left when it resolves, also after a cancellation.
 */
export async function runShell(command: string, options: ShellOptions): Promise<CommandEnd> {
  const { directory, environment, output, signal, clock } = options;
  signal?.throwIfAborted();
  const child = spawn("/bin/sh", ["-c", 'umask 022; exec /bin/sh -c "$1"', "sh", command], {
    cwd: directory,
    env: environment,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lastLines: string[] = [];
  const take = (line: string): void => {
    const shown = line.slice(0, LONGEST_LINE);
    lastLines.push(shown);
    if (lastLines.length > LAST_LINES) lastLines.shift();
    output(shown);
  };
  const ended = Promise.withResolvers<Omit<CommandEnd, "lastLines">>();
  child.once("error", ended.reject);
  child.once("exit", (code, by) =>
    ended.resolve({ ...(code === null ? {} : { code }), ...(by === null ? {} : { signal: by }) }),
  );
  const reading = [readLines(child.stdout, take), readLines(child.stderr, take)];
  const killGroup = (name: NodeJS.Signals): void => {
    if (child.pid !== undefined) signalGroup(child.pid, name);
  };
  const cancel = (): void => {
    killGroup("SIGTERM");
    const late = clock.sleep(GRACE).then(() => killGroup("SIGKILL"));
    late.catch(() => killGroup("SIGKILL"));
  };
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    const end = await ended.promise;
    // What it left running would go on writing to a tree that is being read, and hold the pipes open.
    killGroup("SIGKILL");
    await Promise.all(reading);
    return { ...end, lastLines };
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
}

async function readLines(stream: Readable, take: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Infinity })) take(line);
}

function signalGroup(group: number, name: NodeJS.Signals): void {
  try {
    process.kill(-group, name);
  } catch (error) {
    // No process is left in the group, which is what was wanted.
    if (!(error instanceof Error && "code" in error && error.code === "ESRCH")) throw error;
  }
}
