import { cp, mkdtemp, readFile, readdir, realpath, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";

const root = path.join(import.meta.dirname, "..");

/** How a command of Kiln's ended, and what it printed. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
}

/** A copy of `examples/web` with a home of its own, driven through the real command line. */
export interface Project {
  readonly home: string;
  readonly directory: string;
  readonly url: string;
  kiln(...args: string[]): Promise<CommandResult>;
  /** Writes the application anew: its version, and replacements of its text. */
  writeApplication(version: number, replacements?: Readonly<Record<string, string>>): Promise<void>;
  /** Process ids of everything that belongs to this home. */
  processes(): Promise<readonly { readonly pid: number; readonly command: string }[]>;
  remove(): Promise<void>;
}

/** Makes the project; nothing of it runs yet. */
export async function createProject(): Promise<Project> {
  const base = await realpath(await mkdtemp(path.join(os.tmpdir(), "kiln-demo-")));
  const home = path.join(base, "home");
  const directory = path.join(base, "web");
  await cp(path.join(root, "examples", "web"), directory, {
    recursive: true,
    filter: (source) => !/\.kiln$|tfstate/.test(path.basename(source)),
  });
  const application = path.join(directory, "app", "server.js");
  const original = await readFile(application, "utf8");
  const port = await freePort();
  const { npm_execpath: _npm, ...inherited } = process.env;
  const environment = { ...inherited, KILN_HOME: home, TF_VAR_port: String(port), NO_COLOR: "1" };

  return {
    home,
    directory,
    url: `http://127.0.0.1:${port}/`,
    kiln: (...args) => run(path.join(root, "bin", "kiln"), args, directory, environment),
    writeApplication: async (version, replacements = {}) => {
      let text = original;
      for (const [from, to] of Object.entries({
        'const VERSION = "1"': `const VERSION = "${version}"`,
        ...replacements,
      })) {
        if (!text.includes(from)) throw new Error(`the example's application has no ${JSON.stringify(from)}`);
        text = text.replace(from, to);
      }
      await writeFile(application, text);
    },
    processes: () => processesOf(home),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

function run(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const take = (chunk: string) => {
      output += chunk;
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, output }));
  });
}

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port"));
        else resolve(address.port);
      });
    });
  });
}

/** What runs with this KILN_HOME in its environment, except the commands that the demo itself waits for. */
async function processesOf(home: string): Promise<{ pid: number; command: string }[]> {
  const found: { pid: number; command: string }[] = [];
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const environment = await readFile(`/proc/${name}/environ`, "utf8");
      if (!environment.split("\0").includes(`KILN_HOME=${home}`)) continue;
      const command = (await readFile(`/proc/${name}/cmdline`, "utf8")).replaceAll("\0", " ").trim();
      if (command !== "") found.push({ pid: Number(name), command });
    } catch {
      // It ended while we looked, or it is another user's.
    }
  }
  return found;
}
