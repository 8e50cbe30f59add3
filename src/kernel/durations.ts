import type { Milliseconds } from "./clock.ts";

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/**
 * Reads a duration as Go writes them, in whole or decimal parts: `30s`, `1m30s`, `1.5h`, `250ms`, `0`.
 * Returns undefined where the text is none.
 */
export function parseDuration(text: string): Milliseconds | undefined {
  if (text === "0") return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)) {
    total += Number(amount) * (UNITS[unit ?? ""] ?? Number.NaN);
  }
  return total;
}

/** Writes a duration for people: `250ms`, `3.2s`, `1m30s`, `2h5m`. */
export function formatDuration(duration: Milliseconds): string {
  if (duration < 1000) return `${Math.round(duration)}ms`;
  if (duration < 60_000) return `${Number((duration / 1000).toFixed(1))}s`;
  const seconds = Math.round(duration / 1000);
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = seconds % 60;
  if (hours > 0) return minutes > 0 ? `${hours}h${minutes}m` : `${hours}h`;
  return rest > 0 ? `${minutes}m${rest}s` : `${minutes}m`;
}
