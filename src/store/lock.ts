import { DatabaseSync } from "node:sqlite";
import { isBusy } from "./errors.ts";
import { explained } from "./database.ts";

export interface FileLock {
  release(): void;
}

/**
 * A lock that the kernel holds for this process: it is free the moment the process is gone, however it ended, and
 * a slow holder never loses it. Undefined: another one has it. The file stays; only its lock means anything.
 */
export function acquireFileLock(file: string): FileLock | undefined {
  return explained(file, () => {
    const database = new DatabaseSync(file, { timeout: 0 });
    try {
      database.exec("BEGIN EXCLUSIVE");
      return { release: () => database.close() };
    } catch (error) {
      database.close();
      if (isBusy(error)) return undefined;
      throw error;
    }
  });
}
