import { errorDiagnostic } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import type { LayerEntry } from "../entries.ts";
import { DIRECTORY_MODE } from "../entries.ts";
import type { BytePath } from "../paths.ts";
import { ancestors, baseName, displayPath, encodePath, joinPath, parentPath, ROOT } from "../paths.ts";
import type { Tree } from "../tree.ts";
import { resolveInTree } from "../tree.ts";
import type { Source } from "./scan.ts";

/** What a `copy` puts into the image. */
export type Placement =
  | {
      readonly kind: "placed";
      /** Sorted by path; parents first; directories that are there already are left out. */
      readonly entries: readonly LayerEntry[];
      /** Where each file's content lies on the machine. */
      readonly contents: ReadonlyMap<BytePath, BytePath>;
    }
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/**
 * Where a source goes in a tree. A directory's contents are merged into the target. Links in the tree are followed
 * where they stand for a directory or for the target itself, and replaced elsewhere.
 *
 * @param name The source's own name, which a file keeps where the target is a directory.
 */
export function placeCopy(
  tree: Tree,
  source: Source,
  name: string,
  target: string,
  workdir: string,
): Placement {
  const placer = new Placer(tree, target);
  const wanted = encodePath(target.startsWith("/") ? target : `${workdir}/${target}`);
  const base = placer.resolve(wanted);
  if (base === undefined) return placer.result();
  if (source.kind === "directory") {
    placer.directory(base);
    const places = new Map<BytePath, BytePath>([[ROOT, base]]);
    for (const entry of source.entries) {
      const above = places.get(parentPath(entry.path)) ?? base;
      const at = joinPath(above, baseName(entry.path));
      if (entry.type === "directory") {
        const resolved = placer.resolve(at);
        if (resolved === undefined) break;
        places.set(entry.path, resolved);
        placer.directory(resolved);
      } else placer.put({ ...entry, path: at }, joinPath(source.root, entry.path));
    }
    return placer.result();
  }
  const into = /(?:^|\/)\.{0,2}$/.test(target) || base === ROOT || placer.isDirectory(base);
  const at = into ? placer.resolve(joinPath(base, encodePath(name))) : base;
  for (const entry of at === undefined ? [] : source.entries) {
    placer.parents(at ?? base);
    placer.put({ ...entry, path: at ?? base }, source.root);
  }
  return placer.result();
}

/** The directories on the way to a path that are not there yet, the path included. */
export function makeDirectories(tree: Tree, path: string): Placement {
  const placer = new Placer(tree, path);
  const at = placer.resolve(encodePath(path));
  if (at !== undefined) placer.directory(at);
  return placer.result();
}

class Placer {
  readonly #tree: Tree;
  readonly #target: string;
  readonly #entries = new Map<BytePath, LayerEntry>();
  readonly #contents = new Map<BytePath, BytePath>();
  readonly #diagnostics: Diagnostic[] = [];

  constructor(tree: Tree, target: string) {
    this.#tree = tree;
    this.#target = target;
  }

  resolve(path: BytePath): BytePath | undefined {
    const resolved = resolveInTree(this.#tree, path);
    if (resolved === undefined) this.#fail(`the links on the way to /${displayPath(path)} lead in a circle`);
    return resolved;
  }

  isDirectory(path: BytePath): boolean {
    return path === ROOT || this.#tree.get(path)?.type === "directory";
  }

  parents(path: BytePath): void {
    const above = parentPath(path);
    if (above !== ROOT) this.directory(above);
  }

  directory(path: BytePath): void {
    if (path === ROOT) return;
    for (const one of [...ancestors(path), path]) {
      if (this.#entries.has(one)) continue;
      const found = this.#tree.get(one);
      if (found === undefined) this.#entries.set(one, { type: "directory", path: one, mode: DIRECTORY_MODE });
      else if (found.type !== "directory") {
        this.#fail(`/${displayPath(one)} is there already and is no directory`);
        return;
      }
    }
  }

  put(entry: LayerEntry, content: BytePath): void {
    if (this.#tree.get(entry.path)?.type === "directory") {
      this.#fail(`/${displayPath(entry.path)} is a directory there already, and cannot become a file`);
      return;
    }
    this.#entries.set(entry.path, entry);
    if (entry.type === "file") this.#contents.set(entry.path, content);
  }

  result(): Placement {
    if (this.#diagnostics.length > 0) return { kind: "invalid", diagnostics: this.#diagnostics };
    const entries = [...this.#entries.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1));
    return { kind: "placed", entries, contents: this.#contents };
  }

  #fail(reason: string): void {
    this.#diagnostics.push(
      errorDiagnostic("Cannot copy into the image", `Copying to ${this.#target}: ${reason}.`, {
        remedy: "Choose another target.",
      }),
    );
  }
}
