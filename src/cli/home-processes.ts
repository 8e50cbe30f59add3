import { readdir, readFile } from "node:fs/promises";
import { isSystemError } from "../kernel/index.ts";

/**
 * Process ids of a home's daemon, proxy and instances: each has the home in its environment, and says what it is.
 * Empty where the system has no /proc, and for processes of other users.
 */
export async function homeProcesses(root: string): Promise<readonly number[]> {
  let names: string[];
  try {
    names = await readdir("/proc");
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (name) => ((await belongs(name, root)) ? [Number(name)] : [])),
  );
  return found.flat().filter((pid) => pid !== process.pid);
}

async function belongs(pid: string, root: string): Promise<boolean> {
  try {
    const environment = (await readFile(`/proc/${pid}/environ`, "utf8")).split("\0");
    if (!environment.includes(`KILN_HOME=${root}`)) return false;
    if (environment.some((entry) => entry.startsWith("KILN_INSTANCE="))) return true;
    // A shell whose user exported KILN_HOME is none of ours.
    return /^kiln(d|-proxy|-holder)?(\0|$| )/.test(await readFile(`/proc/${pid}/cmdline`, "utf8"));
  } catch (error) {
    // It ended in between, or belongs to somebody else.
    if (isSystemError(error)) return false;
    throw error;
  }
}
