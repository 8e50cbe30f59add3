import { errorDiagnostic, isSystemError } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const CODE = {
  busy: 5,
  readonly: 8,
  ioError: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notDatabase: 26,
} as const;

/** An I/O error is reported as this one where the file system says that there is no space (extended code). */
const IO_ERROR_WRITE = 778;

interface SqliteError extends Error {
  readonly errcode: number;
}

function isSqliteError(error: unknown): error is SqliteError {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number";
}

/** Whether a write failed because there was no room for it. */
export function isDiskFull(error: unknown): boolean {
  if (isSqliteError(error)) return primary(error) === CODE.full || error.errcode === IO_ERROR_WRITE;
  return isSystemError(error, "ENOSPC") || isSystemError(error, "EDQUOT");
}

/** Whether another connection holds the lock that was asked for. */
export function isBusy(error: unknown): boolean {
  return isSqliteError(error) && primary(error) === CODE.busy;
}

/** Says in words for people what is the matter with a store's file. Undefined: the error is a bug. */
export function storeDiagnostic(file: string, error: unknown): Diagnostic | undefined {
  if (isDiskFull(error)) {
    return errorDiagnostic("The disk is full", `Nothing more can be written to ${file}.`, {
      remedy: "Free some space on that disk, then run the command again.",
    });
  }
  if (isSystemError(error) && !isSqliteError(error)) {
    return errorDiagnostic("Kiln's store cannot be opened", `${file}: ${error.message}.`, {
      remedy: "Make the file and its directory readable and writable for you.",
    });
  }
  if (!isSqliteError(error)) return undefined;
  switch (primary(error)) {
    case CODE.corrupt:
    case CODE.notDatabase:
      return damaged(file, error.message);
    case CODE.readonly:
    case CODE.cannotOpen:
    case CODE.ioError:
      return errorDiagnostic("Kiln's store cannot be opened", `${file}: ${error.message}.`, {
        remedy: "Make the file and its directory readable and writable for you, and the disk sound.",
      });
    case CODE.busy:
      return errorDiagnostic(
        "Kiln's store is in use",
        `Another process has locked ${file} for several seconds.`,
        {
          remedy: "Wait until that process has ended, then run the command again.",
        },
      );
    default:
      return undefined;
  }
}

/** The file is there, and what it holds cannot be understood. */
export function damaged(file: string, what: string): Diagnostic {
  return errorDiagnostic(
    "Kiln's store is damaged",
    `${file} cannot be read: ${what}. Nothing was changed in it.`,
    {
      remedy: `Restore ${file} from a backup, or move it (and the files beside it that begin with its name) away; what it recorded is then unknown to Kiln.`,
    },
  );
}

function primary(error: SqliteError): number {
  return error.errcode & 0xff;
}
