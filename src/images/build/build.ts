import { DiagnosticError, errorDiagnostic, formatDuration, isSystemError } from "../../kernel/index.ts";
import type { Clock, Diagnostic, EventSink, ImageEvent } from "../../kernel/index.ts";
import { formatImageRef } from "../reference.ts";
import type { BuildResult, ImageSpecification } from "../specification.ts";
import type { ImageStore } from "../store/store.ts";
import { storeProblem } from "../store/errors.ts";
import { waitForLock } from "../store/lock.ts";
import { writeLayer } from "../tar/writer.ts";
import type { Maker } from "./assemble.ts";
import { assemble } from "./assemble.ts";
import { layerKey } from "./key.ts";
import { runStep } from "./run.ts";

export interface BuildOptions {
  readonly clock: Clock;
  /** The environment of the machine, of which `run` steps see a part (`machineEnvironment`). */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly events?: EventSink<ImageEvent>;
  /** Ends the build, and the command that it runs. */
  readonly signal?: AbortSignal;
}

/**
 * Fires an image: steps that are cached are not done again. It is in the store when this resolves, and nothing of
 * it but caches is when it fails. Builds of several processes may go on at once.
 */
export async function buildImage(
  specification: ImageSpecification,
  store: ImageStore,
  options: BuildOptions,
): Promise<BuildResult> {
  const { clock, events, signal } = options;
  const { name, base } = specification;
  const began = clock.now();
  try {
    return await store.sharing(async () => {
      if (base !== "scratch" && !store.has(base)) return failed([missingBase(base, store.disk.root)]);
      const assembled = await assemble(specification, store, builder(name, store, options), options);
      if (assembled.kind === "failed") return assembled;
      if (assembled.kind === "unknown") throw new Error(`the build of ${name} left a step out`);
      const { digest, size } = assembled.documents;
      await store.enter(name, assembled.documents);
      events?.({ kind: "image_fired", image: name, digest, size, elapsed: clock.now() - began });
      return { kind: "fired", digest, size, ref: formatImageRef({ name, digest }), inputs: assembled.inputs };
    }, signal);
  } catch (error) {
    if (signal?.aborted === true) return failed([cancelled(name, clock.now() - began)]);
    if (error instanceof DiagnosticError) return failed(error.diagnostics);
    if (isSystemError(error)) return failed([storeProblem(store.disk.root, error)]);
    throw error;
  }
}

function builder(image: string, store: ImageStore, options: BuildOptions): Maker {
  const { disk } = store;
  const { clock, events, signal } = options;
  const report = (step: string, cached: boolean, began: number): void =>
    events?.({ kind: "image_step", image, step, cached, elapsed: clock.now() - began });
  return {
    copy: async (step, entries, contents, pacer) => {
      const began = clock.now();
      const title = `copy ${step.source} to ${step.target}`;
      const key = layerKey(entries);
      const known = disk.readStep(key)?.layer;
      if (known !== undefined && disk.hasLayer(known)) {
        report(title, true, began);
        return known;
      }
      const blob = disk.createBlob();
      try {
        const layer = await writeLayer(entries, contents, blob, pacer);
        await blob.commit(layer.diffId);
        await disk.rememberEntries(layer.diffId, entries);
        await disk.writeStep(key, { layer });
        report(title, false, began);
        return layer;
      } finally {
        await blob.discard();
      }
    },
    run: async (run, unfinished, pacer) => {
      const began = clock.now();
      const title = `run ${run.command} (not sandboxed)`;
      // A second builder of the same step waits here, and then finds it done.
      const lock = await waitForLock(disk.stepLock(run.key), "exclusive", { clock, signal });
      try {
        const known = disk.readStep(run.key);
        if (known !== undefined && (known.layer === undefined || disk.hasLayer(known.layer))) {
          report(title, true, began);
          if (known.layer === undefined) return { kind: "nothing" };
          const { layer } = known;
          return { kind: "layer", layer, entries: await disk.layerEntries(layer, pacer) };
        }
        const outcome = await runStep(run, unfinished, {
          disk,
          clock,
          pacer,
          signal,
          environment: options.environment,
          output: (line) => events?.({ kind: "image_output", image, line }),
        });
        if (outcome.kind === "failed" || outcome.kind === "unknown") return outcome;
        await disk.writeStep(run.key, { layer: outcome.kind === "layer" ? outcome.layer : undefined });
        report(title, false, began);
        return outcome;
      } finally {
        lock?.release();
      }
    },
  };
}

function failed(diagnostics: readonly Diagnostic[]): BuildResult {
  return { kind: "failed", diagnostics };
}

function missingBase(base: string, directory: string): Diagnostic {
  return errorDiagnostic("Base image is not in the store", `There is no image ${base} in ${directory}.`, {
    remedy: "Fire the base first: refer to its kiln_image, so that it comes before.",
    attribute: "base",
  });
}

function cancelled(name: string, elapsed: number): Diagnostic {
  return errorDiagnostic(
    "Build was cancelled",
    `The build of ${name} was ended after ${formatDuration(elapsed)}.`,
  );
}
