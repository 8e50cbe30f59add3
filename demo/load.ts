import { spawn } from "node:child_process";
import path from "node:path";
import { createInterface } from "node:readline";
import type { LoadLine } from "../test/load/tally.ts";

/** Requests in a second, over kept-alive and fresh connections. */
export const REQUEST_RATE = 700;
/** Milliseconds between the client's reports. */
const REPORT_INTERVAL = 100;
/** The request that is planted to fail under `-break`. */
const PLANTED_REQUEST = 3000;

/** A separate process that loads the address and never sends anything twice. */
export interface Load {
  /** The last figures that were reported. */
  figures(): LoadLine;
  /** Figures that are surely newer than this moment. */
  next(): Promise<LoadLine>;
  /** Sends nothing more, waits for what is in flight, ends. */
  stop(): Promise<LoadLine>;
}

export const NOTHING: LoadLine = {
  seconds: 0,
  sent: 0,
  answered: 0,
  skipped: 0,
  failed: { refused: 0, reset: 0, timedOut: 0, truncated: 0, wrong: 0, status: {}, total: 0 },
  versions: {},
  lastAnswered: {},
  lastSent: {},
  lost: {},
};

export function startLoad(url: string, planted: boolean): Load {
  const client = path.join(import.meta.dirname, "..", "test", "load", "client.ts");
  const options = {
    url,
    rate: REQUEST_RATE,
    every: REPORT_INTERVAL,
    ...(planted ? { break: PLANTED_REQUEST } : {}),
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(process.execPath, [client, ...args], { stdio: ["pipe", "pipe", "inherit"] });
  let latest = NOTHING;
  let waiting: ((figures: LoadLine) => void)[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve());
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    latest = JSON.parse(line);
    const now = waiting;
    waiting = [];
    now.forEach((resolve) => resolve(latest));
  });
  const report = () => new Promise<LoadLine>((resolve) => waiting.push(resolve));
  return {
    figures: () => latest,
    // The one that comes next may have been written before this moment.
    next: async () => {
      await report();
      return report();
    },
    stop: async () => {
      child.stdin.end("stop\n");
      await ended;
      return latest;
    },
  };
}

/** All requests lost with an instance together. */
export function lostRequests(figures: Pick<LoadLine, "lost">): number {
  return Object.values(figures.lost).reduce((sum, count) => sum + count, 0);
}

/** Counts of `after` that `before` had not. */
export function newCounts(
  before: Readonly<Record<string, number>>,
  after: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(after)
      .map(([key, count]) => [key, count - (before[key] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  );
}
