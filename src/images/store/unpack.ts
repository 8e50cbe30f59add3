import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, utimesSync, writeSync } from "node:fs";
import type { Layer } from "../entries.ts";
import { IMAGE_TIME } from "../entries.ts";
import type { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { encodePath, joinPath, systemPath } from "../paths.ts";
import type { ArchiveEntry } from "../tar/reader.ts";
import type { Tree } from "../tree.ts";
import type { StoreDisk } from "./disk.ts";
import { corruptBlob } from "./errors.ts";

/**
 * Lays a tree out in a new directory. Nothing is written through a link: directories come first, then each file
 * once, from the layer that has the last word on it, and links at the end. Layers are verified while they are read.
 */
export async function unpackTree(
  disk: StoreDisk,
  layers: readonly Layer[],
  tree: Tree,
  directory: string,
  pacer: Pacer,
): Promise<void> {
  const root = encodePath(directory);
  const place = (path: BytePath): string | Buffer => systemPath(joinPath(root, path));
  mkdirSync(directory, { mode: 0o755 });
  const paths = [...tree.keys()].toSorted();
  for (const path of paths) {
    if (tree.get(path)?.type === "directory") mkdirSync(place(path), { mode: 0o755 });
    if (pacer.due) await pacer.rest();
  }
  for (const [index, layer] of layers.entries()) {
    const wanted = new Set(paths.filter((path) => isFileOf(tree, path, index)));
    if (wanted.size === 0) continue;
    await disk.readLayer(layer.diffId, new FileWriter(tree, wanted, place), pacer);
    if (wanted.size > 0)
      throw corruptBlob(layer.diffId, disk.blob(layer.diffId), "lacks files that it ought to hold");
  }
  for (const path of paths) {
    const entry = tree.get(path);
    if (entry?.type === "link") symlinkSync(systemPath(entry.target), place(path));
    if (pacer.due) await pacer.rest();
  }
  // Innermost first: a directory that nobody may write to can take no more children.
  for (const path of paths.toReversed()) {
    const entry = tree.get(path);
    if (entry?.type === "directory") finish(place(path), entry.mode);
    if (pacer.due) await pacer.rest();
  }
  finish(directory, 0o755);
}

function isFileOf(tree: Tree, path: BytePath, layer: number): boolean {
  const entry = tree.get(path);
  return entry?.type === "file" && entry.layer === layer;
}

/** The mode against any umask, and the image's time. */
function finish(path: string | Buffer, mode: number): void {
  chmodSync(path, mode);
  utimesSync(path, IMAGE_TIME, IMAGE_TIME);
}

/** Takes the wanted files out of an archive. */
class FileWriter {
  readonly #tree: Tree;
  readonly #wanted: Set<BytePath>;
  readonly #place: (path: BytePath) => string | Buffer;
  #current: { readonly path: BytePath; readonly descriptor: number } | undefined;

  constructor(tree: Tree, wanted: Set<BytePath>, place: (path: BytePath) => string | Buffer) {
    this.#tree = tree;
    this.#wanted = wanted;
    this.#place = place;
  }

  entry({ path, type }: ArchiveEntry): void {
    this.#current =
      type === "file" && this.#wanted.delete(path)
        ? { path, descriptor: openSync(this.#place(path), "wx", 0o600) }
        : undefined;
  }

  content(chunk: Uint8Array): void {
    if (this.#current === undefined) return;
    for (let at = 0; at < chunk.length;) at += writeSync(this.#current.descriptor, chunk, at);
  }

  end(): void {
    if (this.#current === undefined) return;
    closeSync(this.#current.descriptor);
    const entry = this.#tree.get(this.#current.path);
    if (entry?.type === "file") finish(this.#place(this.#current.path), entry.mode);
    this.#current = undefined;
  }
}
