import type { Milliseconds } from "./clock.ts";

/** Four buckets for each doubling from 0.1 ms: the last one holds everything above about a minute and a half. */
export const LATENCY_BUCKETS = 80;

/** The bucket of a latency: bucket i holds latencies up to 2^(i/4) times 0.1 ms. */
export function latencyBucket(latency: Milliseconds): number {
  if (!(latency > 0.1)) return 0;
  // The small subtraction keeps an exact bound in its own bucket.
  return Math.min(LATENCY_BUCKETS - 1, Math.ceil(Math.log2(latency * 10) * 4 - 1e-9));
}

/** The upper bound of a bucket. */
export function bucketBound(bucket: number): Milliseconds {
  return 2 ** (bucket / 4) * 0.1;
}

/** The latency below which this share of the counted requests stayed: a bucket's bound; undefined without any. */
export function quantileOf(latency: readonly number[], share: number): Milliseconds | undefined {
  const total = latency.reduce((sum, count) => sum + count, 0);
  if (total === 0) return undefined;
  let seen = 0;
  for (const [bucket, count] of latency.entries()) {
    seen += count;
    if (count > 0 && seen >= total * share) return bucketBound(bucket);
  }
  return undefined;
}
