import type { Drift } from "../../operations/index.ts";
import type { Console } from "../console.ts";
import { shortId } from "./event-text.ts";
import { table } from "./table.ts";

/** Shows where reality differs from what was recorded. */
export function showDrift(console: Console, drift: Drift, json: boolean): void {
  const resources = drift.resources.map(({ text, action }) => ({ address: text, action }));
  if (json) {
    console.out(
      `${JSON.stringify({ format_version: "1.0", fleets: drift.fleets, held: drift.held, resources }, undefined, 2)}\n`,
    );
    return;
  }
  const { style } = console;
  if (drift.fleets.length === 0 && resources.length === 0) {
    console.out(`${style.bold(style.green("No drift."))} What runs is what was recorded.\n`);
  }
  for (const { name, hold } of drift.held) {
    console.out(
      `${style.bold(name)} is ${style.yellow("held")} at release ${hold.at}, rolled back from ${hold.from} by ${hold.who}\n`,
    );
  }
  for (const fleet of drift.fleets) {
    console.out(`${style.bold(fleet.name)} has drifted; the daemon replaces what did:\n`);
    const rows = fleet.drift.map((one) => [
      `  ${style.yellow("~")} ${shortId(one.instance)}`,
      one.kind.replace("_", " "),
      one.subject,
      one.kind === "file_added" || one.kind === "file_removed"
        ? ""
        : `${brief(one.expected)} -> ${brief(one.found)}`,
    ]);
    console.out(`${table(rows).join("\n")}\n\n`);
  }
  for (const { address, action } of resources) {
    console.out(`${style.bold(address)} ${action === "delete" ? "is gone" : "has changed"}\n`);
  }
}

function brief(text: string): string {
  return text.startsWith("sha256:") ? text.slice(0, 15) : text;
}
