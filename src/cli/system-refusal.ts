import { errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";

/** What the system refuses for reasons that only the user can mend, by the error's code, with what mends it. */
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES:
    "Give your user the permission, or choose another place: KILN_HOME says where Kiln keeps its own things.",
  EPERM:
    "Give your user the permission, or choose another place: KILN_HOME says where Kiln keeps its own things.",
  EROFS:
    "Make the file system writable, or choose another place: KILN_HOME says where Kiln keeps its own things.",
  ENOSPC: "Free some space on that file system, and run the command again.",
  EDQUOT: "Free some space of your quota, and run the command again.",
  ENOTDIR: "Move the file that is in the way of a directory.",
  EMFILE: "Raise the limit of open files (ulimit -n), and run the command again.",
  ENFILE: "Close other programs: the machine has no open files left.",
};

/** The diagnostic for an error of the system's that is no bug of Kiln's; undefined for any other. */
export function systemRefusal(error: unknown): Diagnostic | undefined {
  if (!isSystemError(error)) return undefined;
  const remedy = REMEDIES[error.code ?? ""];
  if (remedy === undefined) return undefined;
  const place = error.path === undefined ? "" : ` at ${error.path}`;
  return errorDiagnostic(
    "The system refused",
    `${error.message}${error.message.includes(error.path ?? " ") ? "" : place}.`,
    {
      remedy,
    },
  );
}
