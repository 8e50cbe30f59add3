import path from "node:path";
import { describe, expect, test } from "vitest";
import { readModule, readProject } from "./modules.ts";
import { checkHouse } from "./rules.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** A house of the given files, in which only the given rule is of interest. */
function broken(files: Readonly<Record<string, string>>): string[] {
  const modules = Object.entries(files).map(([file, text]) => readModule(file, text));
  return checkHouse(modules).map((violation) => `${violation.rule} ${violation.file}:${violation.line}`);
}

describe("the rules of the house", () => {
  test("hold in this project", () => {
    const modules = readProject(root, ["src", "test", "scripts", "demo", "bench"]);
    expect(modules.length).toBeGreaterThan(100);
    const found = checkHouse(modules).map((it) => `${it.file}:${it.line}: ${it.rule}: ${it.message}`);
    expect(found).toEqual([]);
  });
});

describe("a rule broken on purpose is found:", () => {
  test("a file behind another room's door", () => {
    const files = {
      "src/cli/main.ts": 'import { a } from "../lang/syntax/lexer.ts";\na;\n',
      "src/lang/syntax/lexer.ts": "export const a = 1;\n",
    };
    expect(broken(files)).toContain("door src/cli/main.ts:1");
  });

  test("an arrow that points up, also for types and in import()", () => {
    const files = {
      "src/cli/main.ts": 'import "../lang/index.ts";\nimport "../engine/index.ts";\n',
      "src/engine/index.ts": "export const b = 1;\n",
      "src/lang/index.ts":
        'import type { b } from "../engine/index.ts";\nexport const c: typeof b = 1;\nvoid import("../engine/index.ts");\n',
    };
    expect(broken(files)).toEqual(["arrow src/lang/index.ts:1", "arrow src/lang/index.ts:3"]);
  });

  test("the delivery side that knows the language", () => {
    const files = {
      "src/daemon/main.ts": 'import "../fleets/index.ts";\n',
      "src/fleets/index.ts": 'import type { Value } from "../lang/index.ts";\nexport type V = Value;\n',
      "src/cli/main.ts": 'import "../lang/index.ts";\n',
      "src/lang/index.ts": "export type Value = string;\n",
    };
    expect(broken(files)).toEqual(["arrow src/fleets/index.ts:1"]);
  });

  test("a driver that takes more than interfaces", () => {
    const files = {
      "src/daemon/main.ts": 'import "../traffic/index.ts";\n',
      "src/traffic/index.ts": 'import { step } from "../fleets/index.ts";\nstep;\n',
      "src/fleets/index.ts": "export const step = 1;\n",
    };
    expect(broken(files)).toEqual(["types only src/traffic/index.ts:1"]);
  });

  test("a circle of files", () => {
    const files = {
      "src/cli/main.ts": 'import "./a.ts";\n',
      "src/cli/a.ts": 'import { b } from "./b.ts";\nexport const a = b;\n',
      "src/cli/b.ts": 'import { a } from "./a.ts";\nexport const b = a;\n',
    };
    expect(broken(files)).toEqual(["circle src/cli/a.ts:1"]);
  });

  test("a file that nothing loads, and one that only a test loads", () => {
    const files = {
      "src/cli/main.ts": "export const a = 1;\n",
      "src/cli/old.ts": "export const b = 1;\n",
      "src/cli/only.ts": "export const c = 1;\n",
      "src/cli/only.test.ts": 'import { c } from "./only.ts";\nc;\n',
    };
    expect(broken(files)).toEqual(["dead file src/cli/old.ts:1", "dead file src/cli/only.ts:1"]);
  });

  test("a file of two files' length", () => {
    expect(broken({ "src/cli/main.ts": "// line\n".repeat(500) })).toEqual(["size src/cli/main.ts:400"]);
  });

  test("state at module level", () => {
    expect(broken({ "src/cli/main.ts": "export let counter = 0;\n" })).toEqual(["state src/cli/main.ts:1"]);
  });

  test("a mark of unfinished work", () => {
    expect(broken({ "src/cli/main.ts": `// ${"TO"}DO: later\n` })).toEqual(["mark src/cli/main.ts:1"]);
  });
});
