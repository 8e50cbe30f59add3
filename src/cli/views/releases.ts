import type { FleetView } from "../../api/index.ts";
import type { Console } from "../console.ts";
import { statusText } from "./fleet-text.ts";
import { table } from "./table.ts";

/** Lists a fleet's releases, newest first. */
export function showReleases(console: Console, view: FleetView, json: boolean, now: number): void {
  const releases = view.releases.toReversed();
  if (json) {
    console.out(
      `${JSON.stringify({ format_version: "1.0", fleet: view.fleet.specification.name, releases }, undefined, 2)}\n`,
    );
    return;
  }
  const rows = releases.map((release) => [
    `${release.number === view.fleet.serving ? "*" : " "} ${release.number}`,
    statusText(release, now),
    release.content.image.slice(7, 19),
    String(view.instances.filter((instance) => instance.release === release.number).length),
    new Date(release.createdAt).toISOString().slice(0, 19).replace("T", " "),
    release.createdBy,
    release.why,
  ]);
  const head = ["  RELEASE", "STATUS", "IMAGE", "INSTANCES", "MADE AT (UTC)", "BY", "WITH"];
  console.out(`${table([head, ...rows]).join("\n")}\n`);
}
