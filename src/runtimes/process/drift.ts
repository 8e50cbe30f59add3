import { stat } from "node:fs/promises";
import { isSystemError } from "../../kernel/index.ts";
import type { InstanceId } from "../../kernel/index.ts";
import type { InstanceDrift, ReleaseContent } from "../../fleets/index.ts";
import { digestFile } from "../executable-cache.ts";
import { compareFiles } from "./files.ts";
import type { ImageFile, SeenFiles } from "./files.ts";

/** An instance and what it ought to be. */
export interface Inspection {
  readonly id: InstanceId;
  readonly root: string;
  readonly content: ReleaseContent;
  readonly expected: ReadonlyMap<string, ImageFile>;
  readonly seen: SeenFiles;
  readonly programs: SeenFiles;
}

/**
 * Everything in which the instance differs from its release: its files, and the program it runs. The environment of
 * a process cannot be changed from outside; /proc only shows memory that programs use for their title.
 */
export async function inspect(inspection: Inspection): Promise<readonly InstanceDrift[]> {
  const { id, root, expected, seen } = inspection;
  return [...(await compareFiles(id, root, expected, seen)), ...(await compareExecutable(inspection))];
}

async function compareExecutable({ id, content, programs }: Inspection): Promise<readonly InstanceDrift[]> {
  if (content.executable === undefined) return [];
  const { path, digest: expected } = content.executable;
  const found = await programDigest(path, programs);
  return found === expected ? [] : [{ instance: id, kind: "executable", subject: path, expected, found }];
}

async function programDigest(file: string, programs: SeenFiles): Promise<string> {
  try {
    const { ino, size, ctimeMs } = await stat(file);
    const status = `${ino} ${size} ${ctimeMs}`;
    const known = programs.get(file);
    if (known?.status === status) return known.digest;
    const digest = await digestFile(file);
    programs.set(file, { status, digest });
    return digest;
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return "nothing";
    throw error;
  }
}
