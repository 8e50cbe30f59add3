import type {
  ApplyId,
  Diagnostic,
  FleetId,
  InstanceId,
  Lineage,
  Milliseconds,
  ReleaseNumber,
} from "../kernel/index.ts";
import type { InstanceDrift, ReleaseMetrics } from "./drivers.ts";
import type { ApplyRecord, FleetRecord, InstanceRecord, ReleaseRecord, RolloutRecord } from "./records.ts";
import type { FleetSpecification } from "./release.ts";

/*
 * The messages of the commit protocol and of operators. Each may be lost, late or doubled: every one
 * is idempotent by (apply, fleet), and the answer to a repeated message is the first one's.
 */

/** Who asks, and with which words. */
export interface Asked {
  /** Login name. */
  readonly who: string;
  /** The command line, such as `kiln apply`. */
  readonly why: string;
}

export interface PrepareMessage extends Asked {
  readonly apply: ApplyId;
  readonly lineage: Lineage;
  /** The resource address that owns the fleet. */
  readonly address: string;
  /** The release that served when the plan was made; absent: the fleet did not exist. */
  readonly base?: ReleaseNumber;
  readonly specification: FleetSpecification;
  /** The engine's lease: without `renew` for this long, an undecided apply is aborted. */
  readonly lease: Milliseconds;
}

/** Switches exactly these fleets, all prepared under this apply; any "no" is an abort. */
export interface CommitMessage extends Asked {
  readonly apply: ApplyId;
  readonly lineage: Lineage;
  readonly fleets: readonly FleetId[];
}

export interface AbortMessage extends Asked {
  readonly apply: ApplyId;
  readonly lineage: Lineage;
}

export interface ReadMessage {
  readonly apply: ApplyId;
  /** Waits for a revision above this; absent: answers at once. */
  readonly after?: number;
  /** Answers at the latest after this long; absent: 25 s. */
  readonly timeout?: Milliseconds;
}

/** These old releases are spent: the apply destroys what they need. Only after `kept` (rule F12). */
export interface GrantMessage {
  readonly apply: ApplyId;
  readonly releases: readonly { readonly fleet: FleetId; readonly release: ReleaseNumber }[];
}

export type GrantAnswer =
  /** `gone`: none of their instances exists any more. Ask again until it is so. */
  | { readonly kind: "granted"; readonly gone: boolean }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

export interface SettledMessage {
  readonly apply: ApplyId;
}

export interface HandoverMessage {
  readonly apply: ApplyId;
  readonly fleets: readonly FleetId[];
}

export interface RenewMessage {
  readonly apply: ApplyId;
  readonly lease: Milliseconds;
}

export type PrepareAnswer =
  /** Recorded. `target` equals the base where the content is unchanged (only settings or replicas change). */
  | { readonly kind: "accepted"; readonly target: ReleaseNumber }
  /** The content is the one that was rolled back from: nothing is rolled out. */
  | { readonly kind: "held"; readonly at: ReleaseNumber; readonly from: ReleaseNumber; readonly who: string }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

/** Answer to `commit`, `abort` and `handover`: what stands, whoever wrote it. */
export interface Standing {
  readonly decision: ApplyRecord["decision"];
  readonly verdict: ApplyRecord["verdict"];
}

/** Answer to `read`. */
export interface ApplyView {
  /** Absent: no such apply is known. Absence is not an abort (rule F1). */
  readonly apply?: ApplyRecord;
  readonly rollouts: readonly RolloutRecord[];
  /** The members' instances that belong to the apply's target releases, with why failed ones failed. */
  readonly instances: readonly InstanceRecord[];
  /** Raised at every change; a read waits for one above what it names. */
  readonly revision: number;
}

export type OperatorAnswer =
  | { readonly kind: "started"; readonly apply: ApplyId; readonly target: ReleaseNumber }
  | { readonly kind: "done"; readonly message: string }
  | { readonly kind: "refused"; readonly diagnostic: Diagnostic };

export interface RollbackMessage extends Asked {
  readonly apply: ApplyId;
  readonly fleet: FleetId;
  /** Absent: the newest good release older than the serving one. */
  readonly release?: ReleaseNumber;
}

export interface ScaleMessage extends Asked {
  readonly apply: ApplyId;
  readonly fleet: FleetId;
  readonly replicas: number;
}

export interface RolloutMessage extends Asked {
  readonly apply: ApplyId;
  readonly fleet: FleetId;
  readonly action: "pause" | "resume" | "promote" | "abort" | "retry" | "restart";
}

export interface DestroyMessage extends Asked {
  readonly apply: ApplyId;
  readonly fleet: FleetId;
}

/** One fleet as `kiln status`, `releases` and the dashboard show it. */
export interface FleetView {
  readonly fleet: FleetRecord;
  readonly replicas: number;
  /** `http://HOST:PORT`; absent for a worker. */
  readonly endpoint?: string;
  /** Oldest first. */
  readonly releases: readonly ReleaseRecord[];
  /** Without the tombstones. */
  readonly instances: readonly InstanceRecord[];
  /** The one that is not ended, else the last. */
  readonly rollout?: RolloutRecord;
  readonly metrics: readonly ReleaseMetrics[];
  /** Since the proxy started. */
  readonly lost: readonly { readonly instance: InstanceId; readonly count: number }[];
}

export interface DriftView {
  readonly fleet: FleetId;
  readonly name: string;
  readonly drift: readonly InstanceDrift[];
}
