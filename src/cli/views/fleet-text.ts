import type { FleetView, InstanceRecord, ReleaseMetrics, ReleaseRecord } from "../../api/index.ts";
import { formatDuration, quantileOf } from "../../kernel/index.ts";
import { shortId } from "./event-text.ts";
import type { Style } from "./style.ts";
import { table } from "./table.ts";

/** Instances that one character of a histogram's bar stands for, at most this many characters. */
const LONGEST_BAR = 24;
/** What a person sees of one fleet: address, releases as a histogram, rollout. */
export function fleetText(view: FleetView, now: number, style: Style): string {
  const { fleet } = view;
  const where = view.endpoint ?? "worker, no address";
  const lines = [
    `${style.bold(fleet.specification.name)}  ${style.cyan(where)}  ${style.dim(fleet.address)}`,
  ];
  const shown = shownReleases(view);
  const longest = Math.max(1, ...shown.map((release) => instancesOf(view, release).length), view.replicas);
  const scale = Math.max(1, longest / LONGEST_BAR);
  lines.push(
    ...table(
      shown.map((release) => {
        const instances = instancesOf(view, release);
        const ready = instances.filter((instance) => instance.phase.kind === "verified").length;
        const bar =
          "█".repeat(Math.round(ready / scale)) + "░".repeat(Math.round((instances.length - ready) / scale));
        return [
          `  release ${release.number}`,
          colourOf(release, style)(bar.padEnd(Math.round(longest / scale))),
          `${ready} of ${release.number === fleet.serving ? view.replicas : instances.length} ready`,
          statusText(release, now),
          metricsText(view.metrics.find((metrics) => metrics.release === release.number)),
        ];
      }),
    ),
  );
  const rollout = rolloutText(view, now);
  if (rollout !== undefined) lines.push(`  rollout    ${rollout}`);
  if (fleet.hold !== undefined) {
    lines.push(
      `  ${style.yellow("held")}       at release ${fleet.hold.at}, rolled back from ${fleet.hold.from} by ${fleet.hold.who}`,
    );
  }
  if (fleet.scaledTo !== undefined && fleet.scaledTo !== fleet.specification.replicas) {
    lines.push(
      `  ${style.yellow("scaled")}     to ${fleet.scaledTo}; the configuration says ${fleet.specification.replicas}`,
    );
  }
  if (fleet.destroying) lines.push(`  ${style.yellow("being destroyed")}`);
  for (const { instance, count } of view.lost) {
    lines.push(
      `  ${style.yellow("lost")}       ${count} request${count === 1 ? "" : "s"} in flight at instance ${shortId(instance)} when it died`,
    );
  }
  return lines.join("\n");
}

/** The serving release, whatever still runs, and the last that failed. */
function shownReleases(view: FleetView): ReleaseRecord[] {
  const newestFirst = view.releases.toSorted((a, b) => b.number - a.number);
  return newestFirst.filter(
    (release) =>
      release.number === view.fleet.serving ||
      instancesOf(view, release).length > 0 ||
      release.number === view.rollout?.target,
  );
}

function instancesOf(view: FleetView, release: ReleaseRecord): InstanceRecord[] {
  return view.instances.filter((instance) => instance.release === release.number);
}

function colourOf(release: ReleaseRecord, style: Style): (text: string) => string {
  switch (release.status) {
    case "serving":
      return style.green;
    case "aborted":
      return style.red;
    case "preparing":
      return style.cyan;
    default:
      return style.dim;
  }
}

/** What a release is doing, as one word or two. */
export function statusText(release: ReleaseRecord, now: number): string {
  if (release.status === "warm" && release.warmUntil !== undefined) {
    return `warm for ${formatDuration(Math.max(0, release.warmUntil - now))}`;
  }
  if (release.status === "aborted" && release.reason !== undefined) {
    return `aborted: ${release.reason.split("\n")[0] ?? ""}`;
  }
  return release.status;
}

function rolloutText(view: FleetView, now: number): string | undefined {
  const { rollout } = view;
  if (rollout === undefined) return undefined;
  const { phase } = rollout;
  switch (phase.kind) {
    case "complete":
    case "aborted":
      return undefined;
    case "baking":
      return `release ${rollout.target} is baking, ${formatDuration(Math.max(0, phase.until - now))} left`;
    case "voted":
      return `release ${rollout.target}: bake ${phase.vote}`;
    default:
      return `release ${rollout.target} is ${phase.kind}`;
  }
}

/** `99.98 % of 12000  p50 1.2 ms  p99 4.0 ms`; empty where nothing was answered. */
export function metricsText(metrics: ReleaseMetrics | undefined): string {
  if (metrics === undefined) return "";
  const total = metrics.answers.reduce((sum, count) => sum + count, 0);
  if (total === 0) return "";
  const failed = (metrics.answers[0] ?? 0) + (metrics.answers[5] ?? 0);
  const rate = (((total - failed) / total) * 100).toFixed(2);
  return `${rate} % of ${total}  p50 ${quantile(metrics.latency, 0.5)}  p99 ${quantile(metrics.latency, 0.99)}`;
}

function quantile(latency: readonly number[], share: number): string {
  const bound = quantileOf(latency, share);
  if (bound === undefined) return "-";
  return `${bound < 10 ? bound.toFixed(1) : Math.round(bound)} ms`;
}
