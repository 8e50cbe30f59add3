import { canonicalJson, parseId, sha256 } from "../kernel/index.ts";
import type { ImageDigest } from "../kernel/index.ts";
import type { Layer } from "./entries.ts";
import { IMAGE_TIME } from "./entries.ts";
import type { ImageSpecification, Platform } from "./specification.ts";

/** How an instance of an image is run, and what it is made of. */
export interface ImageConfig {
  readonly platform: Platform;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute. */
  readonly workdir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Base first. */
  readonly diffIds: readonly string[];
  readonly history: readonly HistoryEntry[];
}

/** How a layer came about. */
export interface HistoryEntry {
  /** Without anything of the machine that it was made on. */
  readonly createdBy: string;
  /** Absent: nothing to add. */
  readonly comment?: string;
  /** It changed no file. */
  readonly empty: boolean;
}

/** The documents that describe an image, as bytes: they are hashed as they are. */
export interface ImageDocuments {
  readonly digest: ImageDigest;
  readonly config: string;
  readonly manifest: string;
  readonly manifestDigest: string;
  /** Bytes of the documents and of all layers. */
  readonly size: number;
}

export const MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar";
const CREATED = new Date(IMAGE_TIME * 1000).toISOString().replace(".000Z", "Z");

/** Lays a specification over its base's configuration, as a Dockerfile's instructions would. */
export function mergeConfig(
  specification: ImageSpecification,
  base: ImageConfig | undefined,
  platform: Platform,
): Omit<ImageConfig, "diffIds" | "history"> {
  const { entrypoint, command, env, workdir, labels } = specification;
  const ownEntrypoint = entrypoint.length > 0;
  return {
    platform,
    entrypoint: ownEntrypoint ? entrypoint : (base?.entrypoint ?? []),
    // An entry point of one's own makes the base's arguments meaningless.
    command: command.length > 0 || ownEntrypoint ? command : (base?.command ?? []),
    env: { ...base?.env, ...env },
    workdir: workdir === "" ? (base?.workdir ?? "/") : workdir,
    labels: { ...base?.labels, ...labels },
  };
}

/** Writes the OCI configuration and manifest of an image. */
export function writeDocuments(config: ImageConfig, layers: readonly Layer[]): ImageDocuments {
  const { platform, entrypoint, command, env, workdir, labels, history } = config;
  const configText = canonicalJson({
    created: CREATED,
    ...platform,
    config: {
      Env: Object.entries(env)
        .map(([name, value]) => `${name}=${value}`)
        .toSorted((a, b) => (a < b ? -1 : 1)),
      Entrypoint: entrypoint.length > 0 ? entrypoint : undefined,
      Cmd: command.length > 0 ? command : undefined,
      WorkingDir: workdir,
      Labels: Object.keys(labels).length > 0 ? labels : undefined,
    },
    rootfs: { type: "layers", diff_ids: config.diffIds },
    history: history.map(({ createdBy, comment, empty }) => ({
      created: CREATED,
      created_by: createdBy,
      comment,
      empty_layer: empty ? true : undefined,
    })),
  });
  const digest = parseId<"image">(sha256(configText));
  const configSize = Buffer.byteLength(configText);
  const manifest = canonicalJson({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: { mediaType: CONFIG_TYPE, digest, size: configSize },
    layers: layers.map(({ diffId, size }) => ({ mediaType: LAYER_TYPE, digest: diffId, size })),
  });
  return {
    digest,
    config: configText,
    manifest,
    manifestDigest: sha256(manifest),
    size: configSize + Buffer.byteLength(manifest) + layers.reduce((sum, layer) => sum + layer.size, 0),
  };
}

/** Reads what `writeDocuments` wrote as a configuration. Undefined where it is none. */
export function parseConfig(text: string): ImageConfig | undefined {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document) || !isRecord(document["config"]) || !isRecord(document["rootfs"])) return undefined;
  const { os, architecture, config, rootfs, history } = document;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  const env: Record<string, string> = {};
  for (const line of strings(config["Env"])) {
    const equals = line.indexOf("=");
    env[line.slice(0, equals)] = line.slice(equals + 1);
  }
  const labels: Record<string, string> = {};
  for (const [name, value] of Object.entries(isRecord(config["Labels"]) ? config["Labels"] : {})) {
    if (typeof value === "string") labels[name] = value;
  }
  return {
    platform: { os, architecture },
    entrypoint: strings(config["Entrypoint"]),
    command: strings(config["Cmd"]),
    env,
    workdir: typeof config["WorkingDir"] === "string" ? config["WorkingDir"] : "/",
    labels,
    diffIds: strings(rootfs["diff_ids"]),
    history: (Array.isArray(history) ? history : []).filter(isRecord).map((entry) => ({
      createdBy: typeof entry["created_by"] === "string" ? entry["created_by"] : "",
      ...(typeof entry["comment"] === "string" ? { comment: entry["comment"] } : {}),
      empty: entry["empty_layer"] === true,
    })),
  };
}

/** Configuration and layers that a manifest names. Undefined where it is none. */
export function parseManifest(
  text: string,
): { readonly config: string; readonly configSize: number; readonly layers: readonly Layer[] } | undefined {
  const document: unknown = JSON.parse(text);
  if (!isRecord(document)) return undefined;
  const config = parseDescriptor(document["config"]);
  const layers = (Array.isArray(document["layers"]) ? document["layers"] : []).map(parseDescriptor);
  if (config === undefined) return undefined;
  return {
    config: config.digest,
    configSize: config.size,
    layers: layers.flatMap((layer) =>
      layer === undefined ? [] : [{ diffId: layer.digest, size: layer.size }],
    ),
  };
}

/** A content descriptor's digest and size. */
export function parseDescriptor(
  value: unknown,
): { readonly digest: string; readonly size: number } | undefined {
  if (!isRecord(value)) return undefined;
  const { digest, size } = value;
  return typeof digest === "string" && /^sha256:[0-9a-f]{64}$/.test(digest) && typeof size === "number"
    ? { digest, size }
    : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
