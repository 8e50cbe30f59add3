/** How a request can fail. */
export type FailureKind = "refused" | "reset" | "timedOut" | "truncated" | "wrong";

/** What is known of a failure, for the one who has to find out why. */
export interface FailureSample {
  readonly kind: string;
  /** Number of the request, from 1. */
  readonly request: number;
  readonly detail: string;
}

/** Counts from the start on: a line of the client's output. */
export interface LoadLine {
  readonly seconds: number;
  readonly sent: number;
  /** Right answers. */
  readonly answered: number;
  /** Requests that the client wanted to send and had no connection free for: not sent, not failed. */
  readonly skipped: number;
  readonly failed: Readonly<Record<FailureKind, number>> & {
    readonly total: number;
    readonly status: Readonly<Record<string, number>>;
  };
  /** Right answers by the version that they named. */
  readonly versions: Readonly<Record<string, number>>;
  /** When each version last answered, in milliseconds since the epoch. */
  readonly lastAnswered: Readonly<Record<string, number>>;
  /** When the youngest request was sent that each version answered. */
  readonly lastSent: Readonly<Record<string, number>>;
  /** Requests that an instance took with it, by instance; not among the failed. */
  readonly lost: Readonly<Record<string, number>>;
  /** Present in the last line only. */
  readonly final?: true;
  /** Milliseconds; in the last line only. */
  readonly latency?: { readonly p50: number; readonly p99: number; readonly most: number };
  readonly samples?: readonly FailureSample[];
}

const MOST_SAMPLES = 20;
const MOST_LATENCIES = 2_000_000;

/** Counts outcomes. */
export class Tally {
  sent = 0;
  skipped = 0;
  private answeredCount = 0;
  private readonly failures: Record<FailureKind, number> = {
    refused: 0,
    reset: 0,
    timedOut: 0,
    truncated: 0,
    wrong: 0,
  };
  private readonly statuses: Record<string, number> = {};
  private readonly versions: Record<string, number> = {};
  private readonly lastAnswered: Record<string, number> = {};
  private readonly lastSent: Record<string, number> = {};
  private readonly lost: Record<string, number> = {};
  private readonly latencies: number[] = [];
  private readonly samples: FailureSample[] = [];

  answered(version: string, latency: number): void {
    this.answeredCount++;
    this.versions[version] = (this.versions[version] ?? 0) + 1;
    const now = Date.now();
    this.lastAnswered[version] = now;
    this.lastSent[version] = Math.max(this.lastSent[version] ?? 0, Math.floor(now - latency));
    if (this.latencies.length < MOST_LATENCIES) this.latencies.push(latency);
  }

  failed(kind: FailureKind, request: number, detail: string): void {
    this.failures[kind]++;
    this.sample(kind, request, detail);
  }

  failedStatus(status: number, request: number, detail: string): void {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    this.sample(`status ${status}`, request, detail);
  }

  lostWith(instance: string): void {
    this.lost[instance] = (this.lost[instance] ?? 0) + 1;
  }

  line(seconds: number): LoadLine {
    const byKind = Object.values(this.failures).reduce((sum, count) => sum + count, 0);
    const byStatus = Object.values(this.statuses).reduce((sum, count) => sum + count, 0);
    return {
      seconds: Math.round(seconds * 10) / 10,
      sent: this.sent,
      answered: this.answeredCount,
      skipped: this.skipped,
      failed: { ...this.failures, status: this.statuses, total: byKind + byStatus },
      versions: this.versions,
      lastAnswered: this.lastAnswered,
      lastSent: this.lastSent,
      lost: this.lost,
    };
  }

  finalLine(seconds: number): LoadLine {
    const sorted = this.latencies.toSorted((a, b) => a - b);
    const at = (share: number) =>
      Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 100) / 100;
    const latency = { p50: at(0.5), p99: at(0.99), most: at(1) };
    return { ...this.line(seconds), final: true, latency, samples: this.samples };
  }

  private sample(kind: string, request: number, detail: string): void {
    if (this.samples.length < MOST_SAMPLES) this.samples.push({ kind, request, detail });
  }
}
