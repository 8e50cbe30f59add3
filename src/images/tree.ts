import type { LayerEntry, TreeEntry } from "./entries.ts";
import { DIRECTORY_MODE } from "./entries.ts";
import type { BytePath } from "./paths.ts";
import { ancestors, bytePath, joinPath, parentPath, ROOT } from "./paths.ts";

/** An entry, and the index of the layer that it comes from. */
export type PlacedEntry = TreeEntry & { readonly layer: number };

/** All files of an image, without its root. A path's parent is always there, and a directory. */
export type Tree = ReadonlyMap<BytePath, PlacedEntry>;

/** More links than this on the way to a file are a circle (as Linux counts). */
const MOST_LINKS = 40;

/** Lays a layer over a tree: hidden paths go first, whatever the order of the layer's entries. */
export function applyLayer(tree: Tree, entries: readonly LayerEntry[], layer: number): Tree {
  const hidden = new Set<BytePath>();
  const emptied = new Set<BytePath>();
  for (const entry of entries) {
    if (entry.type === "whiteout") hidden.add(entry.path);
    else if (entry.type === "opaque") emptied.add(entry.path);
    else if (entry.type !== "directory" && tree.get(entry.path)?.type === "directory") hidden.add(entry.path);
  }
  const isHidden = (path: BytePath): boolean =>
    hidden.has(path) || ancestors(path).some((above) => hidden.has(above) || emptied.has(above));
  const result = new Map<BytePath, PlacedEntry>();
  const nothingHidden = hidden.size === 0 && emptied.size === 0;
  for (const [path, entry] of tree) if (nothingHidden || !isHidden(path)) result.set(path, entry);
  for (const entry of entries) {
    if (entry.type === "whiteout" || entry.type === "opaque") continue;
    for (const above of ancestors(entry.path)) {
      const found = result.get(above);
      if (found === undefined) result.set(above, { type: "directory", mode: DIRECTORY_MODE, layer });
      else if (found.type !== "directory") {
        throw new Error(`layer ${layer} has ${entry.path} below ${above}, which is no directory`);
      }
    }
    const { path, ...rest } = entry;
    if (path !== ROOT) result.set(path, { ...rest, layer });
  }
  return result;
}

/**
 * Where a path leads when links on the way are followed inside the tree, the last component included. A link
 * never leads above the root, and absolute ones begin at it. Undefined for a circle.
 */
export function resolveInTree(tree: Tree, path: BytePath): BytePath | undefined {
  const waiting = path.split("/").toReversed();
  let at = ROOT;
  let links = 0;
  while (waiting.length > 0) {
    const name = waiting.pop() ?? "";
    if (name === "" || name === ".") continue;
    if (name === "..") {
      at = parentPath(at);
      continue;
    }
    const next = joinPath(at, bytePath(name));
    const entry = tree.get(next);
    if (entry?.type !== "link") {
      at = next;
      continue;
    }
    if (++links > MOST_LINKS) return undefined;
    if (entry.target.startsWith("/")) at = ROOT;
    waiting.push(...entry.target.split("/").toReversed());
  }
  return at;
}
