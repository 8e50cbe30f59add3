import { chmod, lstat, readdir } from "node:fs/promises";

const WRITE_BITS = 0o222;

/** Takes the permission to write from all of it. Root writes all the same; then the comparison finds it. */
export async function makeReadOnly(top: string): Promise<void> {
  await protect(Buffer.from(top));
}

/** Names need not be UTF-8, so paths are bytes. */
async function protect(file: Buffer): Promise<void> {
  const status = await lstat(file);
  if (status.isSymbolicLink()) return;
  if (status.isDirectory()) {
    // Children first, as their directory may lose the permission to be changed below.
    for (const name of await readdir(file, { encoding: "buffer" })) {
      await protect(Buffer.concat([file, Buffer.from("/"), name]));
    }
  }
  const mode = status.mode & 0o7777;
  if ((mode & WRITE_BITS) !== 0) await chmod(file, mode & ~WRITE_BITS);
}
