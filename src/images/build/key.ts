import { createHash } from "node:crypto";
import type { LayerEntry } from "../entries.ts";

/** Raised when equal steps begin to give other layers. */
export const BUILD_SEMANTICS = 1;

/** The digest of a layer's content: with the writer's rules it decides the layer's bytes. */
export function layerKey(entries: readonly LayerEntry[]): string {
  const digest = createHash("sha256").update(`kiln layer ${BUILD_SEMANTICS}\n`);
  for (const entry of entries) {
    const what =
      entry.type === "file"
        ? `${entry.mode} ${entry.size} ${entry.sha256}`
        : entry.type === "link"
          ? `${entry.target.length}:${entry.target}`
          : entry.type === "directory"
            ? entry.mode
            : "";
    digest.update(`${entry.type} ${entry.path.length}:${entry.path} ${what}\n`, "latin1");
  }
  return `sha256:${digest.digest("hex")}`;
}
