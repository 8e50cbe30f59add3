import type { BigIntStats } from "node:fs";
import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { WHITEOUT_PREFIX } from "./entries.ts";

/** A device, socket or pipe, which an image cannot hold. */
export function specialFile(path: string, stats: BigIntStats): Diagnostic {
  const kind = stats.isSocket()
    ? "a socket"
    : stats.isFIFO()
      ? "a named pipe"
      : stats.isBlockDevice() || stats.isCharacterDevice()
        ? "a device"
        : "of an unknown type";
  return errorDiagnostic(
    "File of a kind that an image cannot hold",
    `${path} is ${kind}; an image holds files, directories and symbolic links.`,
    { remedy: "Remove it, or leave it out with a line in .dockerignore." },
  );
}

/** A name that means a removal in a layer (OCI image specification, whiteouts). */
export function reservedName(path: string): Diagnostic {
  return errorDiagnostic(
    "File name that an image cannot hold",
    `The name of ${path} begins with ${WHITEOUT_PREFIX}, which marks a removed file in an image layer.`,
    { remedy: "Rename it, or leave it out with a line in .dockerignore." },
  );
}

/** Somebody writes to it all the time. */
export function changedFile(path: string): Diagnostic {
  return errorDiagnostic(
    "File changes while it is read",
    `${path} was written to each time Kiln read it, so that no one content of it can be in the image.`,
    { remedy: "End what writes to it, or leave it out with a line in .dockerignore." },
  );
}
