import type { Diagnostic, FleetId, InstanceId, Milliseconds, ReleaseNumber } from "../kernel/index.ts";
import type { ListenAddress, ReleaseContent } from "./release.ts";
import type { InstanceAddress, RouteTable } from "./table.ts";

/** What tells a process from every other, also after its number is used again or the machine rebooted. */
export interface ProcessIdentity {
  readonly bootId: string;
  readonly pid: number;
  /** Clock ticks since boot at which it started (field 22 of /proc/PID/stat, proc(5)). */
  readonly startTime: number;
  readonly session: number;
}

export interface StartRequest {
  /** The idempotency key: the same id starts one instance, however often it is asked. */
  readonly id: InstanceId;
  /** The daemon's epoch; a runtime refuses one lower than it has seen. */
  readonly epoch: number;
  readonly fleet: { readonly id: FleetId; readonly name: string };
  readonly release: ReleaseNumber;
  readonly content: ReleaseContent;
}

/** An instance as the runtime finds it. */
export interface RunningInstance {
  readonly id: InstanceId;
  readonly address: Omit<InstanceAddress, "id">;
  /** Absent where the runtime's instances are no processes of this machine. */
  readonly process?: ProcessIdentity;
}

/** How an instance ended by itself. */
export interface InstanceExit {
  readonly id: InstanceId;
  /** Absent where it ended while nobody watched. */
  readonly code?: number;
  readonly signal?: string;
  /** Its last lines of output. */
  readonly output: string;
}

/** One way in which an instance differs from its release. */
export interface InstanceDrift {
  readonly instance: InstanceId;
  readonly kind: "file_changed" | "file_added" | "file_removed" | "executable";
  /** The file's path in the image, or the name of what differs. */
  readonly subject: string;
  readonly expected: string;
  readonly found: string;
}

export type StartResult =
  | { readonly kind: "started"; readonly instance: RunningInstance }
  /** Nothing runs and nothing is left. */
  | { readonly kind: "failed"; readonly diagnostic: Diagnostic };

export type ProbeResult = { readonly healthy: true } | { readonly healthy: false; readonly reason: string };

/** What the fleets need of a runtime. One behaviour suite runs against every driver. */
export interface Runtime {
  readonly name: string;
  /** Raises the fence: from now on starts and stops with a lower epoch are refused, also after a restart. */
  fence(epoch: number): Promise<void>;
  start(request: StartRequest): Promise<StartResult>;
  /** SIGTERM, then SIGKILL after `timeout`; resolves when nothing of it runs and its files are gone. Idempotent. */
  stop(id: InstanceId, timeout: Milliseconds, epoch: number): Promise<void>;
  /** Every instance that exists, running or not; what no longer runs comes as an exit. */
  list(): Promise<{ readonly running: readonly RunningInstance[]; readonly ended: readonly InstanceExit[] }>;
  /** Told of every instance that ends by itself, adopted ones included. Returns how to stop watching. */
  watch(listener: (exit: InstanceExit) => void): () => void;
  /** Runs a command inside the instance, for command probes. */
  execute(id: InstanceId, command: readonly string[], timeout: Milliseconds): Promise<ProbeResult>;
  /** Compares the instance with its release. Empty: as it was made. */
  drift(id: InstanceId, content: ReleaseContent): Promise<readonly InstanceDrift[]>;
  /** The end of the instance's output, at most `bytes`. Also of ended instances while their logs are kept. */
  output(id: InstanceId, bytes: number): Promise<string>;
}

/** Cumulative figures of one release behind one route; they start at 0 with the proxy process. */
export interface ReleaseMetrics {
  readonly fleet: FleetId;
  readonly release: ReleaseNumber;
  /** Answers by first digit of the status: index 1 to 5. Index 0: requests that got no answer. */
  readonly answers: readonly number[];
  /** Requests that were sent a second time to another instance. */
  readonly retries: number;
  readonly inFlight: number;
  /** Counts by bucket; bucket i holds latencies up to 2^(i/4) times 0.1 ms. */
  readonly latency: readonly number[];
}

/** Requests that an instance took with it when it died, and that may not be sent again. */
export interface LostRequests {
  readonly instance: InstanceId;
  readonly count: number;
}

export interface TrafficReport {
  /** The (epoch, version) in force in every process that can answer. */
  readonly epoch: number;
  readonly version: number;
  readonly releases: readonly ReleaseMetrics[];
  /** Requests in flight by instance, whether it is in the table or draining; those without any are left out. */
  readonly inFlight: readonly { readonly instance: InstanceId; readonly count: number }[];
  readonly lost: readonly LostRequests[];
  /** Connection failures by instance since the last table, for passive health. */
  readonly connectFailures: readonly { readonly instance: InstanceId; readonly count: number }[];
}

export type TableResult =
  | { readonly kind: "acknowledged" }
  /** A newer table is in force. */
  | { readonly kind: "superseded"; readonly epoch: number; readonly version: number }
  /** Nothing was changed: the table before it stays in force. */
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

/** What the fleets need of a data plane. */
export interface Traffic {
  /** Whether the proxy could listen there: holds it already, or can bind it. A diagnostic says why not. */
  check(listen: ListenAddress): Promise<Diagnostic | undefined>;
  /** Resolves when every process that can still answer has the table. Rejects where none can be reached. */
  apply(table: RouteTable): Promise<TableResult>;
  report(): Promise<TrafficReport>;
  /**
   * Resolves when none of the instances has a request in flight, or after `deadline` milliseconds, when what is
   * left is cut and named.
   */
  drain(instances: readonly InstanceId[], deadline: Milliseconds): Promise<DrainResult>;
}

export interface DrainResult {
  readonly cut: readonly {
    readonly instance: InstanceId;
    readonly method: string;
    readonly path: string;
    readonly age: Milliseconds;
  }[];
}

/** Asks instances how they are: new connections, over the path that traffic uses. */
export interface Prober {
  probe(address: InstanceAddress, content: ReleaseContent): Promise<ProbeResult>;
}
