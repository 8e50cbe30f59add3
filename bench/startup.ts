// How long whole commands take, beside Terraform's where it is installed: `npm run bench:startup`. The two are run in
// turn, so that a machine whose speed drifts slows both; figures are medians in milliseconds.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";

const RUNS = 20;
const root = path.join(import.meta.dirname, "..");
const kiln = path.join(root, "bin", "kiln");

function time(
  command: string,
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
): number | undefined {
  const started = performance.now();
  const { error, status } = spawnSync(command, args, { cwd, env, stdio: "ignore" });
  return error === undefined && status === 0 ? performance.now() - started : undefined;
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** Runs the commands in turn, the first round uncounted; one that fails has no figure. */
function compare(commands: Readonly<Record<string, () => number | undefined>>): void {
  const times = Object.keys(commands).map((): number[] => []);
  for (let run = -1; run < RUNS; run++) {
    Object.values(commands).forEach((command, index) => {
      const took = command();
      if (run >= 0 && took !== undefined) times[index]?.push(took);
    });
  }
  Object.keys(commands).forEach((name, index) => {
    const took = times[index] ?? [];
    const text =
      took.length === RUNS
        ? `${median(took).toFixed(0)} ms (least ${Math.min(...took).toFixed(0)})`
        : "not installed, or failed";
    console.log(`${name.padEnd(44)} ${text}`);
  });
}

const base = mkdtempSync(path.join(os.tmpdir(), "kiln-bench-"));
const directory = path.join(base, "web");
cpSync(path.join(root, "examples", "web"), directory, {
  recursive: true,
  filter: (source) => !/\.kiln$|tfstate/.test(path.basename(source)),
});
const env = {
  ...process.env,
  KILN_HOME: path.join(base, "home"),
  TF_VAR_port: "28080",
  CHECKPOINT_DISABLE: "1",
};
try {
  compare({
    "kiln version": () => time(kiln, ["version"], directory, env),
    "terraform version": () => time("terraform", ["version"], base, env),
    "node --version, the floor": () => time(process.execPath, ["-e", "0"], base, env),
  });
  const up = spawnSync(kiln, ["up"], { cwd: directory, env, encoding: "utf8" });
  if (up.status !== 0) throw new Error(`kiln up exits ${up.status}: ${up.stdout}${up.stderr}`);
  compare({ "kiln plan, nothing to change": () => time(kiln, ["plan"], directory, env) });
} finally {
  spawnSync(kiln, ["down"], { cwd: directory, env });
  rmSync(base, { recursive: true, force: true });
}
