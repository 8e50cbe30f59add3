import type { Diagnostic, ImageDigest } from "../kernel/index.ts";

/** Brings a file, or what a directory holds, into the image. */
export interface CopyStep {
  readonly kind: "copy";
  /** Absolute path on this machine. A directory gives its contents; a link named here is followed. */
  readonly source: string;
  /** Path in the image, relative to `workdir`. A file goes into it where it ends in a slash or is a directory. */
  readonly target: string;
}

/** Runs a shell command in what was made so far, on the machine itself: it is not sandboxed. */
export interface RunStep {
  readonly kind: "run";
  /** Given to `sh -c`. */
  readonly command: string;
  /** Path in the image; absent: the image's. */
  readonly workdir?: string;
  /** On top of the image's environment; absent: nothing. */
  readonly env?: Readonly<Record<string, string>>;
}

export type ImageStep = CopyStep | RunStep;

/** The words of the OCI image specification, which are Go's (`linux`, `amd64`). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
}

/** What an image is made from: a value. */
export interface ImageSpecification {
  readonly name: string;
  /** Nothing, or another image of the same store. */
  readonly base: "scratch" | ImageDigest;
  readonly steps: readonly ImageStep[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Absolute path in the image; empty: the base's, or `/`. */
  readonly workdir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Absent: the machine's. */
  readonly platform?: Platform;
}

/** What can be said of an image before it is built. */
export type ImagePlan =
  | {
      readonly kind: "known";
      readonly digest: ImageDigest;
      /** Bytes of the layers and of what describes them. */
      readonly size: number;
      /** Digest of everything that the image is made from: equal inputs, equal image. */
      readonly inputs: string;
    }
  /** A `run` step that is not cached, or a base that is not built yet, hides the digest. */
  | { readonly kind: "unknown"; readonly inputs: string }
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] };

/** How a build ended. */
export type BuildResult =
  | {
      readonly kind: "fired";
      readonly digest: ImageDigest;
      readonly size: number;
      /** `NAME@sha256:...`, as `parseImageRef` reads it. */
      readonly ref: string;
      readonly inputs: string;
    }
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] };
