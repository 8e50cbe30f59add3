import { access, chmod, constants, lstat, mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { DiagnosticError, errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { Diagnostic, KilnHome } from "../kernel/index.ts";

const OWNER_ONLY = 0o700;

/**
 * Makes the directories of a home that the daemon and its log need, for their owner alone. Rejects with a
 * diagnostic that names the path where that cannot be.
 */
export async function prepareHome(home: KilnHome): Promise<void> {
  await attempt(home.root, async () => {
    const made = await mkdir(home.root, { recursive: true, mode: OWNER_ONLY });
    // A directory that holds something else as well keeps the mode that its owner gave it.
    if (made !== undefined || (await readdir(home.root)).length === 0) await chmod(home.root, OWNER_ONLY);
    await access(home.root, constants.R_OK | constants.W_OK | constants.X_OK);
  });
  await attempt(home.logs, () => mkdir(home.logs, { recursive: true, mode: OWNER_ONLY }));
  const sockets = path.dirname(home.socket);
  if (sockets !== home.root) await prepareSocketDirectory(sockets);
}

/** A directory under a shared one, such as /tmp: whoever made it first could listen in our place. */
async function prepareSocketDirectory(directory: string): Promise<void> {
  await attempt(directory, () => mkdir(directory, { recursive: true, mode: OWNER_ONLY }));
  const found = await lstat(directory);
  const own = process.getuid === undefined || found.uid === process.getuid();
  if (!found.isDirectory() || !own || (found.mode & 0o077) !== 0) {
    throw new DiagnosticError([
      errorDiagnostic(
        "The directory of the daemon's socket is not safe",
        `${directory} is no directory, belongs to another user or is open to others.`,
        { remedy: "Set KILN_HOME to a shorter path, so that the socket can lie in it." },
      ),
    ]);
  }
}

async function attempt(directory: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new DiagnosticError([unusable(directory, error)]);
  }
}

/** Says why Kiln's data directory, or a file in it, cannot be used. */
export function unusable(file: string, error: NodeJS.ErrnoException): Diagnostic {
  const reasons: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "a part of the path is not a directory",
    EEXIST: "a file is in its place",
  };
  const code = error.code ?? "";
  const full = code === "ENOSPC" || code === "EDQUOT";
  return errorDiagnostic(
    full ? "The disk of Kiln's data directory is full" : "Kiln's data directory cannot be used",
    `${file}: ${reasons[code] ?? error.message}.`,
    {
      remedy: full
        ? "Free some space there, or set KILN_HOME to a directory on another disk."
        : "Make it writable for you, or set KILN_HOME to a directory that is.",
    },
  );
}
