import { expect, test } from "vitest";
import { bucketBound, LATENCY_BUCKETS, latencyBucket, quantileOf } from "./histogram.ts";

test("a bucket holds what is above the bound before it, up to its own", () => {
  for (let bucket = 1; bucket < LATENCY_BUCKETS; bucket++) {
    expect(latencyBucket(bucketBound(bucket))).toBe(bucket);
    if (bucket < LATENCY_BUCKETS - 1) expect(latencyBucket(bucketBound(bucket) * 1.001)).toBe(bucket + 1);
  }
});

test("nothing falls out of the histogram", () => {
  expect([0, 0.05, 0.1, -1, Number.NaN].map((latency) => latencyBucket(latency))).toEqual([0, 0, 0, 0, 0]);
  expect(latencyBucket(1e12)).toBe(LATENCY_BUCKETS - 1);
});

test("a quantile is the bound of its bucket", () => {
  const latency = Array.from({ length: LATENCY_BUCKETS }, () => 0);
  expect(quantileOf(latency, 0.5)).toBeUndefined();
  for (let index = 0; index < 99; index++) latency[latencyBucket(1)]!++;
  latency[latencyBucket(50)]!++;
  expect(quantileOf(latency, 0.5)).toBeCloseTo(bucketBound(latencyBucket(1)));
  expect(quantileOf(latency, 1)).toBeCloseTo(bucketBound(latencyBucket(50)));
});
