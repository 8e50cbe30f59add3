import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { FileKind, FunctionFiles } from "./definition.ts";

/** The machine's files; relative paths start at `baseDirectory`. */
export function systemFiles(baseDirectory: string): FunctionFiles {
  return {
    read: (file) => {
      try {
        return readFileSync(path.resolve(baseDirectory, file));
      } catch {
        // Unreadable for whatever reason: the functions say so in their own words.
        return undefined;
      }
    },
    kind: (file) => kindOf(path.resolve(baseDirectory, file)),
  };
}

function kindOf(file: string): FileKind {
  try {
    const stat = statSync(file);
    return stat.isFile() ? "file" : stat.isDirectory() ? "directory" : "other";
  } catch {
    // Missing, or below something that is no directory, or not to be seen: there is no file to use.
    return "missing";
  }
}
