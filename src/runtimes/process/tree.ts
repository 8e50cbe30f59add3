import { chmod, lstat, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { isSystemError } from "../../kernel/index.ts";

const WRITE_BITS = 0o222;
const OWNER_WRITE = 0o200;

/** Applies `change` to the mode of every directory and file below, links left alone. */
async function changeModes(top: string, change: (mode: number) => number): Promise<void> {
  const status = await lstat(top);
  if (status.isSymbolicLink()) return;
  if (status.isDirectory()) {
    // Children first, as their directory may lose the permission to be changed below.
    for (const name of await readdir(top)) await changeModes(path.join(top, name), change);
  }
  const mode = status.mode & 0o7777;
  if (change(mode) !== mode) await chmod(top, change(mode));
}

/** Takes the permission to write from all of it. Root writes all the same; then the comparison finds it. */
export async function makeReadOnly(top: string): Promise<void> {
  await changeModes(top, (mode) => mode & ~WRITE_BITS);
}

/** Removes a tree, read-only directories included. Nothing there: nothing happens. */
export async function removeTree(top: string): Promise<void> {
  try {
    await makeWritable(top);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return;
    throw error;
  }
  await rm(top, { recursive: true, force: true });
}

/** From the top down, since a directory must be open before what is in it can be reached. */
async function makeWritable(top: string): Promise<void> {
  const status = await lstat(top);
  if (!status.isDirectory()) return;
  const mode = status.mode & 0o7777;
  if ((mode & 0o700) !== 0o700) await chmod(top, mode | OWNER_WRITE | 0o500);
  for (const entry of await readdir(top, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(path.join(top, entry.name));
  }
}
