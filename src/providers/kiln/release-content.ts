import type { ReleaseContent } from "../../api/index.ts";
import { digestOf, errorDiagnostic, parseId } from "../../kernel/index.ts";
import type { Diagnostic, ImageDigest } from "../../kernel/index.ts";
import type { FleetSettings } from "./fleet-settings.ts";

/** What an image says of how it is run. */
export interface ImageSettings {
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workdir: string;
}

/** What fleets need to know of the machine and its images; the composition root brings it. */
export interface FleetSurroundings {
  /** What an image says, whether it is in the store or only planned by this process; undefined: unknown here. */
  image(digest: ImageDigest): Promise<ImageSettings | undefined>;
  /** The machine's program that a command names; undefined where the command is a file of the image. */
  executable(
    command: string,
  ): Promise<{ readonly executable?: ReleaseContent["executable"] } | { readonly diagnostic: Diagnostic }>;
}

export type Composition =
  | { readonly kind: "composed"; readonly content: ReleaseContent; readonly digest: string }
  | { readonly kind: "refused"; readonly diagnostics: readonly Diagnostic[] };

/** The digest at the end of an image reference, as `web@sha256:...`; undefined where it has none. */
export function digestOfRef(ref: string): ImageDigest | undefined {
  const digest = /(?:^|@)(sha256:[0-9a-f]{64})$/.exec(ref)?.[1];
  return digest === undefined ? undefined : parseId<"image">(digest);
}

/** Everything a release is made of, from a fleet's settings and its image. */
export async function composeRelease(
  settings: FleetSettings,
  ref: string,
  surroundings: FleetSurroundings,
): Promise<Composition> {
  const digest = digestOfRef(ref);
  const image = digest === undefined ? undefined : await surroundings.image(digest);
  if (digest === undefined || image === undefined) return refused(unknownImage(ref, digest));
  const command = settings.command ?? [...image.entrypoint, ...image.command];
  const program = command[0];
  if (program === undefined) {
    return refused(
      errorDiagnostic(
        "Nothing to run",
        `Neither fleet ${settings.name} has a command, nor its image an entrypoint or a command.`,
        { attribute: "command", remedy: 'Set entrypoint on the image, as ["node", "server.js"].' },
      ),
    );
  }
  const found = await surroundings.executable(program);
  if ("diagnostic" in found) return refused(found.diagnostic);
  const content: ReleaseContent = {
    runtime: "process",
    image: digest,
    command,
    ...(found.executable === undefined ? {} : { executable: found.executable }),
    workdir: settings.workdir ?? image.workdir,
    environment: { ...image.environment, ...settings.environment },
    secrets: {},
    health: settings.health,
    mounts: [],
    limits: {},
    ...(settings.port === undefined ? {} : { port: settings.port }),
    stopTimeout: settings.stopTimeout,
  };
  return { kind: "composed", content, digest: digestOf(content) };
}

function refused(diagnostic: Diagnostic): Composition {
  return { kind: "refused", diagnostics: [diagnostic] };
}

function unknownImage(ref: string, digest: ImageDigest | undefined): Diagnostic {
  return digest === undefined
    ? errorDiagnostic(
        "Unsupported image reference",
        `"${ref}" is no reference of a kiln_image. Images of registries cannot be run yet.`,
        { attribute: "image", remedy: "Set image to the ref of a kiln_image, such as kiln_image.web.ref." },
      )
    : errorDiagnostic("Image not found", `The image store has no image ${ref}.`, {
        attribute: "image",
        remedy: "Fire it with a kiln_image in this configuration.",
      });
}
