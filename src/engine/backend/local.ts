import { constants } from "node:fs";
import { access, mkdir, readFile } from "node:fs/promises";
import path from "node:path";
import { type Diagnostic, errorDiagnostic, isSystemError, writeFileAtomically } from "../../kernel/index.ts";
import { parseState, printState } from "../state/state-file.ts";
import type { State } from "../state/state.ts";
import type { Backend } from "./backend.ts";
import { LocalLock } from "./local-lock.ts";

export interface LocalBackendOptions {
  /** The snapshot, `terraform.tfstate` of the working directory. */
  readonly statePath: string;
  /** Where the lock lies, `.kiln` of the working directory. */
  readonly lockDirectory: string;
}

/** Only the user may read it: a state holds sensitive values. An existing file's mode is not widened. */
const STATE_MODE = 0o600;

/** A snapshot in a file beside the configuration, with the one before it in `.backup`, as Terraform keeps them. */
export function localBackend({ statePath, lockDirectory }: LocalBackendOptions): Backend {
  const lock = new LocalLock(lockDirectory);
  const readText = async (): Promise<string | undefined> => {
    try {
      return await readFile(statePath, "utf8");
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  };
  return {
    read: async () => {
      const text = await readText();
      // Terraform leaves an empty file where a first apply was interrupted.
      if (text === undefined || text === "") return { kind: "read" };
      const result = parseState(text, path.basename(statePath));
      return "state" in result
        ? { kind: "read", state: result.state }
        : { kind: "unreadable", diagnostic: result.diagnostic };
    },
    write: async (state: State) => {
      await mkdir(path.dirname(statePath), { recursive: true });
      const before = await readText();
      const text = printState(state);
      if (text === before) return;
      if (before !== undefined && before !== "") {
        await writeFileAtomically(`${statePath}.backup`, before, STATE_MODE);
      }
      await writeFileAtomically(statePath, text, STATE_MODE);
    },
    unwritable: () => unwritable(statePath, lockDirectory),
    lock: (info) => lock.acquire(info),
    forceUnlock: (id) => lock.clear(id),
  } satisfies Backend;
}

/** A snapshot is written aside and renamed, so that its directory must be writable; a file that is not is meant so. */
async function unwritable(statePath: string, lockDirectory: string): Promise<Diagnostic | undefined> {
  const directory = path.dirname(statePath);
  const inside = ["kiln.db", "lock.db"].map((name) => path.join(lockDirectory, name));
  for (const place of [directory, statePath, `${statePath}.backup`, lockDirectory, ...inside]) {
    try {
      await access(place, constants.W_OK);
    } catch (error) {
      if (isSystemError(error, "ENOENT")) continue;
      if (!isSystemError(error)) throw error;
      const isReadOnly = error.code === "EROFS";
      return errorDiagnostic(
        "The state cannot be written",
        `${place} is not writable${isReadOnly ? ": its file system is mounted read-only" : " for your user"}, so what is done could not be recorded. Nothing was begun.`,
        {
          remedy: isReadOnly
            ? "Mount it writable, or copy the configuration and its state to another place."
            : `Give your user the permission to write: ls -ld ${place} shows whose it is.`,
        },
      );
    }
  }
  return undefined;
}
