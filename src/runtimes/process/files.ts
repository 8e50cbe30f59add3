import type { Stats } from "node:fs";
import { lstat, readFile, readdir, readlink } from "node:fs/promises";
import { isSystemError, sha256 } from "../../kernel/index.ts";
import type { ImageDigest, InstanceId } from "../../kernel/index.ts";
import type { InstanceDrift } from "../../fleets/index.ts";

/** What an image has at a path. */
export type ImageFile =
  | { readonly type: "file"; readonly digest: string; readonly executable: boolean }
  | { readonly type: "directory" }
  | { readonly type: "link"; readonly target: string };

/** What the runtime needs of the image store. */
export interface ImageTrees {
  /** Makes the instance's own copy of the image's files. Rejects with a `DiagnosticError`. */
  checkout(image: ImageDigest, directory: string): Promise<void>;
  /** By path below the root, without a leading slash. */
  files(image: ImageDigest): Promise<ReadonlyMap<string, ImageFile>>;
}

/** Content digests of files whose status has not changed since they were read. */
export type SeenFiles = Map<string, { readonly status: string; readonly digest: string }>;

/** Changes with every write, rename, or change of mode; the change time cannot be set back. */
function statusText(status: Stats): string {
  return `${status.ino} ${status.size} ${status.ctimeMs} ${status.mode}`;
}

/** What an instance has at a path; an image has no devices, sockets or pipes. */
type FoundFile = ImageFile | { readonly type: "special" };

function describe(file: FoundFile): string {
  if (file.type === "special") return "special file";
  if (file.type === "file") return `${file.digest}${file.executable ? ", executable" : ""}`;
  return file.type === "link" ? `link to ${file.target}` : "directory";
}

/** What went away while we looked is undefined; it counts as removed. */
async function unlessGone<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
}

function systemPath(root: string, bytes: string): Buffer {
  return Buffer.concat([Buffer.from(`${root}/`), Buffer.from(bytes, "latin1")]);
}

async function fileAt(file: Buffer, name: string, seen: SeenFiles): Promise<FoundFile> {
  const status = await lstat(file);
  if (status.isDirectory()) return { type: "directory" };
  if (status.isSymbolicLink()) return { type: "link", target: await readlink(file) };
  if (!status.isFile()) return { type: "special" };
  const text = statusText(status);
  const known = seen.get(name);
  const digest = known?.status === text ? known.digest : sha256(await readFile(file));
  // Only what did not change while it was read is remembered.
  if (statusText(await lstat(file)) === text) seen.set(name, { status: text, digest });
  return { type: "file", digest, executable: (status.mode & 0o111) !== 0 };
}

/**
 * Compares a tree with the image that it was made from. O(files of the instance) looks; content is read again only
 * where the file's status changed.
 */
export async function compareFiles(
  instance: InstanceId,
  root: string,
  expected: ReadonlyMap<string, ImageFile>,
  seen: SeenFiles,
): Promise<readonly InstanceDrift[]> {
  const drift: InstanceDrift[] = [];
  const met = new Set<string>();
  // Names are bytes, one character a byte here; what is shown and looked up is their text.
  const visit = async (directory: string): Promise<void> => {
    const names = await unlessGone(readdir(systemPath(root, directory), { encoding: "latin1" }));
    for (const entry of names?.toSorted() ?? []) {
      const bytes = directory === "" ? entry : `${directory}/${entry}`;
      const name = Buffer.from(bytes, "latin1").toString("utf8");
      const wanted = expected.get(name);
      const found = await unlessGone(fileAt(systemPath(root, bytes), name, seen));
      if (found === undefined) continue;
      met.add(name);
      if (wanted === undefined) {
        drift.push({
          instance,
          kind: "file_added",
          subject: `/${name}`,
          expected: "nothing",
          found: describe(found),
        });
      } else if (describe(wanted) !== describe(found)) {
        drift.push({
          instance,
          kind: "file_changed",
          subject: `/${name}`,
          expected: describe(wanted),
          found: describe(found),
        });
      }
      if (found.type === "directory") await visit(bytes);
    }
  };
  await visit("");
  for (const [name, wanted] of expected) {
    if (!met.has(name)) {
      drift.push({
        instance,
        kind: "file_removed",
        subject: `/${name}`,
        expected: describe(wanted),
        found: "nothing",
      });
    }
  }
  return drift;
}
