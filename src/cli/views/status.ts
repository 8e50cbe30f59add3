import type { FleetView } from "../../api/index.ts";
import type { Console } from "../console.ts";
import { fleetText } from "./fleet-text.ts";

/** Shows fleets, and what may be tried next. */
export function showStatus(console: Console, fleets: readonly FleetView[], json: boolean, now: number): void {
  if (json) {
    console.out(`${JSON.stringify({ format_version: "1.0", fleets }, undefined, 2)}\n`);
    return;
  }
  if (fleets.length === 0) {
    console.out('No fleets.\n\nTry "kiln up DIR" with a directory whose configuration has a kiln_fleet.\n');
    return;
  }
  for (const view of fleets) console.out(`${fleetText(view, now, console.style)}\n\n`);
  const suggestions = whatNext(fleets);
  console.out(`${console.style.bold("Try next:")}\n${suggestions.map((line) => `  ${line}\n`).join("")}`);
}

function whatNext(fleets: readonly FleetView[]): string[] {
  const [first] = fleets;
  if (first === undefined) return [];
  const name = first.fleet.specification.name;
  const lines: string[] = [];
  if (first.fleet.serving === undefined) return [`kiln logs ${name}`, `kiln why ${name}`];
  if (first.endpoint !== undefined) lines.push(`curl ${first.endpoint}`);
  lines.push(`kiln logs ${name}`, `kiln why ${name}`);
  if (first.fleet.hold !== undefined) lines.push(`kiln rollout resume ${name}`);
  else if (first.releases.some((release) => release.good && release.number < (first.fleet.serving ?? 0))) {
    lines.push(`kiln rollback ${name}`);
  } else lines.push(`kiln scale ${name}=${first.replicas + 1}`);
  return lines;
}
