import { mkdir } from "node:fs/promises";
import path from "node:path";
import { errorDiagnostic, removeTree } from "../../kernel/index.ts";
import type { Clock, Diagnostic } from "../../kernel/index.ts";
import { makeDirectories } from "../copy/place.ts";
import { IMAGE_TIME } from "../entries.ts";
import type { Pacer } from "../pacer.ts";
import { displayPath, encodePath } from "../paths.ts";
import type { StoreDisk } from "../store/disk.ts";
import { unpackTree } from "../store/unpack.ts";
import { writeLayer } from "../tar/writer.ts";
import { resolveInTree } from "../tree.ts";
import type { PreparedRun, StepOutcome, Unfinished } from "./assemble.ts";
import { diffTree } from "./diff.ts";
import { machineEnvironment } from "./environment.ts";
import type { CommandEnd } from "./shell.ts";
import { runShell } from "./shell.ts";

export interface RunTools {
  readonly disk: StoreDisk;
  readonly clock: Clock;
  readonly pacer: Pacer;
  readonly signal: AbortSignal | undefined;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly output: (line: string) => void;
}

/**
 * Runs a command in a copy of the image so far, and makes a layer of what it changed there. What it does elsewhere
 * on the machine is neither seen nor undone: this is no sandbox.
 */
export async function runStep(
  run: PreparedRun,
  unfinished: Unfinished,
  tools: RunTools,
): Promise<StepOutcome> {
  const { disk, pacer } = tools;
  const { layers, tree } = unfinished;
  const place = disk.temporary("run");
  const root = path.join(place, "root");
  try {
    await mkdir(path.join(place, "tmp"), { recursive: true });
    await unpackTree(disk, layers, tree, root, pacer);
    const workdir = await enterWorkdir(run, unfinished, root);
    if (typeof workdir !== "string") return { kind: "failed", diagnostics: [workdir] };
    const end = await runShell(run.command, {
      directory: workdir,
      environment: {
        ...machineEnvironment(tools.environment),
        TMPDIR: path.join(place, "tmp"),
        SOURCE_DATE_EPOCH: String(IMAGE_TIME),
        ...run.env,
      },
      output: tools.output,
      signal: tools.signal,
      clock: tools.clock,
    });
    tools.signal?.throwIfAborted();
    if (end.code !== 0) return { kind: "failed", diagnostics: [commandFailed(run, end)] };
    const changes = await diffTree(tree, root, pacer);
    if (changes.diagnostics.length > 0) return { kind: "failed", diagnostics: changes.diagnostics };
    if (changes.entries.length === 0) return { kind: "nothing" };
    const blob = disk.createBlob();
    try {
      const layer = await writeLayer(changes.entries, changes.contents, blob, pacer);
      await blob.commit(layer.diffId);
      await disk.rememberEntries(layer.diffId, changes.entries);
      return { kind: "layer", layer, entries: changes.entries };
    } finally {
      await blob.discard();
    }
  } finally {
    await removeTree(place);
  }
}

/** Makes the working directory where it is missing. Links on the way are followed inside the image only. */
async function enterWorkdir(
  run: PreparedRun,
  { tree }: Unfinished,
  root: string,
): Promise<string | Diagnostic> {
  const made = makeDirectories(tree, run.workdir);
  const resolved = resolveInTree(tree, encodePath(run.workdir));
  if (made.kind === "invalid" || resolved === undefined) {
    return errorDiagnostic(
      "Working directory cannot be made",
      `${run.workdir} of "${run.command}" is no directory.`,
    );
  }
  const directory = path.join(root, displayPath(resolved));
  await mkdir(directory, { recursive: true, mode: 0o755 });
  return directory;
}

function commandFailed(run: PreparedRun, end: CommandEnd): Diagnostic {
  const how =
    end.signal === undefined ? `ended with status ${end.code ?? "unknown"}` : `was ended by ${end.signal}`;
  const output =
    end.lastLines.length > 0 ? ` Its last output:\n${end.lastLines.join("\n")}` : " It wrote nothing.";
  return errorDiagnostic("Command of the build failed", `"${run.command}" ${how}.${output}`, {
    remedy: "Correct the command, or what it needs on this machine; nothing of it is in the image.",
  });
}
