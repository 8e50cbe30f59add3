import { readFileSync } from "node:fs";
import path from "node:path";
import {
  canonicalJson,
  DiagnosticError,
  isSystemError,
  parseId,
  writeFileAtomically,
} from "../../kernel/index.ts";
import type { ImageDigest } from "../../kernel/index.ts";
import { isRecord, MANIFEST_TYPE, parseDescriptor } from "../config.ts";
import { storeProblem } from "./errors.ts";

/** The index's entry of one image under one name. */
export interface CatalogueEntry {
  readonly name: string;
  readonly digest: ImageDigest;
  readonly manifest: { readonly digest: string; readonly size: number };
  /** Bytes of everything that belongs to the image. */
  readonly size: number;
}

const INDEX_TYPE = "application/vnd.oci.image.index.v1+json";
const REF_NAME = "org.opencontainers.image.ref.name";
const IMAGE_NAME = "kiln.image.name";
const IMAGE_DIGEST = "kiln.image.digest";
const IMAGE_SIZE = "kiln.image.size";

/** Reads the layout's `index.json`; what others put there stays out of sight. Oldest first. */
export function readCatalogue(file: string): CatalogueEntry[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if (isSystemError(error, "ENOENT") || isSystemError(error, "ENOTDIR")) return [];
    if (isSystemError(error)) throw new DiagnosticError([storeProblem(path.dirname(file), error)]);
    throw error;
  }
  const document: unknown = JSON.parse(text);
  const manifests: unknown = isRecord(document) ? document["manifests"] : undefined;
  return (Array.isArray(manifests) ? manifests : []).flatMap((value: unknown) => {
    const manifest = parseDescriptor(value);
    const annotations = isRecord(value) && isRecord(value["annotations"]) ? value["annotations"] : {};
    const name = annotations[IMAGE_NAME];
    const digest = annotations[IMAGE_DIGEST];
    if (manifest === undefined || typeof name !== "string" || typeof digest !== "string") return [];
    return [{ name, digest: parseId<"image">(digest), manifest, size: Number(annotations[IMAGE_SIZE] ?? 0) }];
  });
}

/** Writes `index.json`. The newest image of a name has the name as its reference, for other tools. */
export async function writeCatalogue(file: string, entries: readonly CatalogueEntry[]): Promise<void> {
  const newest = new Map(entries.map((entry) => [entry.name, entry]));
  const manifests = entries.map((entry) => ({
    mediaType: MANIFEST_TYPE,
    ...entry.manifest,
    annotations: {
      [IMAGE_NAME]: entry.name,
      [IMAGE_DIGEST]: entry.digest,
      [IMAGE_SIZE]: String(entry.size),
      [REF_NAME]: newest.get(entry.name) === entry ? entry.name : undefined,
    },
  }));
  await writeFileAtomically(file, canonicalJson({ schemaVersion: 2, mediaType: INDEX_TYPE, manifests }));
}
