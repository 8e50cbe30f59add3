import type { BytePath } from "./paths.ts";

/** What lies at a path of an image. Owner is always root, the time always the same (`IMAGE_TIME`). */
export type TreeEntry =
  | { readonly type: "directory"; readonly mode: number }
  | {
      readonly type: "file";
      readonly mode: number;
      readonly size: number;
      /** 64 hexadecimal digits. */
      readonly sha256: string;
    }
  | { readonly type: "link"; readonly target: BytePath };

/** What one layer says of a path: what lies there now, or that nothing of the layers below does any more. */
export type LayerEntry =
  | (TreeEntry & { readonly path: BytePath })
  | { readonly type: "whiteout"; readonly path: BytePath }
  /** The directory hides what lower layers have in it. */
  | { readonly type: "opaque"; readonly path: BytePath };

/** A layer as the image knows it: uncompressed, so that its digest is its diff_id. */
export interface Layer {
  /** `sha256:...` */
  readonly diffId: string;
  /** Bytes. */
  readonly size: number;
}

export const DIRECTORY_MODE = 0o755;
export const FILE_MODE = 0o644;
export const EXECUTABLE_MODE = 0o755;

/**
 * The time of everything in an image, in seconds since the epoch: 1980-01-01T00:00:00Z, the earliest that zip
 * files, which applications read and write, can carry.
 */
export const IMAGE_TIME = 315_532_800;

/** A whiteout's file is named like what it hides, after this (OCI image specification, layer). */
export const WHITEOUT_PREFIX = ".wh.";
export const OPAQUE_NAME = ".wh..wh..opq";
