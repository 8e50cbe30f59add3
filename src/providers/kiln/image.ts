import type { PlanAnswer, PlanRequest } from "../../engine/index.ts";
import { buildImage, formatImageRef, planImage } from "../../images/index.ts";
import type { ImagePlan, ImageSpecification, ImageStore } from "../../images/index.ts";
import { hasErrors, parseId } from "../../kernel/index.ts";
import type { Clock, ImageDigest } from "../../kernel/index.ts";
import { isKnown, isNull, nullValue, NUMBER, STRING, typeOf, unknownValue } from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute, textOf, withAttributes } from "../resource-provider.ts";
import type { ResourceType } from "../resource-provider.ts";
import { IMAGE_SCHEMA } from "./image-schema.ts";
import { readImageSpecification } from "./image-specification.ts";
import type { ImageSettings } from "./release-content.ts";

/** Images that plans of this process know and the store does not have yet: fleets that use them are planned too. */
export type PlannedImages = Map<ImageDigest, ImageSettings>;

export interface ImageOptions {
  readonly store: ImageStore;
  /** Where relative sources begin. */
  readonly directory: string;
  readonly planned: PlannedImages;
  readonly clock: Clock;
  /** The machine's environment, of which run steps see a part. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the provider keeps beside an image: the digest of everything that it was made from. */
interface ImageMemory {
  readonly inputs: string;
}

/**
 * `kiln_image`: an image in this machine's store. While its inputs are unchanged the state pins it. Destroying one
 * leaves the store alone: retained releases may need it.
 */
export function imageType(options: ImageOptions): ResourceType {
  return {
    schema: IMAGE_SCHEMA,
    // What is fired is a cache by content: firing it again changes nothing, and throwing it away is always right.
    traits: { effect: "none", recovery: "idempotent_key", transactional: false, createFirst: true },
    validate: (config) => readImageSpecification(config, options.directory).diagnostics,
    read: ({ current, private: data }) => {
      const digest = textOf(current, "digest");
      const there = digest !== undefined && options.store.has(parseId<"image">(digest));
      return Promise.resolve({
        state: there ? current : nullValue(typeOf(current)),
        private: there ? data : "",
        diagnostics: [],
      });
    },
    plan: (request, context) => plan(request, options, context.signal),
    apply: async ({ prior, planned, config, private: data }, context) => {
      if (isNull(planned)) return { state: planned, private: "", diagnostics: [] };
      const { specification, diagnostics } = readImageSpecification(config, options.directory);
      if (hasErrors(diagnostics)) return { state: prior, private: data, diagnostics };
      const result = await buildImage(specification, options.store, {
        clock: options.clock,
        environment: options.environment,
        events: context.events,
        signal: context.signal,
      });
      if (result.kind === "failed") {
        return { state: prior, private: data, diagnostics: result.diagnostics };
      }
      const { digest, ref, size, inputs } = result;
      return {
        state: withAttributes(planned, { digest, ref, size }),
        private: printMemory({ inputs }),
        diagnostics: [],
      };
    },
  };
}

async function plan(request: PlanRequest, options: ImageOptions, signal: AbortSignal): Promise<PlanAnswer> {
  const { prior, proposed, config } = request;
  const answer = (planned: Value, more: Partial<PlanAnswer> = {}): PlanAnswer => ({
    planned,
    requiresReplace: [],
    private: request.private,
    diagnostics: [],
    ...more,
  });
  if (isNull(proposed)) return answer(proposed, { notes: ["the image stays in the store"] });
  const { specification, diagnostics } = readImageSpecification(config, options.directory);
  if (hasErrors(diagnostics)) return answer(proposed, { diagnostics });
  if (!isKnown(config)) return answer(withUnknownImage(proposed), { requiresReplace: replacing(prior) });
  const image = await planImage(specification, options.store, { clock: options.clock, signal });
  if (image.kind === "invalid") return answer(proposed, { diagnostics: image.diagnostics });
  const pinned = textOf(prior, "digest");
  const same = !isNull(prior) && parseMemory(request.private)?.inputs === image.inputs;
  const digest = same && pinned !== undefined ? parseId<"image">(pinned) : digestOf(image);
  if (digest === undefined) {
    return answer(withUnknownImage(proposed), {
      requiresReplace: replacing(prior),
      private: printMemory(image),
    });
  }
  remember(options, specification, digest);
  const planned = withAttributes(proposed, {
    digest,
    ref: formatImageRef({ name: specification.name, digest }),
    size: same || image.kind === "unknown" ? attribute(prior, "size") : image.size,
  });
  return answer(planned, {
    requiresReplace: pinned === digest ? [] : replacing(prior),
    private: printMemory(image),
  });
}

function digestOf(image: ImagePlan): ImageDigest | undefined {
  return image.kind === "known" ? image.digest : undefined;
}

function replacing(prior: Value): PlanAnswer["requiresReplace"] {
  return isNull(prior) ? [] : [[{ kind: "attribute", name: "digest" }]];
}

function withUnknownImage(proposed: Value): Value {
  const text = () => unknownValue(STRING, { notNull: true });
  return withAttributes(proposed, {
    digest: text(),
    ref: text(),
    size: unknownValue(NUMBER, { notNull: true }),
  });
}

/** Fleets of the same plan ask how the image is run before it is in the store. */
function remember(
  { store, planned }: ImageOptions,
  specification: ImageSpecification,
  digest: ImageDigest,
): void {
  const { base } = specification;
  const below = base === "scratch" ? undefined : (planned.get(base) ?? stored(store, base));
  const ownEntrypoint = specification.entrypoint.length > 0;
  planned.set(digest, {
    entrypoint: ownEntrypoint ? specification.entrypoint : (below?.entrypoint ?? []),
    // An entrypoint of one's own makes the base's arguments meaningless.
    command:
      specification.command.length > 0 || ownEntrypoint ? specification.command : (below?.command ?? []),
    environment: { ...below?.environment, ...specification.env },
    workdir: specification.workdir === "" ? (below?.workdir ?? "/") : specification.workdir,
  });
}

/** How an image of the store is run; undefined where the store does not have it. */
export function stored(store: ImageStore, digest: ImageDigest): ImageSettings | undefined {
  if (!store.has(digest)) return undefined;
  const { entrypoint, command, env, workdir } = store.config(digest);
  return { entrypoint, command, environment: env, workdir };
}

function parseMemory(text: string): ImageMemory | undefined {
  return text === "" ? undefined : (JSON.parse(text) as ImageMemory);
}

function printMemory({ inputs }: ImageMemory): string {
  return JSON.stringify({ inputs });
}
