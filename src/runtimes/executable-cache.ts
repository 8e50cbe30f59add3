import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { isSystemError, writeFileAtomically } from "../kernel/index.ts";
import type { Clock, Milliseconds } from "../kernel/index.ts";

/** A file that changed less than this before it was read may change again within the same tick of its clock. */
const SETTLED_AFTER: Milliseconds = 2000;
const OWNER_ONLY = 0o600;

type Entries = Record<string, { readonly status: string; readonly digest: string }>;

/** `sha256:...` of a file, read as a stream: programs are large. */
export async function digestFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest("hex")}`;
}

/** Digests of programs by the status of their files, kept in a file, because an interpreter has a hundred megabytes. */
export class ExecutableCache {
  readonly #clock: Clock;
  readonly #file: string;

  constructor(clock: Clock, file: string) {
    this.#clock = clock;
    this.#file = file;
  }

  async digest(program: string): Promise<string> {
    const before = await stat(program, { bigint: true });
    const status = `${before.dev} ${before.ino} ${before.size} ${before.mtimeNs} ${before.ctimeNs}`;
    const entries = await this.#read();
    const known = entries[program];
    if (known?.status === status) return known.digest;
    const began = this.#clock.now();
    const digest = await digestFile(program);
    if (began - Number(before.ctimeMs) > SETTLED_AFTER) {
      await this.#write({ ...entries, [program]: { status, digest } });
    }
    return digest;
  }

  async #read(): Promise<Entries> {
    try {
      const entries: Entries = JSON.parse(await readFile(this.#file, "utf8"));
      return entries;
    } catch (error) {
      // A cache that is not there, unreadable or broken is made anew.
      if (isSystemError(error) || error instanceof SyntaxError) return {};
      throw error;
    }
  }

  async #write(entries: Entries): Promise<void> {
    try {
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      await writeFileAtomically(this.#file, JSON.stringify(entries), OWNER_ONLY);
    } catch (error) {
      // Without a cache the program is read again the next time; what the home's state means, others report.
      if (!isSystemError(error)) throw error;
    }
  }
}
