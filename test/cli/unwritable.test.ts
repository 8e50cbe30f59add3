import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { said } from "./world.ts";

const MAIN = path.join(import.meta.dirname, "..", "..", "src", "cli", "main.ts");
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** Root may write everywhere, so as root the commands run as nobody. */
function plainUser(...command: readonly string[]) {
  const identity = isRoot ? ["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"] : [];
  const [program = "", ...words] = [...identity, ...command];
  return (options: { readonly cwd: string; readonly home: string }) =>
    spawnSync(program, words, {
      cwd: options.cwd,
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", HOME: options.home, KILN_HOME: options.home, LANG: "C.UTF-8" },
    });
}

// A checkout below root's home is closed to nobody, and setpriv is not on every machine.
const canTry = plainUser(process.execPath, MAIN, "version")({ cwd: "/", home: "/nonexistent" }).status === 0;

let directory: string;
let home: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "kiln-closed-"));
  home = mkdtempSync(path.join(tmpdir(), "kiln-home-"));
  if (isRoot) chownSync(home, NOBODY, NOBODY);
  writeFileSync(path.join(directory, "main.tf"), `resource "terraform_data" "a" {\n  input = 1\n}\n`);
});
afterEach(() => {
  chmodSync(directory, 0o755);
  rmSync(directory, { recursive: true });
  rmSync(home, { recursive: true });
});

function kiln(...words: string[]) {
  const ran = plainUser(
    process.execPath,
    "--disable-warning=ExperimentalWarning",
    MAIN,
    ...words,
  )({ cwd: directory, home });
  return { code: ran.status, err: said(ran.stderr), out: ran.stdout };
}

/** Makes a file or directory the plain user's. */
function give(file: string): void {
  if (isRoot) chownSync(file, NOBODY, NOBODY);
}

const why = canTry ? "" : " (skipped: needs root with setpriv, in a checkout that nobody may read)";

describe.skipIf(!canTry)(`what cannot be written is refused before anything is begun${why}`, () => {
  const COMMANDS = [["apply", "-auto-approve"], ["destroy", "-auto-approve"], ["up"], ["down"]];

  test.each(COMMANDS)("a directory: %s", (...words) => {
    chmodSync(directory, 0o555);
    const { code, err } = kiln(...words);
    expect(code).toBe(1);
    expect(err).toContain("Error: The state cannot be written");
    expect(err).toContain(`${directory} is not writable for your user`);
    expect(err).toContain(`ls -ld ${directory}`);
    expect(readdirSync(directory)).toEqual(["main.tf"]);
    expect(readdirSync(home)).toEqual([]);
  });

  test("a state file", () => {
    chmodSync(directory, 0o755);
    give(directory);
    expect(kiln("apply", "-auto-approve").code).toBe(0);
    const state = path.join(directory, "terraform.tfstate");
    chmodSync(state, 0o444);
    for (const words of COMMANDS) {
      const { code, err } = kiln(...words);
      expect([words[0], code]).toEqual([words[0], 1]);
      expect(err).toContain(`${state} is not writable for your user`);
    }
    // Reading goes on.
    expect(kiln("state", "list").out).toBe("terraform_data.a\n");
    chmodSync(state, 0o600);
    expect(kiln("destroy", "-auto-approve").code).toBe(0);
  });

  test("reading needs no writing", () => {
    chmodSync(directory, 0o555);
    expect(kiln("validate").code).toBe(0);
    expect(kiln("plan", "-lock=false", "-detailed-exitcode").code).toBe(2);
    expect(kiln("show").code).toBe(0);
    expect(existsSync(path.join(directory, ".kiln"))).toBe(false);
  });
});
