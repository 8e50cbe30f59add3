import type { Diagnostic, InstanceId, Milliseconds } from "../kernel/index.ts";
import type { DrainResult, InstanceExit, ProbeResult, RunningInstance } from "./drivers.ts";
import type {
  AbortMessage,
  CommitMessage,
  DestroyMessage,
  GrantAnswer,
  GrantMessage,
  HandoverMessage,
  OperatorAnswer,
  PrepareAnswer,
  PrepareMessage,
  RenewMessage,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
  SettledMessage,
  Standing,
} from "./messages.ts";

/** What somebody asks of the machine. */
export type MessageEvent =
  | {
      readonly kind: "prepare";
      readonly message: PrepareMessage;
      /** Why the proxy could not listen where the fleet wants it to; absent: it can. */
      readonly portProblem?: Diagnostic;
    }
  | { readonly kind: "commit"; readonly message: CommitMessage }
  | { readonly kind: "abort"; readonly message: AbortMessage }
  | { readonly kind: "grant"; readonly message: GrantMessage }
  | { readonly kind: "settled"; readonly message: SettledMessage }
  | { readonly kind: "handover"; readonly message: HandoverMessage }
  | { readonly kind: "renew"; readonly message: RenewMessage }
  | { readonly kind: "rollback"; readonly message: RollbackMessage }
  | { readonly kind: "scale"; readonly message: ScaleMessage }
  | { readonly kind: "rollout"; readonly message: RolloutMessage }
  | { readonly kind: "destroy"; readonly message: DestroyMessage };

/** What was found out about the world. */
export type FactEvent =
  /** A daemon took over: leases start anew, and the table is written under its epoch. */
  | { readonly kind: "recovered"; readonly node: string }
  /** What the runtime has, after the fence was raised. */
  | {
      readonly kind: "adopted";
      readonly running: readonly RunningInstance[];
      readonly ended: readonly InstanceExit[];
    }
  | { readonly kind: "instance_started"; readonly instance: RunningInstance }
  | { readonly kind: "start_failed"; readonly instance: InstanceId; readonly diagnostic: Diagnostic }
  | { readonly kind: "instance_exited"; readonly exit: InstanceExit }
  /** `output`: the instance's last lines, fetched where the check failed. */
  | {
      readonly kind: "probed";
      readonly instance: InstanceId;
      readonly result: ProbeResult;
      readonly output?: string;
    }
  | { readonly kind: "drained"; readonly instance: InstanceId; readonly cut: DrainResult["cut"] }
  /** `lost`: requests that died with it and may not be sent again. */
  | { readonly kind: "stopped"; readonly instance: InstanceId; readonly lost: number }
  | { readonly kind: "drifted"; readonly instance: InstanceId; readonly subjects: readonly string[] }
  | { readonly kind: "table_acknowledged"; readonly epoch: number; readonly version: number }
  | { readonly kind: "table_refused"; readonly version: number; readonly diagnostic: Diagnostic }
  | { readonly kind: "table_superseded"; readonly epoch: number; readonly version: number }
  /** A new proxy: it gets the wanted table under a new version. */
  | { readonly kind: "proxy_restarted" }
  | { readonly kind: "tick" };

export type MachineInput = MessageEvent | FactEvent;

/** An input with what the machine may not take for itself: the time, and randomness for new ids. */
export interface MachineEvent {
  readonly at: Milliseconds;
  /** 32 bits; ids made in the step follow from it and the time. */
  readonly seed: number;
  readonly node: string;
  readonly input: MachineInput;
}

/** What the sender of a message is told; nothing for facts. */
export type MachineAnswer =
  | { readonly kind: "none" }
  | { readonly kind: "prepare"; readonly answer: PrepareAnswer }
  | { readonly kind: "standing"; readonly answer: Standing }
  | { readonly kind: "grant"; readonly answer: GrantAnswer }
  | { readonly kind: "operator"; readonly answer: OperatorAnswer };
