import type {
  Clock,
  EventSink,
  FleetEvent,
  FleetId,
  InstanceId,
  Logger,
  Milliseconds,
  Random,
  RecordedEvent,
} from "../kernel/index.ts";
import type { Prober, Runtime, Traffic } from "./drivers.ts";
import type {
  AbortMessage,
  ApplyView,
  CommitMessage,
  DestroyMessage,
  DriftView,
  FleetView,
  GrantAnswer,
  GrantMessage,
  HandoverMessage,
  OperatorAnswer,
  PrepareAnswer,
  PrepareMessage,
  ReadMessage,
  RenewMessage,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
  SettledMessage,
  Standing,
} from "./messages.ts";
import type { ControlState } from "./records.ts";
import type { ControlStore } from "./store.ts";

export interface ControllerSettings {
  /** Where instances are started: the name of this machine. */
  readonly node: string;
  /** How often each instance is compared with its release; absent: 5 s. */
  readonly driftInterval?: Milliseconds;
  /** How long a call that failed (a stop, a drain, a table) waits before it is made again; absent: 1 s. */
  readonly retryInterval?: Milliseconds;
}

/** The effects that a controller works through. */
export interface ControllerParts {
  readonly store: ControlStore;
  readonly runtime: Runtime;
  readonly traffic: Traffic;
  readonly prober: Prober;
  readonly clock: Clock;
  readonly random: Random;
  /** Gets every event once it is durable. */
  readonly sink: EventSink<RecordedEvent<FleetEvent>>;
  readonly logger: Logger;
  readonly settings: ControllerSettings;
}

/**
 * Keeps fleets as their records say. Messages are idempotent and may be sent again whenever an answer was lost;
 * they reject where the store cannot be written, and then nothing was begun.
 */
export interface Controller {
  /** Takes over: epoch, fences, what runs, then acts (rule F20). Messages wait for it. */
  start(): Promise<void>;
  /** Ends all loops, and leaves instances and tables as they are. Messages that wait are rejected. */
  stop(): Promise<void>;

  prepare(message: PrepareMessage): Promise<PrepareAnswer>;
  commit(message: CommitMessage): Promise<Standing>;
  abort(message: AbortMessage): Promise<Standing>;
  read(message: ReadMessage): Promise<ApplyView>;
  grant(message: GrantMessage): Promise<GrantAnswer>;
  settled(message: SettledMessage): Promise<void>;
  handover(message: HandoverMessage): Promise<Standing>;
  renew(message: RenewMessage): Promise<Standing>;

  rollback(message: RollbackMessage): Promise<OperatorAnswer>;
  scale(message: ScaleMessage): Promise<OperatorAnswer>;
  rollout(message: RolloutMessage): Promise<OperatorAnswer>;
  /** `started` while anything of the fleet is left, `done` when nothing is: ask again until then. */
  destroy(message: DestroyMessage): Promise<OperatorAnswer>;

  fleets(): Promise<readonly FleetView[]>;
  /** Looks now, at every verified instance of the fleet, or of all. What drifted is then replaced. */
  drift(fleet?: FleetId): Promise<readonly DriftView[]>;
  /** The chain of events behind what runs now, oldest first. */
  why(fleet: FleetId): Promise<readonly RecordedEvent<FleetEvent>[]>;
  /** The end of an instance's output, at most `bytes`. */
  output(instance: InstanceId, bytes: number): Promise<string>;

  /** All records as they are now: a value. */
  state(): ControlState;
  /** Raised at every change of a record. */
  revision(): number;
  /** Resolves with the revision once it is above `after`, or after `timeout`. */
  changed(after: number, timeout: Milliseconds): Promise<number>;
  /** The proxy was started anew: it gets the wanted table again. */
  proxyRestarted(): Promise<void>;
}
