import { lstatSync, readdirSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import type { BigIntStats } from "node:fs";
import { digestOf, errorDiagnostic, isSystemError } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { TreeEntry } from "../entries.ts";
import { DIRECTORY_MODE, EXECUTABLE_MODE, FILE_MODE, WHITEOUT_PREFIX } from "../entries.ts";
import type { FileMemory } from "../file-memory.ts";
import type { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { baseName, bytePath, displayPath, joinPath, ROOT, systemPath } from "../paths.ts";
import { FileChangedError, readStable } from "../read-file.ts";
import { changedFile, reservedName, specialFile } from "../refusals.ts";
import type { IgnoreRules } from "./ignore.ts";
import { nothingIgnored, parseIgnore } from "./ignore.ts";

const OWNER_EXECUTES = 0o100n;
const IGNORE_FILE = ".dockerignore";

/** One thing of a source, as the image will have it. */
export type SourceEntry = TreeEntry & {
  /** Below the source; the root where the source is a single file. */
  readonly path: BytePath;
};

/** What a `copy` step's source holds, after `.dockerignore`. */
export interface Source {
  readonly kind: "directory" | "file";
  /** Absolute, links resolved. */
  readonly root: BytePath;
  /** Sorted by path; parents first. */
  readonly entries: readonly SourceEntry[];
  /** Over names, types, modes, link targets and contents; not over times, owners or inodes. */
  readonly digest: string;
}

export type ScanResult =
  | { readonly kind: "scanned"; readonly source: Source }
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** What a scan needs of its surroundings. */
export interface ScanTools {
  readonly memory: FileMemory;
  readonly pacer: Pacer;
  /** Milliseconds since the epoch, by the clock that the file system stamps with. */
  readonly now: () => number;
}

/** Reads a source. Nothing is followed out of it but a link that is the source itself. */
export async function scanSource(source: string, tools: ScanTools): Promise<ScanResult> {
  let root: BytePath;
  let stats: BigIntStats;
  try {
    root = bytePath(realpathSync(source, { encoding: "latin1" }));
    stats = lstatSync(systemPath(root), { bigint: true });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return { kind: "invalid", diagnostics: [unreadableSource(source, error)] };
  }
  const scan = new Scan(root, tools);
  if (stats.isDirectory()) {
    const rules = readIgnore(source);
    if ("severity" in rules) return { kind: "invalid", diagnostics: [rules] };
    await scan.directory(ROOT, rules);
  } else {
    await scan.single(stats);
  }
  if (scan.diagnostics.length > 0) return { kind: "invalid", diagnostics: scan.diagnostics };
  const kind = stats.isDirectory() ? "directory" : "file";
  const entries = scan.entries.toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { kind: "scanned", source: { kind, root, entries, digest: digestOf({ kind, entries }) } };
}

function unreadableSource(source: string, error: NodeJS.ErrnoException): Diagnostic {
  const missing = error.code === "ENOENT" || error.code === "ENOTDIR";
  return errorDiagnostic(
    missing ? "Source does not exist" : "Source cannot be read",
    missing ? `There is no file or directory ${source}.` : `${source}: ${error.message}.`,
    { remedy: missing ? "Create it, or correct the path." : "Make it readable for the user who runs Kiln." },
  );
}

function readIgnore(source: string): IgnoreRules | Diagnostic {
  const file = `${source}/${IGNORE_FILE}`;
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return nothingIgnored;
    if (!isSystemError(error)) throw error;
    return errorDiagnostic(`${IGNORE_FILE} cannot be read`, `${file}: ${error.message}.`);
  }
  const parsed = parseIgnore(text);
  if (parsed.kind === "rules") return parsed.rules;
  return errorDiagnostic(
    `Invalid pattern in ${IGNORE_FILE}`,
    `Line ${parsed.line} of ${file} has the pattern ${JSON.stringify(parsed.pattern)}, which is not complete.`,
    { remedy: "Close the bracket, or write a backslash before a character that is meant as it is." },
  );
}

class Scan {
  readonly entries: SourceEntry[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly #root: BytePath;
  readonly #tools: ScanTools;

  constructor(root: BytePath, tools: ScanTools) {
    this.#root = root;
    this.#tools = tools;
  }

  /** What a directory holds; true where anything of it is in the image. */
  async directory(at: BytePath, rules: IgnoreRules): Promise<boolean> {
    let any = false;
    for (const name of readdirSync(systemPath(joinPath(this.#root, at)), { encoding: "latin1" })) {
      const path = joinPath(at, bytePath(name));
      any = (await this.#visit(path, rules)) || any;
      if (this.#tools.pacer.due) await this.#tools.pacer.rest();
    }
    return any;
  }

  /** The source where it is no directory. */
  async single(stats: BigIntStats): Promise<void> {
    if (stats.isFile()) await this.#file(ROOT, stats);
    else this.diagnostics.push(specialFile(this.#show(ROOT), stats));
  }

  async #visit(path: BytePath, rules: IgnoreRules): Promise<boolean> {
    const ignored = rules.ignores(displayPath(path));
    if (ignored && !rules.mayBringBackBelow(displayPath(path))) return false;
    const stats = this.#stats(path);
    if (stats === undefined || (ignored && !stats.isDirectory())) return false;
    if (baseName(path).startsWith(WHITEOUT_PREFIX)) {
      this.diagnostics.push(reservedName(this.#show(path)));
    } else if (stats.isDirectory()) {
      const any = await this.directory(path, rules);
      if (ignored && !any) return false;
      this.entries.push({ path, type: "directory", mode: DIRECTORY_MODE });
    } else if (stats.isSymbolicLink()) {
      const target = readlinkSync(systemPath(joinPath(this.#root, path)), { encoding: "latin1" });
      this.entries.push({ path, type: "link", target: bytePath(target) });
    } else if (stats.isFile()) {
      await this.#file(path, stats);
    } else this.diagnostics.push(specialFile(this.#show(path), stats));
    return true;
  }

  #stats(path: BytePath): BigIntStats | undefined {
    try {
      return lstatSync(systemPath(joinPath(this.#root, path)), { bigint: true });
    } catch (error) {
      // It was removed since the directory was read, which is as if it had never been there.
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
  }

  async #file(path: BytePath, stats: BigIntStats): Promise<void> {
    const { memory, pacer, now } = this.#tools;
    const absolute = joinPath(this.#root, path);
    try {
      let sha256 = memory.recall(absolute, stats);
      let { size, mode } = stats;
      if (sha256 === undefined) {
        const began = now();
        const reading = await readStable(absolute, pacer);
        ({ size, mode } = reading.stats);
        ({ sha256 } = reading);
        memory.learn(absolute, reading.stats, sha256, began);
      }
      const executable = (mode & OWNER_EXECUTES) !== 0n;
      this.entries.push({
        path,
        type: "file",
        mode: executable ? EXECUTABLE_MODE : FILE_MODE,
        size: Number(size),
        sha256,
      });
    } catch (error) {
      this.diagnostics.push(this.#unreadable(path, error));
    }
  }

  #unreadable(path: BytePath, error: unknown): Diagnostic {
    if (error instanceof FileChangedError) return changedFile(this.#show(path));
    if (!isSystemError(error)) throw error;
    return errorDiagnostic("File cannot be read", `${this.#show(path)}: ${error.message}.`, {
      remedy: `Make it readable, or leave it out with a line in ${IGNORE_FILE}.`,
    });
  }

  #show(path: BytePath): string {
    return displayPath(joinPath(this.#root, path));
  }
}
