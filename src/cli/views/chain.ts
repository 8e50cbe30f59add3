import type { DaemonRecordedEvent, FleetView } from "../../api/index.ts";
import type { Console } from "../console.ts";
import { eventText } from "./event-text.ts";

/** Shows events as a story: when, and what. */
export function showChain(
  console: Console,
  view: FleetView,
  events: readonly DaemonRecordedEvent[],
  json: boolean,
): void {
  const name = view.fleet.specification.name;
  if (json) {
    console.out(`${JSON.stringify({ format_version: "1.0", fleet: name, events }, undefined, 2)}\n`);
    return;
  }
  const { style } = console;
  const serving = view.fleet.serving;
  console.out(
    `${style.bold(name)} runs ${serving === undefined ? "nothing" : `release ${serving}`}, because:\n\n`,
  );
  for (const { at, event } of events) {
    const text = eventText(event);
    if (text === undefined) continue;
    const time = new Date(at).toISOString().slice(0, 23).replace("T", " ");
    console.out(`  ${style.dim(time)}  ${text.replaceAll("\n", "\n    ")}\n`);
    if (event.kind === "instance_failed" && event.output !== "") {
      const output = event.output.trimEnd().split("\n");
      console.out(output.map((line) => `    ${style.dim("│")} ${line}\n`).join(""));
    }
  }
}
