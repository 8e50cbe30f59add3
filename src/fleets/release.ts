import { digestOf } from "../kernel/index.ts";
import type { ImageDigest, Milliseconds } from "../kernel/index.ts";

/** How an instance is asked whether it is well. */
export type HealthProbe =
  /** GET of `path` on a new connection; 200 to 299 is healthy, a redirect is not. */
  | { readonly kind: "http"; readonly path: string }
  /** A connection is accepted. */
  | { readonly kind: "tcp" }
  /** The command, run in the instance's directory and environment, exits with 0. */
  | { readonly kind: "command"; readonly command: readonly string[] };

export interface HealthCheck {
  readonly probe: HealthProbe;
  readonly interval: Milliseconds;
  readonly timeout: Milliseconds;
  /** Successes in a row that make an instance ready. */
  readonly healthyThreshold: number;
  /** Failures in a row that make a ready instance failed. */
  readonly unhealthyThreshold: number;
  /** An instance that is not ready this long after its start has failed. */
  readonly startDeadline: Milliseconds;
}

/** A volume seen at a path of the instance. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
}

export interface Limits {
  /** Bytes; absent: none. */
  readonly memory?: number;
  /** Cores; absent: none. */
  readonly cpu?: number;
}

/** The machine's own program that the `process` runtime runs; a change of it is drift. */
export interface Executable {
  readonly path: string;
  /** `sha256:...` of the file, links followed. */
  readonly digest: string;
}

/** Everything an instance is made of. Two equal contents are one release. */
export interface ReleaseContent {
  readonly runtime: string;
  readonly image: ImageDigest;
  /** Entry point and command, joined: what is executed, in exec form. */
  readonly command: readonly string[];
  /** Present for the `process` runtime where command[0] is a program of the machine. */
  readonly executable?: Executable;
  /** Absolute path inside the image. */
  readonly workdir: string;
  /** The image's environment with the fleet's on top. */
  readonly environment: Readonly<Record<string, string>>;
  /** Name to digest of the value; the values lie encrypted in the daemon's store. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly health: HealthCheck;
  readonly mounts: readonly Mount[];
  readonly limits: Limits;
  /** Fixed port; absent: one is chosen for each instance. */
  readonly port?: number;
  /** From SIGTERM to SIGKILL. */
  readonly stopTimeout: Milliseconds;
}

/** The identity of a release's content. */
export function releaseDigest(content: ReleaseContent): string {
  return digestOf(content);
}

/** Address and port of a listener. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export type Strategy = "blue_green" | "canary" | "rolling" | "recreate";

export interface RolloutSettings {
  readonly strategy: Strategy;
  /** How long the new release is watched after the switch. */
  readonly bake: Milliseconds;
  /** How long the release that served before stays warm after the verdict. */
  readonly keepWarm: Milliseconds;
  /** How long requests in flight may take after their release left the table. */
  readonly drain: Milliseconds;
  /** Releases kept as rollback targets besides the serving one. */
  readonly retainReleases: number;
}

/** What a user declares of a fleet; `content` alone makes releases. */
export interface FleetSpecification {
  readonly name: string;
  readonly replicas: number;
  /** Absent: a worker without traffic. */
  readonly listen?: ListenAddress;
  readonly rollout: RolloutSettings;
  readonly content: ReleaseContent;
}
