import { readdirSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import path from "node:path";
import { DiagnosticError, errorDiagnostic, removeTree } from "../../kernel/index.ts";
import type { Clock, ImageDigest } from "../../kernel/index.ts";
import type { ImageConfig, ImageDocuments } from "../config.ts";
import { parseConfig, parseManifest } from "../config.ts";
import type { Layer } from "../entries.ts";
import { Pacer } from "../pacer.ts";
import { displayPath } from "../paths.ts";
import type { Tree } from "../tree.ts";
import { applyLayer } from "../tree.ts";
import type { CatalogueEntry } from "./catalogue.ts";
import { readCatalogue, writeCatalogue } from "./catalogue.ts";
import { StoreDisk } from "./disk.ts";
import { corruptBlob, missingImage } from "./errors.ts";
import { tryLock, waitForLock } from "./lock.ts";
import { unpackTree } from "./unpack.ts";

/** How long a removal waits for builds and checkouts that use the store. */
const REMOVAL_PATIENCE = 30_000;
const MOST_OPENED = 8;

export interface CheckoutOptions {
  readonly signal?: AbortSignal;
}

/** What lies at a path of an image. */
export type ImageFile =
  | { readonly type: "directory"; readonly mode: number }
  | { readonly type: "file"; readonly mode: number; readonly size: number; readonly sha256: string }
  | { readonly type: "link"; readonly target: string };

export interface StoredImage {
  readonly digest: ImageDigest;
  /** Every name that it was fired under. */
  readonly names: readonly string[];
  /** Bytes, counting layers that other images share. */
  readonly size: number;
}

export interface PruneResult {
  readonly removed: readonly ImageDigest[];
  /** Bytes that were freed. */
  readonly freed: number;
}

/** An image as the store has it, with its files. */
export interface OpenedImage {
  readonly config: ImageConfig;
  readonly layers: readonly Layer[];
  readonly tree: Tree;
}

/**
 * Images in a directory: an OCI image layout. Several processes may use it at once. Failures that a user can mend
 * (a missing or damaged image, a store in use) reject with a `DiagnosticError`.
 */
export class ImageStore {
  /** The files behind it: for the builder. */
  readonly disk: StoreDisk;
  readonly #clock: Clock;
  /** The images that were used last: comparing checkouts asks for the same few again and again. */
  readonly #opened = new Map<ImageDigest, OpenedImage>();

  constructor(directory: string, clock: Clock) {
    this.disk = new StoreDisk(path.resolve(directory));
    this.#clock = clock;
  }

  /** Whether it has the image, with all its layers. */
  has(digest: ImageDigest): boolean {
    const entry = this.#find(digest);
    if (entry === undefined) return false;
    const text = this.disk.readBlob(entry.manifest.digest);
    const layers = text === undefined ? undefined : parseManifest(text)?.layers;
    return layers?.every((layer) => this.disk.hasLayer(layer)) ?? false;
  }

  /** The image's configuration. */
  config(digest: ImageDigest): ImageConfig {
    return this.#documents(digest).config;
  }

  /** Every image, oldest first. */
  list(): StoredImage[] {
    const images = new Map<ImageDigest, StoredImage>();
    for (const { digest, name, size } of readCatalogue(this.disk.indexFile)) {
      const names = images.get(digest)?.names ?? [];
      images.set(digest, { digest, names: [...names, name], size });
    }
    return [...images.values()];
  }

  /** What the image holds, by absolute path. Bytes of a name that are not UTF-8 show as U+FFFD. */
  async files(digest: ImageDigest): Promise<ReadonlyMap<string, ImageFile>> {
    const { tree } = await this.open(digest);
    return new Map(
      [...tree].map(([at, entry]) => {
        const { layer: _, ...file } = entry;
        return [
          `/${displayPath(at)}`,
          file.type === "link" ? { ...file, target: displayPath(file.target) } : file,
        ];
      }),
    );
  }

  /** Makes a copy of the image's files as a new directory. A failure leaves nothing there. */
  async checkout(digest: ImageDigest, directory: string, options: CheckoutOptions = {}): Promise<void> {
    await this.sharing(async () => {
      const { layers, tree } = await this.open(digest, options.signal);
      const aside = `${directory}.unpacking`;
      await removeTree(aside);
      try {
        const pacer = new Pacer(options.signal);
        await unpackTree(this.disk, layers, tree, aside, pacer);
        await rename(aside, directory);
      } catch (error) {
        await removeTree(aside);
        throw error;
      }
    }, options.signal);
  }

  /** Removes one image. Layers that others need stay. */
  async remove(digest: ImageDigest): Promise<PruneResult> {
    return this.#keepOnly((entry) => entry.digest !== digest);
  }

  /** Removes all images but these, and what no image needs. */
  async prune(keep: ReadonlySet<ImageDigest>): Promise<PruneResult> {
    return this.#keepOnly((entry) => keep.has(entry.digest));
  }

  /** The image with its files, every document verified. */
  async open(digest: ImageDigest, signal?: AbortSignal): Promise<OpenedImage> {
    const known = this.#opened.get(digest);
    if (known !== undefined) return known;
    const { config, layers } = this.#documents(digest);
    let tree: Tree = new Map();
    for (const [index, layer] of layers.entries()) {
      tree = applyLayer(tree, await this.disk.layerEntries(layer, new Pacer(signal)), index);
    }
    const opened = { config, layers, tree };
    this.#opened.set(digest, opened);
    for (const oldest of [...this.#opened.keys()].slice(0, -MOST_OPENED)) this.#opened.delete(oldest);
    return opened;
  }

  /** Enters an image whose layers are there already. */
  async enter(name: string, documents: ImageDocuments): Promise<void> {
    await this.disk.writeBlob(documents.config);
    await this.disk.writeBlob(documents.manifest);
    const { digest, size, manifestDigest } = documents;
    const manifest = { digest: manifestDigest, size: Buffer.byteLength(documents.manifest) };
    await this.#changeCatalogue((entries) => [
      ...entries.filter((entry) => entry.name !== name || entry.digest !== digest),
      { name, digest, manifest, size },
    ]);
  }

  /** Runs something while nothing is removed from the store. Cleans up after killed builds where nobody is in the way. */
  async sharing<Result>(use: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.disk.create();
    const alone = tryLock(this.disk.useLock, "exclusive");
    if (alone !== undefined) {
      try {
        await this.disk.removeTemporaries();
      } finally {
        alone.release();
      }
    }
    const lock = await waitForLock(this.disk.useLock, "shared", { clock: this.#clock, signal });
    try {
      return await use();
    } finally {
      lock?.release();
    }
  }

  #find(digest: ImageDigest): CatalogueEntry | undefined {
    return readCatalogue(this.disk.indexFile).find((entry) => entry.digest === digest);
  }

  #documents(digest: ImageDigest): { readonly config: ImageConfig; readonly layers: readonly Layer[] } {
    const entry = this.#find(digest);
    if (entry === undefined) throw missingImage(digest, this.disk.root);
    const manifest = parseManifest(this.#blob(entry.manifest.digest));
    const config = parseConfig(this.#blob(digest));
    if (manifest === undefined || config === undefined || manifest.config !== digest) {
      throw corruptBlob(
        entry.manifest.digest,
        this.disk.blob(entry.manifest.digest),
        "describes another image",
      );
    }
    return { config, layers: manifest.layers };
  }

  #blob(digest: string): string {
    const text = this.disk.readBlob(digest);
    if (text === undefined) throw corruptBlob(digest, this.disk.blob(digest), "is missing");
    return text;
  }

  async #changeCatalogue(change: (entries: CatalogueEntry[]) => CatalogueEntry[]): Promise<void> {
    const lock = await waitForLock(this.disk.indexLock, "exclusive", { clock: this.#clock });
    try {
      await writeCatalogue(this.disk.indexFile, change(readCatalogue(this.disk.indexFile)));
    } finally {
      lock?.release();
    }
  }

  async #keepOnly(keeps: (entry: CatalogueEntry) => boolean): Promise<PruneResult> {
    if (!this.disk.exists) return { removed: [], freed: 0 };
    const lock = await waitForLock(this.disk.useLock, "exclusive", {
      clock: this.#clock,
      timeout: REMOVAL_PATIENCE,
    });
    if (lock === undefined) throw storeInUse(this.disk.root);
    try {
      const before = new Set(readCatalogue(this.disk.indexFile).map((entry) => entry.digest));
      // First the catalogue, then the blobs: a crash in between leaves blobs too many, never an image without some.
      await this.#changeCatalogue((entries) => entries.filter(keeps));
      this.#opened.clear();
      await this.disk.removeTemporaries();
      const kept = new Set(readCatalogue(this.disk.indexFile).map((entry) => entry.digest));
      return {
        removed: [...before].filter((digest) => !kept.has(digest)),
        freed: await this.#removeUnused(),
      };
    } finally {
      lock.release();
    }
  }

  async #removeUnused(): Promise<number> {
    const needed = new Set<string>();
    for (const { digest, manifest } of readCatalogue(this.disk.indexFile)) {
      needed.add(digest).add(manifest.digest);
      for (const { diffId } of parseManifest(this.#blob(manifest.digest))?.layers ?? []) needed.add(diffId);
    }
    let freed = 0;
    for (const name of readdirSync(path.join(this.disk.root, "blobs", "sha256"))) {
      if (needed.has(`sha256:${name}`)) continue;
      freed += this.disk.blobSize(name);
      await rm(this.disk.blob(name), { force: true });
    }
    for (const name of await this.disk.cached("layers")) {
      if (!needed.has(`sha256:${name}`)) await this.disk.forget("layers", name);
    }
    for (const key of await this.disk.cached("steps")) {
      const layer = this.disk.readStep(key)?.layer;
      if (layer !== undefined && !needed.has(layer.diffId)) await this.disk.forget("steps", key);
    }
    return freed;
  }
}

function storeInUse(directory: string): DiagnosticError {
  return new DiagnosticError([
    errorDiagnostic("Image store is in use", `Builds or checkouts have used ${directory} all the time.`, {
      remedy: "Try again when they have ended.",
    }),
  ]);
}
