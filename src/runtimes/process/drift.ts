import { stat } from "node:fs/promises";
import { isSystemError } from "../../kernel/index.ts";
import type { InstanceId } from "../../kernel/index.ts";
import type { InstanceDrift, ReleaseContent } from "../../fleets/index.ts";
import { digestFile } from "../executable-cache.ts";
import { compareFiles } from "./files.ts";
import type { ImageFile, SeenFiles } from "./files.ts";
import { readEnvironment } from "./identity.ts";
import type { InstanceFile } from "./record.ts";

/** An instance and what it ought to be. */
export interface Inspection {
  readonly id: InstanceId;
  readonly record: InstanceFile;
  readonly root: string;
  readonly content: ReleaseContent;
  readonly expected: ReadonlyMap<string, ImageFile>;
  readonly seen: SeenFiles;
  readonly programs: SeenFiles;
}

/** Everything in which the instance differs from its release: files, environment, the program it runs. */
export async function inspect(inspection: Inspection): Promise<readonly InstanceDrift[]> {
  const { id, root, expected, seen } = inspection;
  return [
    ...(await compareFiles(id, root, expected, seen)),
    ...(await compareEnvironment(inspection)),
    ...(await compareExecutable(inspection)),
  ];
}

async function compareEnvironment({ id, record }: Inspection): Promise<readonly InstanceDrift[]> {
  const found = record.process === undefined ? undefined : await readEnvironment(record.process.pid);
  if (found === undefined || found.size === 0) return [];
  const names = new Set([...found.keys(), ...Object.keys(record.environment)]);
  return [...names]
    .filter((name) => found.get(name) !== record.environment[name])
    .toSorted()
    .map((name) => ({
      instance: id,
      kind: "environment" as const,
      subject: name,
      // Values may be secret; that they differ is enough.
      expected: name in record.environment ? "as recorded" : "nothing",
      found: found.has(name) ? "another value" : "nothing",
    }));
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
