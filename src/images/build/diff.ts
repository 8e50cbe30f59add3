import type { Diagnostic } from "../../kernel/index.ts";
import type { LayerEntry, TreeEntry } from "../entries.ts";
import { WHITEOUT_PREFIX } from "../entries.ts";
import type { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { baseName, comparePaths, displayPath, parentPath, ROOT } from "../paths.ts";
import { readStable } from "../read-file.ts";
import { reservedName, specialFile } from "../refusals.ts";
import type { Found } from "../store/walk.ts";
import { linkTarget, walk } from "../store/walk.ts";
import type { PlacedEntry, Tree } from "../tree.ts";

const MODE_BITS = 0o7777n;

/** What was changed in a tree, as a layer. */
export interface Changes {
  /** Sorted by path. */
  readonly entries: readonly LayerEntry[];
  readonly contents: ReadonlyMap<BytePath, BytePath>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Compares a directory with the tree that it was made from. Times and owners do not count. */
export async function diffTree(tree: Tree, directory: string, pacer: Pacer): Promise<Changes> {
  const entries: LayerEntry[] = [];
  const contents = new Map<BytePath, BytePath>();
  const diagnostics: Diagnostic[] = [];
  const directories = new Set<BytePath>([ROOT]);
  const met = new Set<BytePath>();
  for await (const found of walk(directory, pacer)) {
    const { path, absolute } = found;
    met.add(path);
    const entry = await readEntry(found, pacer);
    if (entry === undefined) diagnostics.push(specialFile(`/${displayPath(path)}`, found.stats));
    else if (baseName(path).startsWith(WHITEOUT_PREFIX))
      diagnostics.push(reservedName(`/${displayPath(path)}`));
    else {
      if (entry.type === "directory") directories.add(path);
      if (isSame(tree.get(path), entry)) continue;
      entries.push({ ...entry, path });
      if (entry.type === "file") contents.set(path, absolute);
    }
  }
  for (const path of tree.keys()) {
    // What lay below a removed directory goes with it.
    if (!met.has(path) && directories.has(parentPath(path))) entries.push({ type: "whiteout", path });
  }
  return { entries: entries.toSorted((a, b) => comparePaths(a.path, b.path)), contents, diagnostics };
}

async function readEntry({ absolute, stats }: Found, pacer: Pacer): Promise<TreeEntry | undefined> {
  const mode = Number(stats.mode & MODE_BITS);
  if (stats.isDirectory()) return { type: "directory", mode };
  if (stats.isSymbolicLink()) return { type: "link", target: linkTarget(absolute) };
  if (!stats.isFile()) return undefined;
  const reading = await readStable(absolute, pacer);
  return { type: "file", mode, size: Number(reading.stats.size), sha256: reading.sha256 };
}

function isSame(before: PlacedEntry | undefined, now: TreeEntry): boolean {
  switch (now.type) {
    case "directory":
      return before?.type === "directory" && before.mode === now.mode;
    case "link":
      return before?.type === "link" && before.target === now.target;
    case "file":
      return before?.type === "file" && before.mode === now.mode && before.sha256 === now.sha256;
  }
}
