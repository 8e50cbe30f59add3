import { formatDuration } from "../../kernel/index.ts";
import type { KilnEvent } from "../../kernel/index.ts";

/** What an event tells a person, in one line; undefined for what only programs care about. */
export function eventText(event: KilnEvent): string | undefined {
  switch (event.kind) {
    case "image_step":
      return `image ${event.image}: ${event.step}${event.cached ? " (unchanged)" : ` [${formatDuration(event.elapsed)}]`}`;
    case "image_output":
      return `image ${event.image}: ${event.line}`;
    case "image_fired":
      return `image ${event.image}: fired ${event.digest.slice(0, 19)} (${formatBytes(event.size)}) in ${formatDuration(event.elapsed)}`;
    case "rollout_started":
      return `${event.name}: ${event.rollout} of release ${event.target}${event.base === undefined || event.base === event.target ? "" : ` in place of ${event.base}`} (${event.who}: ${event.why})`;
    case "instance_starting":
      return undefined;
    case "instance_started":
      return `${event.name}: release ${event.release} instance ${shortId(event.instance)} started${event.pid === undefined ? "" : ` (process ${event.pid})`}`;
    case "instance_verified":
      return `${event.name}: release ${event.release} instance ${shortId(event.instance)} verified after ${formatDuration(event.elapsed)}`;
    case "instance_failed":
      return `${event.name}: release ${event.release} instance ${shortId(event.instance)} failed: ${event.reason}`;
    case "instance_lost_requests":
      return `${event.name}: instance ${shortId(event.instance)} took ${event.count} request${event.count === 1 ? "" : "s"} with it`;
    case "instance_drifted":
      return `${event.name}: instance ${shortId(event.instance)} drifted: ${event.subjects.join(", ")}`;
    case "instance_adopted":
      return `${event.name}: release ${event.release} instance ${shortId(event.instance)} adopted`;
    case "instance_retiring":
      return undefined;
    case "instance_gone":
      return `${event.name}: release ${event.release} instance ${shortId(event.instance)} gone: ${event.reason}`;
    case "crash_loop":
      return `${event.name}: crashed ${event.failures} times in a row; the next start waits`;
    case "rollout_prepared":
      return `${event.name}: release ${event.target} is verified and waits for the switch`;
    case "decided":
      return event.decision === "commit" ? "decided: switch" : `decided: take back (${event.reason})`;
    case "switched":
      return `${event.name}: traffic switched ${event.from === undefined ? "" : `from release ${event.from} `}to release ${event.to} in ${formatDuration(event.elapsed)}`;
    case "bake_started":
      return event.duration === 0
        ? undefined
        : `${event.name}: release ${event.target} bakes for ${formatDuration(event.duration)}`;
    case "bake_ended":
      return `${event.name}: bake ${event.vote}${event.reason === "" ? "" : `: ${event.reason}`}`;
    case "verdict":
      return event.verdict === "kept" ? "verdict: kept" : `verdict: switch back (${event.reason})`;
    case "rollout_ended":
      return event.outcome === "complete"
        ? `${event.name}: release ${event.target} is in place`
        : `${event.name}: release ${event.target} was ${event.switched ? "switched back" : "thrown away"}: ${event.reason}`;
    case "scaled":
      return `${event.name}: scaled ${event.from} -> ${event.to} (${event.who})`;
    case "held":
      return `${event.name}: held at release ${event.at}, rolled back from ${event.from} (${event.who})`;
    case "hold_ended":
      return `${event.name}: no longer held (${event.who})`;
    case "fleet_destroying":
      return `${event.name}: being destroyed (${event.who})`;
    case "fleet_destroyed":
      return `${event.name}: destroyed`;
    case "drain_cut":
      return `${event.name}: release ${event.release} was still answering ${event.requests.length} request${event.requests.length === 1 ? "" : "s"} when its drain ended: ${event.requests.join(", ")}`;
    case "daemon_started":
      return `daemon started (process ${event.pid})`;
    case "daemon_stopping":
      return "daemon stopping";
    case "proxy_started":
      return `proxy started (process ${event.pid})`;
    case "proxy_ended":
      return `proxy ended: ${event.reason}`;
    default:
      return undefined;
  }
}

/** The last characters of an id: enough to tell instances of one fleet apart. */
export function shortId(id: string): string {
  return id.slice(-6);
}

const UNITS = ["B", "KB", "MB", "GB", "TB"] as const;

/** `1.5 MB`, in powers of 1000. */
export function formatBytes(bytes: number): string {
  let amount = bytes;
  let unit = 0;
  while (amount >= 1000 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit++;
  }
  return `${unit === 0 ? amount : amount.toFixed(1)} ${UNITS[unit] ?? "B"}`;
}
