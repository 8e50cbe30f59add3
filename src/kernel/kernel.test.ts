import { mkdtemp, readFile, readdir, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import packageJson from "../../package.json" with { type: "json" };
import {
  KILN_VERSION,
  canonicalJson,
  digestOf,
  errorDiagnostic,
  formatDuration,
  locateHome,
  newId,
  parseDuration,
  seededRandom,
  sortDiagnostics,
  systemClock,
  warningDiagnostic,
  writeFileAtomically,
} from "./index.ts";
import type { Clock, SourceRange } from "./index.ts";

const frozen = (now: number): Clock => ({ now: () => now, sleep: () => Promise.resolve() });

test("the version is the package's", () => {
  expect(KILN_VERSION).toBe(packageJson.version);
});

describe("ids", () => {
  test("sort by the time they were made at", () => {
    const random = seededRandom(1);
    fc.assert(
      fc.property(fc.nat(2 ** 45), fc.integer({ min: 1, max: 2 ** 20 }), (time, later) => {
        const first = newId(frozen(time), random);
        const second = newId(frozen(time + later), random);
        return first < second && first.length === 20 && second.length === 20;
      }),
    );
  });

  test("differ within one millisecond", () => {
    const random = seededRandom(2);
    const ids = Array.from({ length: 10_000 }, () => newId(frozen(5), random));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("canonical JSON", () => {
  test("does not depend on the order of keys, and leaves out what is undefined", () => {
    expect(canonicalJson({ b: [1, { d: null, c: undefined }], a: "x" })).toBe('{"a":"x","b":[1,{"d":null}]}');
    expect(digestOf({ a: 1, b: 2 })).toBe(digestOf({ b: 2, a: 1 }));
  });

  test("reads back as the value that it was made from, and is a fixed point", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = canonicalJson(value);
        expect(canonicalJson(JSON.parse(text))).toBe(text);
        expect(text).toHaveLength(JSON.stringify(value).length);
      }),
    );
  });
});

describe("durations", () => {
  test.each([
    ["30s", 30_000],
    ["1m30s", 90_000],
    ["1.5h", 5_400_000],
    ["250ms", 250],
    ["0", 0],
  ])("%s is %d ms", (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(["", "5", "s", "1d", "-1s", "1s ", "1 s", "1e3s", "ms5"])("%j is none", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test.each([
    [12, "12ms"],
    [3200, "3.2s"],
    [90_000, "1m30s"],
    [7_500_000, "2h5m"],
    [3_600_000, "1h"],
  ])("%d ms is shown as %s", (duration, text) => {
    expect(formatDuration(duration)).toBe(text);
  });
});

describe("the home", () => {
  const locate = (environment: Record<string, string>, userId = 1000) =>
    locateHome({ environment, userId, homeDirectory: "/home/ann" });

  test("is KILN_HOME, else the user's data directory, else root's", () => {
    expect(locate({ KILN_HOME: "/x" }).root).toBe("/x");
    expect(locate({}).root).toBe("/home/ann/.local/share/kiln");
    expect(locate({ KILN_HOME: "" }, 0).root).toBe("/var/lib/kiln");
  });

  test("has its sockets beside it, or under the run directory where that path is too long", () => {
    expect(locate({ KILN_HOME: "/x" }).socket).toBe("/x/kilnd.sock");
    const long = locate({ KILN_HOME: `/${"x".repeat(120)}`, XDG_RUNTIME_DIR: "/run/user/1000" });
    expect(long.socket).toMatch(/^\/run\/user\/1000\/kiln-1000-[0-9a-f]{12}\/kilnd\.sock$/);
    expect(long.database.startsWith(long.root)).toBe(true);
  });

  test("of another name has other sockets", () => {
    const one = locate({ KILN_HOME: `/${"x".repeat(120)}` });
    const two = locate({ KILN_HOME: `/${"y".repeat(120)}` });
    expect(one.socket).not.toBe(two.socket);
  });
});

describe("an atomic write", () => {
  let directory = "";
  beforeEach(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), "kiln-kernel-"));
  });
  afterEach(() => rm(directory, { recursive: true }));

  test("replaces the whole file and leaves nothing beside it", async () => {
    const file = path.join(directory, "state");
    await writeFileAtomically(file, "old and longer");
    await writeFileAtomically(file, "new", 0o600);
    expect(await readFile(file, "utf8")).toBe("new");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(directory)).toEqual(["state"]);
  });

  test("that cannot be made leaves the old file and nothing else", async () => {
    const file = path.join(directory, "taken");
    await writeFileAtomically(path.join(directory, "other"), "x");
    await import("node:fs/promises").then((fs) => fs.mkdir(file));
    await expect(writeFileAtomically(file, "new")).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
    expect((await readdir(directory)).toSorted()).toEqual(["other", "taken"]);
  });
});

describe("the system's clock", () => {
  test("sleeps, and wakes with the reason when it is aborted", async () => {
    await systemClock.sleep(1);
    const controller = new AbortController();
    const sleeping = systemClock.sleep(60_000, controller.signal);
    controller.abort(new Error("enough"));
    await expect(sleeping).rejects.toThrow("enough");
    await expect(systemClock.sleep(1, controller.signal)).rejects.toThrow("enough");
  });
});

test("diagnostics are sorted: warnings, then those without a place, then by file and place", () => {
  const at = (filename: string, byte: number): SourceRange => {
    const position = { line: 1, column: byte + 1, byte };
    return { filename, start: position, end: position };
  };
  const sorted = sortDiagnostics([
    errorDiagnostic("e3", "", { subject: at("b.tf", 0) }),
    errorDiagnostic("e2", "", { subject: at("a.tf", 9) }),
    errorDiagnostic("e4", "", { subject: at("m/a.tf", 0) }),
    errorDiagnostic("e1", ""),
    warningDiagnostic("w1", "", { subject: at("z.tf", 0) }),
  ]);
  expect(sorted.map((diagnostic) => diagnostic.summary)).toEqual(["w1", "e1", "e2", "e3", "e4"]);
});
