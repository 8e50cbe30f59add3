import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { systemRefusal } from "./system-refusal.ts";

function errorOf(work: () => void): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}

test("what the system refuses names the path and what mends it", () => {
  const diagnostic = systemRefusal(errorOf(() => readFileSync("/proc/self/status/below")));
  expect(diagnostic?.detail).toContain("/proc/self/status/below");
  expect(diagnostic?.remedy).toContain("in the way");
});

test("a full disk is told as one, also where the system names no path", () => {
  const full = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
  expect(systemRefusal(full)).toMatchObject({
    summary: "The system refused",
    detail: "ENOSPC: no space left on device, write.",
    remedy: expect.stringContaining("Free some space"),
  });
});

test("a bug stays a bug", () => {
  expect(systemRefusal(errorOf(() => readFileSync("/no/such/file")))).toBeUndefined();
  expect(systemRefusal(new TypeError("undefined is not a function"))).toBeUndefined();
});
