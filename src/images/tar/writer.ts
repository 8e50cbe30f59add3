import { createHash } from "node:crypto";
import type { Layer, LayerEntry } from "../entries.ts";
import type { Pacer } from "../pacer.ts";
import type { BytePath } from "../paths.ts";
import { FileChangedError, readOnce } from "../read-file.ts";
import { endOfArchive, padding, writeHeader } from "./header.ts";

const GATHER = 1 << 20;

/** Where a layer's bytes go. They are valid until `write` returns. */
export interface LayerSink {
  write(chunk: Uint8Array): void;
}

/** For a layer whose digest is wanted, and whose bytes are not. */
export const digestOnly: LayerSink = { write: () => {} };

/**
 * Writes a layer as an uncompressed archive. The same code plans and builds, so that the digest that was promised
 * is the one that comes out. Throws `FileChangedError` where a file is no longer what its entry says.
 */
export async function writeLayer(
  entries: readonly LayerEntry[],
  contents: ReadonlyMap<BytePath, BytePath>,
  sink: LayerSink,
  pacer: Pacer,
): Promise<Layer> {
  const output = new Gatherer(sink);
  for (const entry of entries) {
    output.write(writeHeader(entry));
    if (entry.type === "file") {
      const from = contents.get(entry.path);
      if (from === undefined) throw new Error(`no content for ${entry.path}`);
      const { sha256 } = await readOnce(from, pacer, (chunk) => output.write(chunk));
      if (sha256 !== entry.sha256) throw new FileChangedError(from);
      output.write(padding(entry.size));
    }
    if (pacer.due) await pacer.rest();
  }
  output.write(endOfArchive());
  return output.finish();
}

/** Puts small writes together, and hashes them on the way. */
class Gatherer {
  readonly #sink: LayerSink;
  readonly #digest = createHash("sha256");
  readonly #buffer = Buffer.allocUnsafe(GATHER);
  #used = 0;
  #size = 0;

  constructor(sink: LayerSink) {
    this.#sink = sink;
  }

  write(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (this.#used + chunk.length > GATHER) this.#flush();
    if (chunk.length > GATHER) {
      this.#pass(chunk);
      return;
    }
    this.#buffer.set(chunk, this.#used);
    this.#used += chunk.length;
  }

  finish(): Layer {
    this.#flush();
    return { diffId: `sha256:${this.#digest.digest("hex")}`, size: this.#size };
  }

  #flush(): void {
    if (this.#used > 0) this.#pass(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }

  #pass(chunk: Uint8Array): void {
    this.#digest.update(chunk);
    this.#sink.write(chunk);
  }
}
