import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";

/** A file of the store does not have the content that it is named after. */
export function corruptBlob(digest: string, file: string, reason: string): DiagnosticError {
  return new DiagnosticError([
    errorDiagnostic("Image store is damaged", `The blob ${digest} ${reason} (${file}).`, {
      remedy: "Remove that file, and fire the images that need it again.",
    }),
  ]);
}

/** The store has no such image. */
export function missingImage(digest: string, directory: string): DiagnosticError {
  return new DiagnosticError([
    errorDiagnostic("Image is not in the store", `There is no image ${digest} in ${directory}.`, {
      remedy: "Fire it again with an apply.",
    }),
  ]);
}
