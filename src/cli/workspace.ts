import { readFileSync } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import path from "node:path";
import type { ConfigurationFiles, VariableInput } from "../config/index.ts";
import { localBackend } from "../engine/index.ts";
import { isSystemError, systemClock, systemRandom, writeFileAtomically } from "../kernel/index.ts";
import type { GenerationNumber } from "../kernel/index.ts";
import { systemFiles } from "../lang/index.ts";
import type { Workspace } from "../operations/index.ts";
import { kilnProvider, localProvider, terraformProvider } from "../providers/index.ts";
import { ExecutableCache, resolveExecutable } from "../runtimes/index.ts";
import { openEngineStore } from "../store/index.ts";
import { builtinProviders } from "./built-in-providers.ts";
import type { CommandContext } from "./command.ts";
import { daemonAccess } from "./daemon-access.ts";
import { gitPosition } from "./git.ts";

/** The directory of Kiln's own files beside a configuration. */
const OWN_DIRECTORY = ".kiln";
const OWNER_ONLY = 0o600;

/** Puts the working directory of a command together. */
export function openWorkspace(context: CommandContext): Workspace {
  const { directory, environment, commandLine } = context;
  const own = path.join(directory, OWN_DIRECTORY);
  const daemon = daemonAccess(context);
  const store = openEngineStore(own, { clock: systemClock, random: systemRandom });
  const searchPath = environment["PATH"] ?? "";
  const executables = new ExecutableCache(systemClock, path.join(daemon.home.root, "executables.json"));
  const providers = builtinProviders([
    terraformProvider(systemRandom),
    localProvider(directory),
    kilnProvider({
      images: daemon.home.images,
      directory,
      clock: systemClock,
      environment,
      daemon: () => daemon.client(),
      // What has a slash is a path in the image, where the runtime finds it.
      executable: async (command) =>
        command.includes("/") ? {} : await resolveExecutable(command, searchPath, executables),
      asked: daemon.asked,
      takeBack: context.interrupts.abort,
    }),
  ]);
  return {
    directory,
    files: filesIn(directory),
    inputs: () => variableInputs(directory, environment),
    backend: localBackend({ statePath: path.join(directory, "terraform.tfstate"), lockDirectory: own }),
    store,
    snapshots: snapshotsIn(path.join(own, "generations")),
    providers,
    surroundings: {
      clock: systemClock,
      random: systemRandom,
      files: systemFiles(directory),
      homeDirectory: homedir(),
      rootDirectory: directory,
      workspace: "default",
    },
    user: daemon.asked.who,
    host: hostname(),
    command: commandLine,
    process: { pid: process.pid, startTime: ownStartTime() },
    git: () => gitPosition(directory),
    daemonStore: async () => (await (await daemon.client()).version()).store,
    close: () => store.close(),
  };
}

/** Reads a module's files as the configuration room asks for them. */
export function filesIn(root: string): ConfigurationFiles {
  return {
    list: async (directory) => {
      try {
        const entries = await readdir(path.join(root, directory), { withFileTypes: true });
        return entries.filter((entry) => !entry.isDirectory()).map((entry) => entry.name);
      } catch (error) {
        if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR")) return undefined;
        throw error;
      }
    },
    read: (file) => readFile(path.join(root, file)),
  };
}

/** In Terraform's order of precedence: environment, terraform.tfvars, its JSON form, then *.auto.tfvars by name. */
async function variableInputs(
  directory: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<readonly VariableInput[]> {
  const inputs: VariableInput[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (name.startsWith("TF_VAR_") && text !== undefined) {
      inputs.push({ kind: "environment", name: name.slice("TF_VAR_".length), text });
    }
  }
  const names = (await readdir(directory)).toSorted();
  const automatic = names.filter((name) => /\.auto\.tfvars(\.json)?$/.test(name));
  for (const name of ["terraform.tfvars", "terraform.tfvars.json", ...automatic]) {
    if (!names.includes(name)) continue;
    inputs.push({ kind: "file", filename: name, content: await readFile(path.join(directory, name)) });
  }
  return inputs;
}

function snapshotsIn(directory: string): Workspace["snapshots"] {
  const fileOf = (generation: GenerationNumber) => path.join(directory, `${generation}.json`);
  return {
    read: async (generation) => {
      try {
        return await readFile(fileOf(generation), "utf8");
      } catch (error) {
        if (isSystemError(error, "ENOENT")) return undefined;
        throw error;
      }
    },
    write: async (generation, text) => {
      await mkdir(directory, { recursive: true });
      await writeFileAtomically(fileOf(generation), text, OWNER_ONLY);
    },
  };
}

/** Clock ticks since boot at which this process started (proc(5), field 22); 0 where the system has no /proc. */
function ownStartTime(): number {
  try {
    const status = readFileSync("/proc/self/stat", "utf8");
    // The second field is the name in parentheses, which may hold anything.
    return Number(status.slice(status.lastIndexOf(")") + 2).split(" ")[19]);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return 0;
    throw error;
  }
}

/** Runs a command in its working directory, and releases everything at the end. */
export async function withWorkspace<Result>(
  context: CommandContext,
  use: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const workspace = openWorkspace(context);
  try {
    return await use(workspace);
  } finally {
    await workspace.close();
  }
}
