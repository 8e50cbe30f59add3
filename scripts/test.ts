// `npm test`: the checks of the house, every test, and the demo; ends with "N passed, N failed". A skipped test
// fails the run unless its name gives the reason after "skipped:".
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

interface Assertion {
  readonly fullName: string;
  readonly status: "passed" | "failed" | "skipped" | "pending" | "todo" | "disabled";
}
interface Report {
  readonly numFailedTestSuites: number;
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Assertion[] }[];
}
interface Count {
  passed: number;
  failed: number;
}

const root = path.join(import.meta.dirname, "..");

function run(
  name: string,
  command: string,
  args: readonly string[],
  wanted: "zero" | "not zero" = "zero",
): number {
  const started = Date.now();
  console.log(`\n== ${name}: ${command} ${args.join(" ")}`);
  const status = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] }).status ?? 1;
  const verdict = (status === 0) === (wanted === "zero") ? "as it must be" : "NOT AS IT MUST BE";
  console.log(`== ${name}: exit ${status}, ${verdict}, in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return status;
}

function check(
  name: string,
  count: Count,
  command: string,
  args: readonly string[],
  wanted: "zero" | "not zero" = "zero",
): void {
  const status = run(name, command, args, wanted);
  if ((status === 0) === (wanted === "zero")) count.passed++;
  else count.failed++;
}

function runTests(count: Count): void {
  const directory = mkdtempSync(path.join(os.tmpdir(), "kiln-tests-"));
  const file = path.join(directory, "report.json");
  const status = run("tests", "vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
  ]);
  const report: Report = JSON.parse(readFileSync(file, "utf8"));
  rmSync(directory, { recursive: true });
  const results = report.testResults.flatMap((suite) => suite.assertionResults);
  const passed = results.filter((result) => result.status === "passed").length;
  const failed = results.filter((result) => result.status === "failed").length;
  const unexplained = results.filter(
    (result) =>
      result.status !== "passed" && result.status !== "failed" && !result.fullName.includes("skipped:"),
  );
  unexplained.forEach((result) => console.log(`skipped without a reason: ${result.fullName}`));
  // A file that does not load has no assertions, and must not pass for that.
  const broken = status !== 0 && failed === 0 ? Math.max(1, report.numFailedTestSuites) : 0;
  count.passed += passed;
  count.failed += failed + unexplained.length + broken;
}

const count: Count = { passed: 0, failed: 0 };
check("format", count, "oxfmt", ["--check", "."]);
check("lint", count, "oxlint", ["--type-aware", "--deny-warnings"]);
check("types", count, "tsc", ["--noEmit"]);
check("dead code", count, "knip", []);
runTests(count);
check("demo", count, "node", ["demo/main.ts"]);
check("demo with a planted failure must fail", count, "node", ["demo/main.ts", "-break"], "not zero");
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exitCode = count.failed === 0 ? 0 : 1;
