import { mkdir, readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { isSystemError, parseId, writeFileAtomically } from "../../kernel/index.ts";
import type { InstanceId } from "../../kernel/index.ts";
import type { ProcessIdentity } from "../../fleets/index.ts";

/** Where the things of one instance lie. */
export interface InstanceDirectory {
  readonly top: string;
  readonly record: string;
  /** The instance's own copy of the image's files. */
  readonly root: string;
  readonly temporary: string;
  readonly log: string;
}

/** What is written down of an instance, before it is started and again when it runs. */
export interface InstanceFile {
  readonly id: InstanceId;
  readonly epoch: number;
  readonly host: string;
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  /** On the machine. */
  readonly workdir: string;
  /** Absent: it is about to be started, and what runs is found by its environment. */
  readonly process?: ProcessIdentity;
}

export function directoryOf(instances: string, id: InstanceId): InstanceDirectory {
  const top = path.join(instances, id);
  return {
    top,
    record: path.join(top, "record.json"),
    root: path.join(top, "root"),
    temporary: path.join(top, "tmp"),
    log: path.join(top, "output.log"),
  };
}

/** Durable when it resolves. */
export async function writeRecord(directory: InstanceDirectory, record: InstanceFile): Promise<void> {
  await writeFileAtomically(directory.record, `${JSON.stringify(record, null, 2)}\n`, 0o600);
}

/** Undefined where there is none. */
export async function readRecord(directory: InstanceDirectory): Promise<InstanceFile | undefined> {
  try {
    return JSON.parse(await readFile(directory.record, "utf8")) as InstanceFile;
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR")) return undefined;
    throw error;
  }
}

/** Every instance that has a directory. */
export async function listDirectories(instances: string): Promise<readonly InstanceId[]> {
  await mkdir(instances, { recursive: true, mode: 0o700 });
  return (await readdir(instances, { withFileTypes: true }))
    .filter((entry) => entry.isDirectory())
    .map((entry) => parseId<"instance">(entry.name))
    .toSorted();
}
