import { DiagnosticError, errorDiagnostic } from "../../kernel/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";

/** The primary result code of SQLite for a full disk (https://www.sqlite.org/rescode.html). */
const SQLITE_FULL = 13;

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

/** What the system says when the store cannot be read or written, in words for people. */
export function storeProblem(directory: string, error: NodeJS.ErrnoException): Diagnostic {
  // The store's locks are SQLite's, which names the same matter by its result code.
  const full =
    error.code === "ENOSPC" ||
    error.code === "EDQUOT" ||
    ("errcode" in error && error.errcode === SQLITE_FULL);
  return errorDiagnostic(
    full ? "No space left for images" : "Image store cannot be used",
    `${directory}: ${error.message}.`,
    {
      remedy: full
        ? "Make room on the disk, then run the command again."
        : "Make the directory writable for the user who runs Kiln, or set KILN_HOME to another one.",
    },
  );
}
