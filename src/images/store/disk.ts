import { createHash, hash, randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from "node:fs";
import { readdir, rename, rm } from "node:fs/promises";
import path from "node:path";
import { isSystemError, removeTree, sha256, syncDirectory, writeFileAtomically } from "../../kernel/index.ts";
import { readChecked, writeCache, writeChecked } from "../checked-file.ts";
import { isRecord } from "../config.ts";
import type { Layer, LayerEntry } from "../entries.ts";
import { OPAQUE_NAME, WHITEOUT_PREFIX } from "../entries.ts";
import { FileMemory } from "../file-memory.ts";
import type { Pacer } from "../pacer.ts";
import { baseName, bytePath, joinPath, parentPath, ROOT } from "../paths.ts";
import type { ArchiveEntry } from "../tar/reader.ts";
import { ArchiveError, readArchive } from "../tar/reader.ts";
import type { LayerSink } from "../tar/writer.ts";
import { corruptBlob } from "./errors.ts";

const LAYOUT = '{"imageLayoutVersion":"1.0.0"}';
/** Bounds the number of lock files; builds that meet on one by chance wait for each other. */
const STEP_LOCKS = 64;

/** What a step came to: its layer, or that it changed no file. */
export interface StepResult {
  readonly layer: Layer | undefined;
}

/** A blob that is being written. */
export interface BlobWriter extends LayerSink {
  /** Makes it durable under its digest. */
  commit(digest: string): Promise<void>;
  discard(): Promise<void>;
}

/**
 * The files of a store: an OCI image layout, and beside it caches that can be lost. Blobs are written aside, synced
 * and renamed, so that what has its name is whole.
 */
export class StoreDisk {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get exists(): boolean {
    return existsSync(path.join(this.root, "oci-layout"));
  }

  /** Makes the layout where there is none. */
  async create(): Promise<void> {
    for (const directory of ["blobs/sha256", "cache/steps", "cache/layers", "cache/files", "tmp", "locks"]) {
      mkdirSync(path.join(this.root, directory), { recursive: true, mode: 0o755 });
    }
    if (!this.exists) await writeFileAtomically(path.join(this.root, "oci-layout"), LAYOUT);
  }

  get indexFile(): string {
    return path.join(this.root, "index.json");
  }

  /** Held shared by what reads or adds blobs, and alone by what removes them. */
  get useLock(): string {
    return path.join(this.root, "locks", "use");
  }

  get indexLock(): string {
    return path.join(this.root, "locks", "index");
  }

  stepLock(key: string): string {
    return path.join(this.root, "locks", `step-${Number.parseInt(key.slice(-8), 16) % STEP_LOCKS}`);
  }

  blob(digest: string): string {
    return path.join(this.root, "blobs", "sha256", digest.replace(/^sha256:/, ""));
  }

  /** Whether the blob is there, as long as it ought to be. */
  hasLayer({ diffId, size }: Layer): boolean {
    return size > 0 && this.blobSize(diffId) === size;
  }

  /** Bytes that a blob takes; 0 where there is none. */
  blobSize(digest: string): number {
    return statSync(this.blob(digest), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** A small blob's text; undefined where there is none. Throws where it is damaged. */
  readBlob(digest: string): string | undefined {
    let bytes: Buffer;
    try {
      bytes = readFileSync(this.blob(digest));
    } catch (error) {
      if (isSystemError(error, "ENOENT")) return undefined;
      throw error;
    }
    if (sha256(bytes) !== digest) throw corruptBlob(digest, this.blob(digest), "does not have its digest");
    return bytes.toString("utf8");
  }

  async writeBlob(text: string): Promise<void> {
    const writer = this.createBlob();
    try {
      writer.write(Buffer.from(text));
      await writer.commit(sha256(text));
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  createBlob(): BlobWriter {
    const aside = this.temporary("blob");
    const descriptor = openSync(aside, "wx", 0o644);
    let open = true;
    const close = (): void => {
      if (open) closeSync(descriptor);
      open = false;
    };
    return {
      write: (chunk) => {
        for (let at = 0; at < chunk.length;) at += writeSync(descriptor, chunk, at);
      },
      commit: async (digest) => {
        fsyncSync(descriptor);
        close();
        await rename(aside, this.blob(digest));
        await syncDirectory(path.dirname(this.blob(digest)));
      },
      discard: async () => {
        close();
        await rm(aside, { force: true });
      },
    };
  }

  /** A new name for something that is not whole yet. */
  temporary(kind: string): string {
    return path.join(this.root, "tmp", `${kind}-${randomBytes(8).toString("hex")}`);
  }

  /** Removes what killed builds left. Only while nobody else uses the store. */
  async removeTemporaries(): Promise<void> {
    for (const name of await readdir(path.join(this.root, "tmp"))) {
      await removeTree(path.join(this.root, "tmp", name));
    }
  }

  readStep(key: string): StepResult | undefined {
    const saved = readChecked(this.#cacheFile("steps", key));
    if (!isRecord(saved)) return undefined;
    const { diffId, size } = saved;
    if (diffId === null) return { layer: undefined };
    return typeof diffId === "string" && typeof size === "number" ? { layer: { diffId, size } } : undefined;
  }

  /** A step's result is a promise for later plans, so it is durable before it is used. */
  async writeStep(key: string, { layer }: StepResult): Promise<void> {
    await writeChecked(this.#cacheFile("steps", key), layer ?? { diffId: null });
  }

  /** What a layer holds. Throws where its blob is missing or damaged. */
  async layerEntries({ diffId }: Layer, pacer: Pacer): Promise<readonly LayerEntry[]> {
    const saved = readChecked(this.#cacheFile("layers", diffId));
    if (isEntries(saved)) return saved;
    const entries = await this.#indexLayer(diffId, pacer);
    await this.rememberEntries(diffId, entries);
    return entries;
  }

  async rememberEntries(diffId: string, entries: readonly LayerEntry[]): Promise<void> {
    await writeCache(this.#cacheFile("layers", diffId), entries);
  }

  /** The digests of a source's files. */
  readMemory(source: string): FileMemory {
    return FileMemory.from(readChecked(this.#cacheFile("files", sha256(source))));
  }

  async writeMemory(source: string, memory: FileMemory): Promise<void> {
    if (memory.changed) await writeCache(this.#cacheFile("files", sha256(source)), memory.entries());
  }

  /** Names of a cache's files: the digests that they are about, without `sha256:`. */
  async cached(kind: "steps" | "layers"): Promise<string[]> {
    return readdir(path.join(this.root, "cache", kind));
  }

  async forget(kind: "steps" | "layers", name: string): Promise<void> {
    await rm(path.join(this.root, "cache", kind, name), { force: true });
  }

  #cacheFile(kind: string, digest: string): string {
    return path.join(this.root, "cache", kind, digest.replace(/^sha256:/, ""));
  }

  async #indexLayer(diffId: string, pacer: Pacer): Promise<LayerEntry[]> {
    const entries: LayerEntry[] = [];
    let digest = createHash("sha256");
    let file: ArchiveEntry | undefined;
    const visitor = {
      entry: (entry: ArchiveEntry) => {
        file = entry;
        digest = createHash("sha256");
        if (entry.path !== ROOT && entry.type !== "file") entries.push(layerEntry(entry));
      },
      content: (chunk: Uint8Array) => {
        digest.update(chunk);
      },
      end: () => {
        if (file !== undefined) entries.push(layerEntry(file, digest.digest("hex")));
      },
    };
    await this.readLayer(diffId, visitor, pacer);
    return entries;
  }

  /** Reads a layer's archive. Rejects where it is missing, damaged, or not what its digest says. */
  async readLayer(diffId: string, visitor: Parameters<typeof readArchive>[1], pacer: Pacer): Promise<void> {
    const file = this.blob(diffId);
    let found: string;
    try {
      found = await readArchive(file, visitor, pacer);
    } catch (error) {
      if (error instanceof ArchiveError) throw corruptBlob(diffId, file, error.message);
      if (isSystemError(error, "ENOENT")) throw corruptBlob(diffId, file, "is missing");
      throw error;
    }
    if (found !== diffId) throw corruptBlob(diffId, file, "does not have its digest");
  }
}

function layerEntry(entry: ArchiveEntry, sha256Hex = hash("sha256", "", "hex")): LayerEntry {
  const { path: at, type, mode, size, target } = entry;
  const name = baseName(at);
  if (name === OPAQUE_NAME) return { type: "opaque", path: parentPath(at) };
  if (name.startsWith(WHITEOUT_PREFIX)) {
    return { type: "whiteout", path: joinPath(parentPath(at), bytePath(name.slice(WHITEOUT_PREFIX.length))) };
  }
  if (type === "link") return { type, path: at, target };
  return type === "directory" ? { type, path: at, mode } : { type, path: at, mode, size, sha256: sha256Hex };
}

function isEntries(value: unknown): value is readonly LayerEntry[] {
  return (
    Array.isArray(value) &&
    value.every((entry: unknown) => isRecord(entry) && typeof entry["path"] === "string")
  );
}
