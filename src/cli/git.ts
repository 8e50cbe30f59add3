import { execFile } from "node:child_process";
import type { GitPosition } from "../engine/index.ts";

/** Git may be slow on a huge tree; the history does without it then. */
const LIMIT = 2_000;

/** The commit that a directory's work tree is at; undefined outside of one, or where there is no git. */
export async function gitPosition(directory: string): Promise<GitPosition | undefined> {
  const [commit, changes] = await Promise.all([
    git(directory, ["rev-parse", "HEAD"]),
    git(directory, ["status", "--porcelain", "--untracked-files=no"]),
  ]);
  if (commit === undefined || changes === undefined) return undefined;
  return { commit: commit.trim(), dirty: changes !== "" };
}

function git(directory: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile("git", ["-C", directory, ...words], { timeout: LIMIT }, (error, output) => {
      resolve(error === null ? output : undefined);
    });
  });
}
