import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sha256 } from "../../kernel/index.ts";
import type { LayerEntry } from "../entries.ts";
import { Pacer } from "../pacer.ts";
import { bytePath } from "../paths.ts";
import { endOfArchive, padding, writeHeader } from "./header.ts";
import type { ArchiveEntry } from "./reader.ts";
import { ArchiveError, readArchive } from "./reader.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "kiln-tar-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

async function read(bytes: Buffer): Promise<{ readonly entries: ArchiveEntry[]; readonly digest: string }> {
  const file = path.join(directory, "archive");
  writeFileSync(file, bytes);
  const entries: ArchiveEntry[] = [];
  const visitor = { entry: (entry: ArchiveEntry) => entries.push(entry), content: () => {}, end: () => {} };
  return { digest: await readArchive(file, visitor, new Pacer()), entries };
}

const link = (at: string, target = "x"): LayerEntry => ({
  type: "link",
  path: bytePath(at),
  target: bytePath(target),
});

describe("an archive", () => {
  test("comes back as it was written, for any bytes in names and targets", async () => {
    const name = fc
      .string({
        minLength: 1,
        maxLength: 130,
        unit: fc.integer({ min: 1, max: 255 }).map((code) => String.fromCharCode(code)),
      })
      .map((text) => text.replaceAll("/", "-"))
      .filter((text) => text !== "." && text !== "..");
    const paths = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join("/"));
    await fc.assert(
      fc.asyncProperty(paths, name, async (at, target) => {
        const bytes = Buffer.concat([writeHeader(link(at, target)), endOfArchive()]);
        const { entries, digest } = await read(bytes);
        expect(entries).toEqual([{ path: at, type: "link", mode: 0o777, size: 0, target }]);
        expect(digest).toBe(sha256(bytes));
      }),
      { numRuns: 150 },
    );
  });

  test("holds files beyond 8 GiB by an extended header", () => {
    const size = 9 * 2 ** 30;
    const header = writeHeader({ type: "file", path: bytePath("big"), mode: 0o644, size, sha256: "" });
    expect(header.length).toBe(3 * 512);
    expect(header.toString("latin1")).toContain(`19 size=${size}\n`);
  });

  test.each([["../out"], ["a/../../out"], ["/../out"]])("that names %s is refused", async (at) => {
    await expect(read(Buffer.concat([writeHeader(link(at)), endOfArchive()]))).rejects.toThrow("unsafe path");
  });

  test("with absolute names stays inside", async () => {
    const { entries } = await read(Buffer.concat([writeHeader(link("/etc/./passwd")), endOfArchive()]));
    expect(entries[0]?.path).toBe("etc/passwd");
  });

  test("of another kind of entry, or with a damaged header, is refused", async () => {
    const device = writeHeader(link("dev"));
    device.write("3", 156);
    await expect(read(device)).rejects.toThrow("damaged header");
    const header = writeHeader({ type: "file", path: bytePath("f"), mode: 0o644, size: 600, sha256: "" });
    await expect(read(Buffer.concat([header, Buffer.alloc(100)]))).rejects.toThrow(ArchiveError);
    await expect(read(Buffer.alloc(1024, 0x37))).rejects.toThrow(ArchiveError);
  });

  test("cut off anywhere never hangs or reads beyond", async () => {
    const whole = Buffer.concat([
      writeHeader(link("n".repeat(200))),
      writeHeader({ type: "file", path: bytePath("f"), mode: 0o644, size: 5, sha256: "" }),
      Buffer.from("12345"),
      padding(5),
      endOfArchive(),
    ]);
    for (let length = 0; length < whole.length; length += 97) {
      const result = await read(whole.subarray(0, length)).then(
        ({ digest }) => digest,
        (error: unknown) => error,
      );
      expect(result instanceof ArchiveError || typeof result === "string").toBe(true);
    }
  });
});
