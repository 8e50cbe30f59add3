import type { Diagnostic } from "./diagnostics.ts";
import type { ApplyId, FleetId, GenerationNumber, ImageDigest, InstanceId, ReleaseNumber } from "./ids.ts";

/** Version of the union below: raised when a member changes its meaning, not when one is added. */
export const EVENTS_VERSION = 1;

/** What an engine does to one resource. */
export type ActionKind = "create" | "read" | "update" | "replace" | "delete" | "prepare" | "commit";

/** Events of the engine: one plan or one apply. */
export type EngineEvent =
  | { readonly kind: "refresh_started" | "refresh_done"; readonly address: string }
  | { readonly kind: "operation_started"; readonly address: string; readonly action: ActionKind }
  | {
      readonly kind: "operation_progress";
      readonly address: string;
      readonly action: ActionKind;
      readonly elapsed: number;
    }
  | {
      readonly kind: "operation_done";
      readonly address: string;
      readonly action: ActionKind;
      readonly elapsed: number;
      /** The object's id where it has one. */
      readonly objectId?: string;
    }
  | {
      readonly kind: "operation_failed";
      readonly address: string;
      readonly action: ActionKind;
      readonly elapsed: number;
    }
  | { readonly kind: "diagnostic"; readonly diagnostic: Diagnostic }
  | {
      readonly kind: "apply_done";
      readonly outcome: "applied" | "aborted" | "partial" | "failed";
      readonly generation?: GenerationNumber;
      readonly added: number;
      readonly changed: number;
      readonly destroyed: number;
    };

/** Events of an image build. */
export type ImageEvent =
  | {
      readonly kind: "image_step";
      readonly image: string;
      readonly step: string;
      readonly cached: boolean;
      readonly elapsed: number;
    }
  | { readonly kind: "image_output"; readonly image: string; readonly line: string }
  | {
      readonly kind: "image_fired";
      readonly image: string;
      readonly digest: ImageDigest;
      readonly size: number;
      readonly elapsed: number;
    };

interface OfFleet {
  readonly fleet: FleetId;
  readonly name: string;
}
interface OfInstance extends OfFleet {
  readonly instance: InstanceId;
  readonly release: ReleaseNumber;
}

/** Events of the delivery side: what happened to fleets. */
export type FleetEvent =
  | (OfFleet & {
      readonly kind: "rollout_started";
      readonly apply: ApplyId;
      readonly base?: ReleaseNumber;
      readonly target: ReleaseNumber;
      readonly rollout: "deploy" | "rollback" | "restart";
      readonly who: string;
      readonly why: string;
    })
  | (OfInstance & { readonly kind: "instance_starting"; readonly cause: string })
  | (OfInstance & { readonly kind: "instance_started"; readonly pid?: number; readonly address: string })
  | (OfInstance & { readonly kind: "instance_verified"; readonly elapsed: number })
  | (OfInstance & { readonly kind: "instance_failed"; readonly reason: string; readonly output: string })
  | (OfInstance & { readonly kind: "instance_lost_requests"; readonly count: number })
  | (OfInstance & { readonly kind: "instance_drifted"; readonly subjects: readonly string[] })
  | (OfInstance & { readonly kind: "instance_adopted"; readonly pid?: number })
  | (OfInstance & { readonly kind: "instance_retiring"; readonly reason: string })
  | (OfInstance & { readonly kind: "instance_gone"; readonly reason: string })
  | (OfFleet & {
      /** Replacements fail one after the other; the next is started at `notBefore` (milliseconds since the epoch). */
      readonly kind: "crash_loop";
      readonly release: ReleaseNumber;
      readonly failures: number;
      readonly notBefore: number;
    })
  | (OfFleet & { readonly kind: "rollout_prepared"; readonly apply: ApplyId; readonly target: ReleaseNumber })
  | {
      readonly kind: "decided";
      readonly apply: ApplyId;
      readonly decision: "commit" | "abort";
      readonly reason: string;
    }
  | (OfFleet & {
      readonly kind: "switched";
      readonly apply: ApplyId;
      readonly from?: ReleaseNumber;
      readonly to: ReleaseNumber;
      readonly elapsed: number;
    })
  | (OfFleet & {
      readonly kind: "bake_started";
      readonly apply: ApplyId;
      readonly target: ReleaseNumber;
      readonly duration: number;
    })
  | (OfFleet & {
      readonly kind: "bake_ended";
      readonly apply: ApplyId;
      readonly vote: "passed" | "failed";
      readonly reason: string;
    })
  | {
      readonly kind: "verdict";
      readonly apply: ApplyId;
      readonly verdict: "kept" | "back";
      readonly reason: string;
    }
  | (OfFleet & {
      readonly kind: "rollout_ended";
      readonly apply: ApplyId;
      readonly outcome: "complete" | "aborted";
      readonly switched: boolean;
      readonly target: ReleaseNumber;
      readonly reason: string;
    })
  | (OfFleet & { readonly kind: "scaled"; readonly from: number; readonly to: number; readonly who: string })
  | (OfFleet & {
      readonly kind: "held";
      readonly at: ReleaseNumber;
      readonly from: ReleaseNumber;
      readonly who: string;
    })
  | (OfFleet & { readonly kind: "hold_ended"; readonly who: string })
  | (OfFleet & { readonly kind: "fleet_destroying" | "fleet_destroyed"; readonly who: string })
  | (OfFleet & {
      readonly kind: "drain_cut";
      readonly release: ReleaseNumber;
      readonly requests: readonly string[];
    });

/** Events of the daemon itself. */
export type DaemonEvent =
  | {
      readonly kind: "daemon_started";
      readonly epoch: number;
      readonly version: string;
      readonly pid: number;
    }
  | { readonly kind: "daemon_stopping" }
  | { readonly kind: "proxy_started"; readonly pid: number }
  | { readonly kind: "proxy_ended"; readonly reason: string }
  /** An operator's message, whatever was answered: the audit trail. */
  | {
      readonly kind: "asked";
      readonly action: string;
      /** Absent where the message names no fleet. */
      readonly fleet?: FleetId;
      readonly who: string;
      readonly why: string;
      readonly answer: "started" | "done" | "refused";
    };

/** Everything that the live view, `-json`, the history and the dashboard show. */
export type KilnEvent = EngineEvent | ImageEvent | FleetEvent | DaemonEvent;

/** An event that was written down: numbered from 1 within its store, without gaps. */
export interface RecordedEvent<Event = KilnEvent> {
  readonly version: typeof EVENTS_VERSION;
  readonly sequence: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly event: Event;
}

/** Where events go while something runs. */
export type EventSink<Event = KilnEvent> = (event: Event) => void;
