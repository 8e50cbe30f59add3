import { isSystemError } from "../../kernel/index.ts";
import type { Clock } from "../../kernel/index.ts";
import type { ImagePlan, ImageSpecification } from "../specification.ts";
import type { ImageStore } from "../store/store.ts";
import { digestOnly, writeLayer } from "../tar/writer.ts";
import type { Maker } from "./assemble.ts";
import { assemble } from "./assemble.ts";
import { layerKey } from "./key.ts";

export interface PlanOptions {
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

/**
 * What an image will be, without building it. Nothing but the store's caches is written, and they only where the
 * store exists. Rejects with a `DiagnosticError` where the store is damaged, or with the signal's reason.
 */
export async function planImage(
  specification: ImageSpecification,
  store: ImageStore,
  options: PlanOptions,
): Promise<ImagePlan> {
  const assembled = await assemble(specification, store, planner(store), options);
  switch (assembled.kind) {
    case "whole": {
      const { digest, size } = assembled.documents;
      return { kind: "known", digest, size, inputs: assembled.inputs };
    }
    case "unknown":
      return assembled;
    case "failed":
      return { kind: "invalid", diagnostics: assembled.diagnostics };
  }
}

function planner({ disk }: ImageStore): Maker {
  return {
    copy: async (_step, entries, contents, pacer) => {
      const key = layerKey(entries);
      const known = disk.readStep(key)?.layer;
      if (known !== undefined) return known;
      const layer = await writeLayer(entries, contents, digestOnly, pacer);
      if (disk.exists) await remember(disk.writeStep(key, { layer }));
      return layer;
    },
    run: async (run, _unfinished, pacer) => {
      const known = disk.readStep(run.key);
      if (known === undefined) return { kind: "unknown" };
      const { layer } = known;
      if (layer === undefined) return { kind: "nothing" };
      if (!disk.hasLayer(layer)) return { kind: "unknown" };
      return { kind: "layer", layer, entries: await disk.layerEntries(layer, pacer) };
    },
  };
}

/** A full or read-only disk costs the next plan time and nothing else; a build says what the matter is. */
async function remember(writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isSystemError(error)) throw error;
  }
}
