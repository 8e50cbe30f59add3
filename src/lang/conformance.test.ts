import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { parseJsonLossless } from "./values/index.ts";
import { type Case, isCase, runCase } from "./testing/run-case.ts";

/** Cases of the whole recording that pass at least; raise it when more do. */
const FLOOR = 1475;

const sample = path.join(import.meta.dirname, "fixtures", "expressions.jsonl");
const recording = path.join(
  import.meta.dirname,
  "..",
  "..",
  "..",
  "shared",
  "conformance",
  "expressions.jsonl",
);

function casesOf(file: string): Case[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const parsed = parseJsonLossless(line);
      if ("problem" in parsed) throw new Error(`${file}: ${parsed.problem}`);
      if (!isCase(parsed.json)) throw new Error(`${file}: no case: ${line}`);
      return parsed.json;
    });
}

describe("recorded expressions", () => {
  test.each(casesOf(sample).map((item) => [item.id, item.expr, item] as const))(
    "%s %s",
    (_id, _expr, item) => {
      expect(runCase(item)).toBe("passed");
    },
  );
});

describe.skipIf(!existsSync(recording))(
  "the whole recording (where it is not beside the project, skipped: the sample runs)",
  () => {
    test(`at least ${FLOOR} cases pass`, () => {
      const wrong: string[] = [];
      const skipped = new Map<string, number>();
      let passed = 0;
      for (const item of casesOf(recording)) {
        const verdict = runCase(item);
        if (verdict === "passed") passed++;
        else if ("skipped" in verdict) skipped.set(verdict.skipped, (skipped.get(verdict.skipped) ?? 0) + 1);
        else wrong.push(`${item.id}: ${JSON.stringify(item.expr)}\n    ${verdict.wrong}`);
      }
      const left = [...skipped].map(([why, count]) => `${count} ${why}`).join(", ");
      process.stdout.write(`${passed} passed, ${wrong.length} differ, skipped: ${left}\n`);
      if (process.env["KILN_SHOW_CASES"] !== undefined) process.stdout.write(`${wrong.join("\n")}\n`);
      expect(passed).toBeGreaterThanOrEqual(FLOOR);
    });
  },
);
