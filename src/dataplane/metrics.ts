import type { FleetId, ReleaseNumber } from "../kernel/index.ts";
import { LATENCY_BUCKETS, latencyBucket } from "../kernel/index.ts";
import type { ReleaseMetrics } from "../traffic/index.ts";

/** Cumulative figures of one release behind one route. */
export class ReleaseFigures {
  readonly fleet: FleetId;
  readonly release: ReleaseNumber;
  retries = 0;
  inFlight = 0;
  private readonly answers = [0, 0, 0, 0, 0, 0];
  private readonly latency = Array.from({ length: LATENCY_BUCKETS }, () => 0);

  constructor(fleet: FleetId, release: ReleaseNumber) {
    this.fleet = fleet;
    this.release = release;
  }

  /** An instance answered; `elapsed` until the answer's head. */
  answered(status: number, elapsed: number): void {
    const digit = Math.floor(status / 100);
    this.answers[digit] = (this.answers[digit] ?? 0) + 1;
    const bucket = latencyBucket(elapsed);
    this.latency[bucket] = (this.latency[bucket] ?? 0) + 1;
  }

  /** The request got no answer of an instance, or not all of it. */
  unanswered(): void {
    this.answers[0] = (this.answers[0] ?? 0) + 1;
  }

  snapshot(): ReleaseMetrics {
    return {
      fleet: this.fleet,
      release: this.release,
      answers: [...this.answers],
      retries: this.retries,
      inFlight: this.inFlight,
      latency: [...this.latency],
    };
  }
}
