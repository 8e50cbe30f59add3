declare const brand: unique symbol;

/**
 * A file's path as its bytes, one character (U+0000 to U+00FF) a byte: names need not be UTF-8, and comparing
 * such strings compares bytes. Inside an image it has no slash at either end; the root is the empty string.
 */
export type BytePath = string & { readonly [brand]: "bytes" };

/** The root of an image or of a copied directory. */
export const ROOT = bytePath("");

/** Takes a string whose characters are bytes already. */
export function bytePath(bytes: string): BytePath {
  return bytes as BytePath;
}

/** The bytes of a text in UTF-8. */
export function encodePath(text: string): BytePath {
  return bytePath(isAscii(text) ? text : Buffer.from(text, "utf8").toString("latin1"));
}

/** The text for people; bytes that are not UTF-8 show as U+FFFD. */
export function displayPath(path: BytePath): string {
  return isAscii(path) ? path : Buffer.from(path, "latin1").toString("utf8");
}

/** What the file system's functions take. */
export function systemPath(path: BytePath): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, "latin1");
}

export function joinPath(directory: BytePath, name: BytePath): BytePath {
  return directory === "" ? name : name === "" ? directory : bytePath(`${directory}/${name}`);
}

/** The directory that it lies in; the root's is the root. */
export function parentPath(path: BytePath): BytePath {
  return bytePath(path.slice(0, Math.max(path.lastIndexOf("/"), 0)));
}

export function baseName(path: BytePath): BytePath {
  return bytePath(path.slice(path.lastIndexOf("/") + 1));
}

/** Every directory above it, outermost first, without the root. */
export function ancestors(path: BytePath): BytePath[] {
  const found: BytePath[] = [];
  for (let slash = path.indexOf("/"); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    found.push(bytePath(path.slice(0, slash)));
  }
  return found;
}

/** Orders by bytes, which puts a directory before what it holds. */
export function comparePaths(a: BytePath, b: BytePath): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether every character is 7-bit, and the string so the same in every encoding in use. */
export function isAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0x7f) return false;
  return true;
}
