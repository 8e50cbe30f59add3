import { parseId } from "../kernel/index.ts";
import type { ImageDigest } from "../kernel/index.ts";

/** An image by name and identity. */
export interface ImageReference {
  readonly name: string;
  readonly digest: ImageDigest;
}

/** Names after the distribution specification's grammar of a repository, with a path. */
const NAME = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** Whether an image may have this name: lower case letters, digits, and separators between them. */
export function isImageName(text: string): boolean {
  return text.length <= 255 && NAME.test(text);
}

/** Takes a digest that was written down; undefined where the text is none. */
export function parseImageDigest(text: string): ImageDigest | undefined {
  return DIGEST.test(text) ? parseId<"image">(text) : undefined;
}

/** Reads `NAME@sha256:...`; undefined where the text is none. */
export function parseImageRef(text: string): ImageReference | undefined {
  const at = text.indexOf("@");
  const name = text.slice(0, Math.max(at, 0));
  const digest = parseImageDigest(text.slice(at + 1));
  return at > 0 && isImageName(name) && digest !== undefined ? { name, digest } : undefined;
}

/** Writes what `parseImageRef` reads. */
export function formatImageRef({ name, digest }: ImageReference): string {
  return `${name}@${digest}`;
}
