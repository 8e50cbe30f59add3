import { createHash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import type { BytePath } from "../paths.ts";
import { bytePath } from "../paths.ts";
import type { Pacer } from "../pacer.ts";
import { BLOCK, checksum } from "./header.ts";

const CHUNK = 1 << 20;
/** An image with more is not one that a person made. */
const MOST_ENTRIES = 2_000_000;
const LARGEST_EXTENDED = 1 << 20;

/** An entry as the archive has it. */
export interface ArchiveEntry {
  readonly path: BytePath;
  readonly type: "file" | "directory" | "link";
  readonly mode: number;
  readonly size: number;
  readonly target: BytePath;
}

/** Takes an archive's entries in their order; `content` and `end` follow each file. */
export interface ArchiveVisitor {
  entry(entry: ArchiveEntry): void;
  /** Valid until it returns. */
  content(chunk: Uint8Array): void;
  end(): void;
}

/** The archive breaks the format, or would write where it must not. */
export class ArchiveError extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "ArchiveError";
  }
}

/** Reads an uncompressed archive to its last byte, and gives the SHA-256 of the whole file. */
export async function readArchive(file: string, visitor: ArchiveVisitor, pacer: Pacer): Promise<string> {
  const source = new BlockReader(file);
  try {
    let extended: ReadonlyMap<string, string> = new Map();
    for (let count = 0; ;) {
      const header = source.take(BLOCK);
      if (header === undefined || header.every((byte) => byte === 0)) break;
      const type = String.fromCharCode(header[156] ?? 0);
      verifyChecksum(header);
      if (type === "x") {
        extended = readRecords(source, octal(header, 124, 12));
        continue;
      }
      if (++count > MOST_ENTRIES) throw new ArchiveError(`has more than ${MOST_ENTRIES} entries`);
      const entry = readEntry(header, type, extended);
      extended = new Map();
      visitor.entry(entry);
      for (let rest = entry.size; rest > 0;) {
        const chunk = source.some(rest);
        if (chunk === undefined) throw new ArchiveError(`ends within ${entry.path}`);
        visitor.content(chunk);
        rest -= chunk.length;
        if (pacer.due) await pacer.rest();
      }
      if (entry.type === "file") visitor.end();
      source.skip((BLOCK - (entry.size % BLOCK)) % BLOCK);
      if (pacer.due) await pacer.rest();
    }
    while (source.some(CHUNK) !== undefined) if (pacer.due) await pacer.rest();
    return source.digest();
  } finally {
    source.close();
  }
}

function readEntry(header: Buffer, code: string, extended: ReadonlyMap<string, string>): ArchiveEntry {
  const type =
    code === "0" || code === "\0" ? "file" : code === "5" ? "directory" : code === "2" ? "link" : undefined;
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  const path = extended.get("path") ?? (prefix === "" ? name : `${prefix}/${name}`);
  if (type === undefined) throw new ArchiveError(`has ${path} of the unknown type ${JSON.stringify(code)}`);
  return {
    path: insideRoot(path),
    type,
    mode: octal(header, 100, 8) & 0o7777,
    size: type === "file" ? Number(extended.get("size") ?? octal(header, 124, 12)) : 0,
    target: bytePath(extended.get("linkpath") ?? text(header, 157, 100)),
  };
}

/** The path without needless parts. One that leads out of the root is an attack. */
function insideRoot(path: string): BytePath {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  if (path.includes("\0") || parts.includes("..")) throw new ArchiveError(`has the unsafe path ${path}`);
  return bytePath(parts.join("/"));
}

function text(header: Buffer, offset: number, length: number): string {
  const field = header.toString("latin1", offset, offset + length);
  const end = field.indexOf("\0");
  return end < 0 ? field : field.slice(0, end);
}

function octal(header: Buffer, offset: number, length: number): number {
  const field = text(header, offset, length).trim();
  if (!/^[0-7]*$/.test(field)) throw new ArchiveError(`has the number ${JSON.stringify(field)}`);
  return field === "" ? 0 : Number.parseInt(field, 8);
}

function verifyChecksum(header: Buffer): void {
  const stated = octal(header, 148, 8);
  const blank = Buffer.from(header).fill(0x20, 148, 156);
  if (checksum(blank) !== stated) throw new ArchiveError("has a damaged header");
}

function readRecords(source: BlockReader, size: number): Map<string, string> {
  if (size > LARGEST_EXTENDED) throw new ArchiveError("has an extended header without end");
  const bytes = source.take(size)?.toString("latin1");
  if (bytes === undefined) throw new ArchiveError("ends within an extended header");
  source.skip((BLOCK - (size % BLOCK)) % BLOCK);
  const records = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const space = bytes.indexOf(" ", at);
    const length = Number(bytes.slice(at, space));
    const equals = bytes.indexOf("=", space);
    if (space < 0 || !Number.isInteger(length) || length < 5 || equals < 0 || at + length > bytes.length) {
      throw new ArchiveError("has a damaged extended header");
    }
    records.set(bytes.slice(space + 1, equals), bytes.slice(equals + 1, at + length - 1));
    at += length;
  }
  return records;
}

/** A file from its start to its end, hashed on the way. */
class BlockReader {
  readonly #descriptor: number;
  readonly #digest = createHash("sha256");
  readonly #buffer = Buffer.allocUnsafe(CHUNK);
  #start = 0;
  #end = 0;

  constructor(file: string) {
    this.#descriptor = openSync(file, "r");
  }

  /** Exactly so many bytes, as a copy; undefined where the file ends before. */
  take(size: number): Buffer | undefined {
    const taken = Buffer.allocUnsafe(size);
    for (let at = 0; at < size;) {
      const chunk = this.some(size - at);
      if (chunk === undefined) return undefined;
      taken.set(chunk, at);
      at += chunk.length;
    }
    return taken;
  }

  /** Up to so many bytes, valid until the next call; undefined at the end. */
  some(most: number): Buffer | undefined {
    if (this.#start === this.#end) {
      this.#start = 0;
      this.#end = readSync(this.#descriptor, this.#buffer, 0, CHUNK, null);
      if (this.#end === 0) return undefined;
      this.#digest.update(this.#buffer.subarray(0, this.#end));
    }
    const chunk = this.#buffer.subarray(this.#start, Math.min(this.#end, this.#start + most));
    this.#start += chunk.length;
    return chunk;
  }

  skip(size: number): void {
    if (size > 0) this.take(size);
  }

  digest(): string {
    return `sha256:${this.#digest.digest("hex")}`;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}
