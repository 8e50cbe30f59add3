import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";

/** A directory of the running test's own, gone when it ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(path.join(tmpdir(), "kiln-store-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A module that starts with everything of the store's door and `home`, a directory, in scope. */
function script(directory: string, body: string): string {
  const door = path.join(import.meta.dirname, "..", "index.ts");
  const kernel = path.join(import.meta.dirname, "..", "..", "kernel", "index.ts");
  const fleets = path.join(import.meta.dirname, "..", "..", "fleets", "index.ts");
  return `
    import { applyChanges, emptyControlState, FencedError } from ${JSON.stringify(fleets)};
    import { acquireFileLock, openControlStore, openEngineStore } from ${JSON.stringify(door)};
    import { systemClock as clock, systemRandom as random } from ${JSON.stringify(kernel)};
    const home = ${JSON.stringify(directory)};
    const parts = {
      clock,
      random,
      loaded: (epoch, changes) => applyChanges(emptyControlState(epoch), changes),
      fenced: (epoch, claimed) => new FencedError(epoch, claimed),
    };
    ${body}`;
}

const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--input-type=module-typescript", "-e"];

/** Runs a script in a process of its own, which is killed with SIGKILL after so many lines. Gives the lines. */
export async function killedAfter(lines: number, directory: string, body: string): Promise<string[]> {
  const child = spawn(process.execPath, [...NODE_FLAGS, script(directory, body)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8");
  child.stdout.on("data", (text: string) => {
    output += text;
    if (output.split("\n").length > lines) child.kill("SIGKILL");
  });
  await once(child, "close");
  return output.split("\n").slice(0, -1);
}

/** Starts a script and waits for its first line; the process is killed when the test ends. */
export async function running(directory: string, body: string) {
  const child = spawn(process.execPath, [...NODE_FLAGS, script(directory, body)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => {
    child.kill("SIGKILL");
  });
  const [line] = await once(child.stdout, "data");
  return { child, line: String(line).trim() };
}

/** util-linux: runs a program in namespaces of its own. */
const UNSHARE = "unshare";
const IN_NAMESPACE = ["--user", "--map-root-user", "--mount"];

/** Whether this machine lets a test mount a small disk of its own. */
export function canMount(): boolean {
  return spawnSync(UNSHARE, [...IN_NAMESPACE, "true"]).status === 0;
}

/** Runs a script whose `home` is a disk of that many KiB, and gives what it printed. */
export function onSmallDisk(kibibytes: number, directory: string, body: string): string {
  const mount = `mount -t tmpfs -o size=${kibibytes}k tmpfs "$1" && shift && exec "$@"`;
  const result = spawnSync(
    UNSHARE,
    [
      ...IN_NAMESPACE,
      "sh",
      "-c",
      mount,
      "sh",
      directory,
      process.execPath,
      ...NODE_FLAGS,
      script(directory, body),
    ],
    { encoding: "utf8" },
  );
  if (result.status !== 0) throw new Error(`the script failed:\n${result.stderr}`);
  return result.stdout;
}
