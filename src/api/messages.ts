import type { FleetEvent, FleetId, InstanceId, Lineage, ReleaseNumber, StoreId } from "../kernel/index.ts";
import type { DaemonEvent, Diagnostic, RecordedEvent } from "../kernel/index.ts";

/*
 * What goes over the daemon's socket: JSON over HTTP/1.1. The messages of the commit protocol and of
 * operators are the fleets'; here is what the connection itself adds.
 */

export type {
  AbortMessage,
  ApplyView,
  Asked,
  CommitMessage,
  DestroyMessage,
  DriftView,
  FleetSpecification,
  FleetView,
  GrantAnswer,
  GrantMessage,
  HandoverMessage,
  InstanceRecord,
  OperatorAnswer,
  PrepareAnswer,
  PrepareMessage,
  ReadMessage,
  ReleaseContent,
  ReleaseMetrics,
  ReleaseRecord,
  RenewMessage,
  RollbackMessage,
  RolloutMessage,
  RolloutRecord,
  ScaleMessage,
  SettledMessage,
  Standing,
} from "../fleets/index.ts";

/** Raised when a message changes its meaning; a client and a daemon of different numbers do not talk. */
export const PROTOCOL_VERSION = 1;

/** Header of every request and answer: the sender's protocol number. */
export const PROTOCOL_HEADER = "kiln-protocol";
/** Header of every request and answer: the sender's version of Kiln, for messages to people. */
export const VERSION_HEADER = "kiln-version";
/** Header of every answer: the daemon's process id, so that a remedy can name it. */
export const PROCESS_HEADER = "kiln-process";

/** Who answers at the socket. */
export interface DaemonVersion {
  readonly kiln: string;
  readonly protocol: number;
  readonly pid: number;
  /** The daemon's store; another id means another history. */
  readonly store: StoreId;
  readonly epoch: number;
  /** Sequence number of the last event that was written down; 0: none was. Who follows from now on begins here. */
  readonly lastEvent: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Bytes of resident memory. */
  readonly memory: number;
}

/** The end of one instance's output. */
export interface InstanceOutput {
  readonly instance: InstanceId;
  readonly fleet: FleetId;
  readonly release: ReleaseNumber;
  readonly output: string;
}

/** What the daemon writes down: numbered without gaps. */
export type DaemonRecordedEvent = RecordedEvent<FleetEvent | DaemonEvent>;

export type ShutdownRequest =
  /** Ends the daemon alone; instances and proxy go on, and the next daemon adopts them. */
  | { readonly mode: "leave" }
  /** Ends the daemon and its proxy, if no fleet is left. Fleets of this lineage that are being destroyed are waited for. */
  | { readonly mode: "home_empty"; readonly lineage?: Lineage; readonly waitMilliseconds: number };

export type ShutdownAnswer =
  | { readonly kind: "stopping"; readonly pid: number }
  /** Nothing was stopped: these fleets exist. */
  | { readonly kind: "in_use"; readonly fleets: readonly string[] };

/** Body of every answer that is not 2xx. */
export interface ErrorAnswer {
  readonly diagnostics: readonly Diagnostic[];
}
