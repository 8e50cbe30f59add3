import type { ApplyId, FleetId, InstanceId, Lineage, Milliseconds, ReleaseNumber } from "../kernel/index.ts";
import type { ProcessIdentity } from "./drivers.ts";
import type { FleetSpecification, ReleaseContent } from "./release.ts";
import type { InstanceAddress, RouteTable } from "./table.ts";

/*
 * What the daemon's store holds: the records of the commit protocol. They change only in the
 * transaction of one `step`, and what they permit is done after they are durable.
 */

/** Who decides an apply. */
export type Coordinator =
  /** An engine, as long as its lease lasts (while undecided). */
  | {
      readonly kind: "engine";
      readonly leaseUntil: Milliseconds;
      /** The lease's whole term: what `renew` and a daemon that restarts give anew. */
      readonly term: Milliseconds;
    }
  /** The daemon: an operator's command, or an apply that was handed over. No lease. */
  | { readonly kind: "daemon"; readonly handedOver: boolean };

/** The decision permits the switch, or the throwing away. Written once; first writer wins. */
export type Decision =
  | { readonly kind: "open" }
  | { readonly kind: "commit"; readonly at: Milliseconds }
  | { readonly kind: "abort"; readonly at: Milliseconds; readonly reason: string };

/** The verdict permits all that cannot be undone, or the switching back. Written once; first writer wins. */
export type Verdict =
  | { readonly kind: "none" }
  | { readonly kind: "kept"; readonly at: Milliseconds }
  | { readonly kind: "back"; readonly at: Milliseconds; readonly reason: string };

/** One apply, or one operator's command that moves traffic: a group that is decided as a whole. */
export interface ApplyRecord {
  readonly id: ApplyId;
  readonly lineage: Lineage;
  readonly epoch: number;
  readonly coordinator: Coordinator;
  readonly members: readonly FleetId[];
  readonly decision: Decision;
  readonly verdict: Verdict;
  /** After a hand-over a person has promoted it: the daemon decides once its own checks are young. */
  readonly promoted?: { readonly who: string; readonly at: Milliseconds };
  /** The engine has closed its generation: the record may be forgotten. */
  readonly settled: boolean;
  /** Login name of who asked. */
  readonly who: string;
  /** The command, such as `kiln apply` or `kiln rollback web 1`. */
  readonly why: string;
  readonly openedAt: Milliseconds;
}

/** A fleet's part in an apply. */
export type RolloutPhase =
  | { readonly kind: "preparing"; readonly since: Milliseconds }
  | { readonly kind: "prepared"; readonly since: Milliseconds }
  /** Decided to commit; the table is wanted, and perhaps not acknowledged. */
  | { readonly kind: "switching"; readonly since: Milliseconds }
  | { readonly kind: "baking"; readonly since: Milliseconds; readonly until: Milliseconds }
  /** Its own bake is over; the group's verdict may not be. */
  | {
      readonly kind: "voted";
      readonly vote: "passed" | "failed";
      readonly reason: string;
      readonly since: Milliseconds;
    }
  /** Decided to abort, or verdict back: the old table is being put in force, the new instances end. */
  | {
      readonly kind: "aborting";
      readonly reason: string;
      readonly switched: boolean;
      readonly since: Milliseconds;
    }
  | { readonly kind: "complete"; readonly at: Milliseconds }
  | {
      readonly kind: "aborted";
      readonly reason: string;
      readonly switched: boolean;
      readonly at: Milliseconds;
    };

export interface RolloutRecord {
  readonly apply: ApplyId;
  readonly fleet: FleetId;
  readonly kind: "deploy" | "rollback" | "restart";
  /** The release that served when it began; absent for the first of a fleet. */
  readonly base?: ReleaseNumber;
  readonly target: ReleaseNumber;
  /** Specification of the fleet that takes effect with `kept`, and is dropped with `abort` or `back`. */
  readonly specification: FleetSpecification;
  readonly phase: RolloutPhase;
  /** From the decision to the acknowledged table; absent until then. */
  readonly switchedIn?: Milliseconds;
  /** The table that its last decision or verdict asks for; absent before the first. */
  readonly tableVersion?: number;
  /** How long the new release is watched after the switch; a rollback and a restart have no bake. */
  readonly bake: Milliseconds;
  /** A person holds the bake: it does not pass before `resume` or `promote`; absent: nobody does. */
  readonly paused?: { readonly who: string; readonly since: Milliseconds };
  /** The number of instances that an operator asked for while it went on; absent: as specified. */
  readonly scaledTo?: number;
}

export type ReleaseStatus =
  /** Its rollout is not decided. */
  | "preparing"
  /** In the table. */
  | "serving"
  /** It left the table; requests in flight end. */
  | "draining"
  /** Served well, and its instances still run: a rollback to it is only a switch. */
  | "warm"
  /** Served well; its instances are gone. */
  | "retired"
  /** Never passed its verdict. */
  | "aborted";

export interface ReleaseRecord {
  readonly fleet: FleetId;
  readonly number: ReleaseNumber;
  readonly digest: string;
  readonly content: ReleaseContent;
  readonly status: ReleaseStatus;
  /** It has been kept by a verdict at least once. */
  readonly good: boolean;
  /** Resources that it needs were destroyed: no rollback target any more (rule F12). */
  readonly spent: boolean;
  /** When it stops being warm; absent unless warm. */
  readonly warmUntil?: Milliseconds;
  readonly createdAt: Milliseconds;
  readonly createdBy: string;
  readonly why: string;
  /** Why it was aborted; absent unless aborted. */
  readonly reason?: string;
}

/** After a rollback from the command line: this content is not rolled out again until somebody says so. */
export interface Hold {
  /** The release that was left. */
  readonly from: ReleaseNumber;
  readonly digest: string;
  readonly at: ReleaseNumber;
  readonly who: string;
  readonly since: Milliseconds;
}

export interface FleetRecord {
  readonly id: FleetId;
  readonly lineage: Lineage;
  readonly address: string;
  /** The apply that made it: a destroy that is older means an earlier fleet of this address. */
  readonly createdIn: ApplyId;
  /** What was last kept; before the first verdict, what is being rolled out. */
  readonly specification: FleetSpecification;
  /** Overrides the specification after `kiln scale`; absent: as declared. */
  readonly scaledTo?: number;
  /** The release in the table by the last decision or verdict; absent before the first. */
  readonly serving?: ReleaseNumber;
  readonly lastRelease: ReleaseNumber;
  readonly hold?: Hold;
  /** Crashes in a row, and when the next replacement may start. */
  readonly backoff: {
    readonly failures: number;
    readonly notBefore: Milliseconds;
    /** When the last one was counted: what was started before it belongs to the same failure. Absent: none was. */
    readonly lastFailure?: Milliseconds;
  };
  /** Set by a destroy: everything of it is being retired. */
  readonly destroying: boolean;
  /** Who asked for the destroy; absent unless destroying. */
  readonly destroyedBy?: string;
}

export type InstancePhase =
  /** The intent to start it is durable; it may or may not run. */
  | { readonly kind: "intent" }
  /** It runs; checks go on. */
  | {
      readonly kind: "started";
      readonly healthy: number;
      readonly at: Milliseconds;
      /** Absent before the first check. */
      readonly lastCheck?: Milliseconds;
      /** What the last check found; absent where it was healthy or there was none. */
      readonly lastReason?: string;
    }
  | {
      readonly kind: "verified";
      readonly at: Milliseconds;
      readonly lastCheck: Milliseconds;
      /** Failed checks in a row. */
      readonly failures: number;
      /** What the last failed check found; absent while healthy. */
      readonly lastReason?: string;
      /** Successes in a row since it was found unhealthy; absent while healthy. */
      readonly recovered?: number;
    }
  /** It must go, for this reason: out of the table, drained, stopped. */
  | {
      readonly kind: "retiring";
      readonly reason: string;
      readonly drained: boolean;
      readonly since: Milliseconds;
    }
  /** Tombstone: it was stopped or never ran, and what appears under its id is destroyed (rule F20). */
  | { readonly kind: "gone"; readonly reason: string; readonly at: Milliseconds };

export interface InstanceRecord {
  readonly id: InstanceId;
  readonly fleet: FleetId;
  readonly release: ReleaseNumber;
  /** The apply or the healing that it was made by. */
  readonly cause: string;
  readonly node: string;
  readonly epoch: number;
  readonly phase: InstancePhase;
  readonly address?: InstanceAddress;
  readonly process?: ProcessIdentity;
  readonly createdAt: Milliseconds;
  /** The newest wanted table that it was in; absent: in none, so that nothing need be acknowledged before it goes. */
  readonly lastTable?: number;
  /** How it differs from its release; absent: it does not, as far as is known. */
  readonly drifted?: readonly string[];
  /** Why it failed, with its last lines of output; absent: it did not. */
  readonly failure?: { readonly reason: string; readonly output: string };
}

/** What is remembered of a state's life line. */
export interface LineageRecord {
  readonly lineage: Lineage;
  /** Only applies with an id above it may be opened: what is not known and not above it is over. */
  readonly highestSettled: ApplyId;
}

/** The table that ought to be in force, written in the transaction of the decision or verdict that it follows from. */
export interface TableRecord {
  readonly wanted: RouteTable;
  readonly acknowledgedVersion: number;
  readonly acknowledgedAt: Milliseconds;
}

/** All that the daemon knows: a value. */
export interface ControlState {
  readonly epoch: number;
  readonly applies: ReadonlyMap<ApplyId, ApplyRecord>;
  readonly fleets: ReadonlyMap<FleetId, FleetRecord>;
  /** By `FLEET#NUMBER`. */
  readonly releases: ReadonlyMap<string, ReleaseRecord>;
  /** By `APPLY FLEET`. */
  readonly rollouts: ReadonlyMap<string, RolloutRecord>;
  readonly instances: ReadonlyMap<InstanceId, InstanceRecord>;
  readonly lineages: ReadonlyMap<Lineage, LineageRecord>;
  readonly table: TableRecord;
}
