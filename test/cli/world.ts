import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { homeProcesses } from "../../src/cli/home-processes.ts";

const ROOT = path.join(import.meta.dirname, "..", "..");

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A KILN_HOME and a working directory of their own, and the real command line. */
export interface World {
  readonly home: string;
  readonly directory: string;
  kiln(...words: string[]): Promise<Ran>;
  /** The command while it runs. */
  start(...words: string[]): {
    readonly pid: number;
    signal(name: NodeJS.Signals): void;
    readonly ended: Promise<Ran>;
  };
  write(file: string, text: string): void;
  /** Processes of the home that run now. */
  processes(): Promise<readonly number[]>;
  /** Ends what is left by process id, and removes the directories. */
  destroy(): Promise<void>;
}

/** Makes a world; with an example's name, its files are the working directory's. */
export function makeWorld(example?: string): World {
  const home = mkdtempSync(path.join(tmpdir(), "kiln-home-"));
  const directory = mkdtempSync(path.join(tmpdir(), "kiln-work-"));
  if (example !== undefined) cpSync(path.join(ROOT, "examples", example), directory, { recursive: true });
  const start = (...words: string[]) => {
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", path.join(ROOT, "src", "cli", "main.ts"), ...words],
      { cwd: directory, env: { ...environment(), KILN_HOME: home }, stdio: ["ignore", "pipe", "pipe"] },
    );
    let out = "";
    let err = "";
    child.stdout.on("data", (chunk) => (out += String(chunk)));
    child.stderr.on("data", (chunk) => (err += String(chunk)));
    const ended = new Promise<Ran>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", (code) => resolve({ code, out, err }));
    });
    return { pid: child.pid ?? 0, signal: (name: NodeJS.Signals) => void child.kill(name), ended };
  };
  return {
    home,
    directory,
    start,
    kiln: (...words) => start(...words).ended,
    write: (file, text) => writeFileSync(path.join(directory, file), text),
    processes: () => homeProcesses(home),
    destroy: async () => {
      for (const pid of await homeProcesses(home)) {
        try {
          process.kill(pid, "SIGKILL");
        } catch {
          // It ended by itself in between.
        }
      }
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What a process needs to start, and nothing of the caller's settings. */
function environment(): Record<string, string> {
  return { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", LANG: "C.UTF-8", TZ: "UTC" };
}

/** A port of this machine that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

/** Turns the web example's server into a version of it. */
export function appVersion(text: string, version: string): string {
  return text.replace(/const VERSION = "[^"]*"/, `const VERSION = "${version}"`);
}

/** What diagnostics say, without the box and the line breaks that it makes. */
export function said(text: string): string {
  return text.replace(/\n│ */g, " ");
}
