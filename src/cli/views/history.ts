import type { GenerationRecord } from "../../engine/index.ts";
import type { Console } from "../console.ts";
import { table } from "./table.ts";

/** Lists generations, newest first. */
export function showHistory(console: Console, generations: readonly GenerationRecord[], json: boolean): void {
  if (json) {
    console.out(
      `${JSON.stringify({ format_version: "1.0", generations: generations.toReversed() }, undefined, 2)}\n`,
    );
    return;
  }
  if (generations.length === 0) {
    console.out("No generations. Each apply that changes something makes one.\n");
    return;
  }
  const rows = generations.toReversed().map((generation) => {
    const { opening, closing } = generation;
    const git =
      opening.git === undefined ? "" : `${opening.git.commit.slice(0, 8)}${opening.git.dirty ? "+" : ""}`;
    return [
      String(generation.number),
      closing?.outcome ?? "open",
      closing === undefined ? "" : `+${closing.added} ~${closing.changed} -${closing.destroyed}`,
      new Date(opening.openedAt).toISOString().slice(0, 19).replace("T", " "),
      opening.who,
      git,
      opening.command,
      closing?.reasons[0]?.split("\n")[0] ?? "",
    ];
  });
  const head = ["GENERATION", "OUTCOME", "CHANGES", "AT (UTC)", "BY", "GIT", "WITH", "BECAUSE"];
  console.out(`${table([head, ...rows]).join("\n")}\n`);
}
