import { IMAGE_TIME, WHITEOUT_PREFIX, OPAQUE_NAME } from "../entries.ts";
import type { LayerEntry } from "../entries.ts";
import { baseName, bytePath, isAscii, joinPath, parentPath } from "../paths.ts";

/*
 * POSIX.1-2017 ustar headers, and extended (pax) ones where those do not suffice. Equal entries give equal bytes:
 * no owner's name, no process id, no time of access, one order of records.
 */

export const BLOCK = 512;
const NAME_LENGTH = 100;
const PREFIX_LENGTH = 155;
/** The size field holds 11 octal digits. */
const LARGEST_SIZE = 0o77777777777;
const TYPES = { file: "0", link: "2", directory: "5", extended: "x" } as const;

interface Fields {
  readonly name: string;
  readonly prefix: string;
  readonly mode: number;
  readonly size: number;
  readonly type: string;
  readonly link: string;
}

/** The header of one entry: one block, or three and more with an extended one. Content follows for files. */
export function writeHeader(entry: LayerEntry): Buffer {
  const path = archiveName(entry);
  const size = entry.type === "file" ? entry.size : 0;
  const link = entry.type === "link" ? entry.target : "";
  const records: string[] = [];
  const split = isAscii(path) ? splitName(path) : undefined;
  const plainLink = link.length <= NAME_LENGTH && isAscii(link);
  if (!plainLink) records.push(record("linkpath", link));
  if (split === undefined) records.push(record("path", path));
  if (size > LARGEST_SIZE) records.push(record("size", String(size)));
  const header = block({
    name: split?.name ?? shorten(path),
    prefix: split?.prefix ?? "",
    mode: "mode" in entry ? entry.mode : entry.type === "link" ? 0o777 : 0o644,
    size: size > LARGEST_SIZE ? 0 : size,
    type: entry.type === "directory" ? TYPES.directory : entry.type === "link" ? TYPES.link : TYPES.file,
    link: plainLink ? link : shorten(link),
  });
  if (records.length === 0) return header;
  const body = Buffer.from(records.join(""), "latin1");
  const extended = block({
    name: shorten(`PaxHeaders/${baseName(bytePath(path.replace(/\/$/, "")))}`),
    prefix: "",
    mode: 0o644,
    size: body.length,
    type: TYPES.extended,
    link: "",
  });
  return Buffer.concat([extended, body, padding(body.length), header]);
}

/** What fills a block up after so many bytes. */
export function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

/** Two empty blocks end an archive. */
export function endOfArchive(): Buffer {
  return Buffer.alloc(2 * BLOCK);
}

function archiveName(entry: LayerEntry): string {
  switch (entry.type) {
    case "directory":
      return `${entry.path}/`;
    case "whiteout":
      return joinPath(parentPath(entry.path), bytePath(`${WHITEOUT_PREFIX}${baseName(entry.path)}`));
    case "opaque":
      return joinPath(entry.path, bytePath(OPAQUE_NAME));
    case "file":
    case "link":
      return entry.path;
  }
}

/** Cuts a long name at the slash that leaves most in the prefix; undefined where there is none that fits. */
function splitName(path: string): { readonly name: string; readonly prefix: string } | undefined {
  if (path.length <= NAME_LENGTH) return { name: path, prefix: "" };
  const slash = path.lastIndexOf("/", Math.min(PREFIX_LENGTH, path.length - 2));
  const name = path.slice(slash + 1);
  return slash <= 0 || name.length > NAME_LENGTH ? undefined : { name, prefix: path.slice(0, slash) };
}

/** A stand-in for readers without extended headers. */
function shorten(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, NAME_LENGTH);
}

/** `LENGTH KEY=VALUE\n`, where the length counts its own digits. */
function record(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}

function block({ name, prefix, mode, size, type, link }: Fields): Buffer {
  const header = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, digits: number): void => {
    header.write(`${value.toString(8).padStart(digits, "0")}\0`, offset, "latin1");
  };
  header.write(name, 0, "latin1");
  octal(mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(size, 124, 11);
  octal(IMAGE_TIME, 136, 11);
  header.write("        ", 148, "latin1");
  header.write(type, 156, "latin1");
  header.write(link, 157, "latin1");
  header.write("ustar\0" + "00", 257, "latin1");
  octal(0, 329, 7);
  octal(0, 337, 7);
  header.write(prefix, 345, "latin1");
  octal(checksum(header), 148, 6);
  return header;
}

/** The sum of the header's bytes, the checksum's own field counted as spaces. */
export function checksum(header: Uint8Array): number {
  let sum = 0;
  for (const byte of header) sum += byte;
  return sum;
}
