import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { isSystemError, sha256, writeFileAtomically } from "../kernel/index.ts";

/** Reads a cache's file that begins with the digest of the rest; undefined where it is missing or damaged. */
export function readChecked(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isSystemError(error)) return undefined;
    throw error;
  }
  const end = text.indexOf("\n");
  const body = text.slice(end + 1);
  return end > 0 && text.slice(0, end) === sha256(body) ? JSON.parse(body) : undefined;
}

/** Writes what `readChecked` reads. */
export async function writeChecked(file: string, value: unknown): Promise<void> {
  mkdirSync(path.dirname(file), { recursive: true });
  const body = JSON.stringify(value);
  await writeFileAtomically(file, `${sha256(body)}\n${body}`);
}

/** As `writeChecked`, for a cache that can be done without: where it cannot be written, the next one reads all anew. */
export async function writeCache(file: string, value: unknown): Promise<void> {
  try {
    await writeChecked(file, value);
  } catch (error) {
    // A full or read-only disk must not fail what only wanted to remember.
    if (!isSystemError(error)) throw error;
  }
}
