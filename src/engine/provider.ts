import type {
  ApplyId,
  Diagnostic,
  EngineEvent,
  EventSink,
  FleetEvent,
  ImageEvent,
  Lineage,
  OperationId,
} from "../kernel/index.ts";
import type { AttributePath, Value } from "../lang/index.ts";
import type { ProviderSchema } from "./schema.ts";

/*
 * What implements resource types, after the plugin protocol (version 6): every call is asynchronous, takes
 * and gives typed values with unknowns, refinements and marks, and answers with diagnostics instead of throwing.
 * An exception from a provider is a bug of the provider.
 */

/*
 * What goes to a provider has no marks, unless said otherwise: the engine takes them off, and puts those of the
 * configuration and of the schema back on what comes. The engine makes at most `parallelism` calls with an effect at
 * once, each after its intent is durable.
 */

/** What every call may rely on. */
export interface CallContext {
  readonly signal: AbortSignal;
  /** Progress while the call runs. */
  readonly events: EventSink<EngineEvent | ImageEvent | FleetEvent>;
}

/** A text of its own that a provider keeps beside an object; the engine stores its UTF-8 bytes and gives it back. */
export type PrivateData = string;

export interface Answer {
  readonly diagnostics: readonly Diagnostic[];
}

export interface ValidateRequest {
  readonly type: string;
  readonly config: Value;
}

export interface UpgradeRequest {
  readonly type: string;
  readonly version: number;
  /** The stored attributes as JSON text. */
  readonly stored: string;
}

export interface ReadRequest {
  readonly type: string;
  readonly address: string;
  readonly current: Value;
  readonly private: PrivateData;
}

export interface ReadAnswer extends Answer {
  /** Null of the type where the object is gone. */
  readonly state: Value;
  readonly private: PrivateData;
}

export interface PlanRequest {
  readonly type: string;
  readonly address: string;
  /** Null for a create. */
  readonly prior: Value;
  /**
   * The configuration merged over the prior state: computed attributes keep what they were, and of a create they are
   * null, which the provider turns into unknowns. Null for a destroy.
   */
  readonly proposed: Value;
  readonly config: Value;
  readonly private: PrivateData;
}

export interface PlanAnswer extends Answer {
  /** A promise: every known part is what apply will give (the engine checks it). */
  readonly planned: Value;
  /** Paths whose change forces a replacement. */
  readonly requiresReplace: readonly AttributePath[];
  readonly private: PrivateData;
  /** Lines for people about what this change does beyond its attributes, such as `release 4 -> 5`. */
  readonly notes?: readonly string[];
}

export interface ApplyRequest {
  readonly type: string;
  readonly address: string;
  /** The idempotency key: a provider that sees it again answers as it did. */
  readonly operation: OperationId;
  readonly prior: Value;
  readonly planned: Value;
  readonly config: Value;
  readonly private: PrivateData;
}

export interface ApplyAnswer extends Answer {
  /** What is there now, also after an error; null where nothing is. */
  readonly state: Value;
  readonly private: PrivateData;
}

export interface ImportedObject {
  readonly type: string;
  readonly state: Value;
  readonly private: PrivateData;
}

/** What finding an object again after a lost answer takes. */
export type RecoveryAbility =
  /** Repeating `apply` with the same operation id gives the same object. */
  | "idempotent_key"
  /** `find` looks for what an operation may have made. */
  | "find"
  /** The call dies with the engine's process; `read` tells at once. */
  | "in_process"
  | "none";

export interface ResourceTraits {
  /**
   * `none`: nothing changes outside the state but a store that keeps things by their content. No intent is needed, and
   * an apply that comes to nothing forgets it.
   */
  readonly effect: "none" | "outside";
  readonly recovery: RecoveryAbility;
  /** Changes of this type go through `transactional`, except destroys. */
  readonly transactional: boolean;
  /** A replacement makes the new object before the old one goes, where the configuration does not say; absent: no. */
  readonly createFirst?: boolean;
}

/** The apply that a preparation belongs to. */
export interface ApplyScope {
  readonly apply: ApplyId;
  readonly lineage: Lineage;
  /** Login name and command line, for the history. */
  readonly who: string;
  readonly why: string;
}

/** What `prepare` made; opaque to the engine, durable with its journal. */
export interface PreparedToken {
  readonly address: string;
  readonly token: string;
}

export type PrepareResult =
  | {
      readonly kind: "prepared";
      readonly token: PreparedToken;
      readonly state: Value;
      readonly private: PrivateData;
      readonly diagnostics: readonly Diagnostic[];
    }
  /** Nothing is to be committed: an operator holds the object at something else. */
  | { readonly kind: "held"; readonly diagnostics: readonly Diagnostic[] }
  /** Nothing of it is left. */
  | { readonly kind: "failed"; readonly diagnostics: readonly Diagnostic[] }
  /** Waits for a person before it can be decided. */
  | { readonly kind: "waiting"; readonly token: PreparedToken; readonly diagnostics: readonly Diagnostic[] };

/** How a group ended: kept for good, never switched, or switched back. */
export type CommitResult =
  | { readonly kind: "kept"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "aborted"; readonly diagnostics: readonly Diagnostic[] }
  | { readonly kind: "switched_back"; readonly diagnostics: readonly Diagnostic[] };

/** A provider whose changes are prepared, then decided as one group. */
export interface Transactional {
  /** Does all that may fail and serves nobody. Idempotent by (apply, address). */
  prepare(scope: ApplyScope, request: ApplyRequest, context: CallContext): Promise<PrepareResult>;
  /** Decides and switches all prepared objects of the apply at once, and waits for the verdict. */
  commit(scope: ApplyScope, tokens: readonly PreparedToken[], context: CallContext): Promise<CommitResult>;
  /** Takes back what was prepared; obeys what stands where it was decided already. */
  abort(scope: ApplyScope, tokens: readonly PreparedToken[], context: CallContext): Promise<CommitResult>;
  /** After `kept`: what the old objects need is about to be destroyed. Refused where somebody rolled back. */
  grant(scope: ApplyScope, tokens: readonly PreparedToken[], context: CallContext): Promise<Answer>;
  /** Only a person's word is missing: the other side becomes the coordinator. */
  handover(scope: ApplyScope, tokens: readonly PreparedToken[], context: CallContext): Promise<Answer>;
  /** The generation is closed: the records may be forgotten. */
  settled(scope: ApplyScope, context: CallContext): Promise<Answer>;
}

export interface EphemeralObject {
  readonly result: Value;
  readonly private: PrivateData;
  /** Milliseconds since the epoch at which it must be renewed; absent: never. */
  readonly renewAt?: number;
}

export interface Provider {
  /** Source address, such as `registry.terraform.io/hashicorp/local`. */
  readonly source: string;
  readonly version: string;
  schema(): Promise<ProviderSchema>;
  traits(type: string): ResourceTraits;
  validateProvider(config: Value, context: CallContext): Promise<Answer>;
  validateResource(request: ValidateRequest, context: CallContext): Promise<Answer>;
  validateDataSource(request: ValidateRequest, context: CallContext): Promise<Answer>;
  validateEphemeral(request: ValidateRequest, context: CallContext): Promise<Answer>;
  configure(config: Value, context: CallContext): Promise<Answer>;
  upgrade(request: UpgradeRequest, context: CallContext): Promise<Answer & { readonly state: Value }>;
  read(request: ReadRequest, context: CallContext): Promise<ReadAnswer>;
  plan(request: PlanRequest, context: CallContext): Promise<PlanAnswer>;
  apply(request: ApplyRequest, context: CallContext): Promise<ApplyAnswer>;
  readData(request: ValidateRequest, context: CallContext): Promise<Answer & { readonly state: Value }>;
  import(
    type: string,
    id: string,
    context: CallContext,
  ): Promise<Answer & { readonly objects: readonly ImportedObject[] }>;
  /** Takes over an object of another provider's type after `moved`. */
  move(
    source: {
      readonly provider: string;
      readonly type: string;
      readonly version: number;
      readonly stored: string;
    },
    targetType: string,
    context: CallContext,
  ): Promise<Answer & { readonly state: Value; readonly private: PrivateData }>;
  /** Objects that an operation may have made, where `traits` says `find`. */
  find(
    type: string,
    operation: OperationId,
    planned: Value,
    context: CallContext,
  ): Promise<Answer & { readonly objects: readonly ImportedObject[] }>;
  callFunction(
    name: string,
    args: readonly Value[],
    context: CallContext,
  ): Promise<Answer & { readonly result: Value }>;
  openEphemeral(
    request: ValidateRequest,
    context: CallContext,
  ): Promise<Answer & { readonly object?: EphemeralObject }>;
  renewEphemeral(
    type: string,
    data: PrivateData,
    context: CallContext,
  ): Promise<Answer & { readonly renewAt?: number }>;
  closeEphemeral(type: string, data: PrivateData, context: CallContext): Promise<Answer>;
  /** Asks calls under way to end soon. */
  stop(): Promise<void>;
  /** Releases everything; nothing is called afterwards. */
  close(): Promise<void>;
  /** Absent where no type is transactional. */
  readonly transactional?: Transactional;
}

/** Where providers come from; the composition root gives the engine one. */
export interface ProviderSource {
  /**
   * The provider of a source address, or why there is none. Asked once for each provider configuration of a command's
   * phase; the engine closes what it was given at that phase's end, and may ask again.
   */
  find(
    source: string,
    constraint: string | undefined,
  ): Promise<{ readonly provider: Provider } | { readonly diagnostic: Diagnostic }>;
  /** The source address that a resource type without `required_providers` belongs to. */
  implied(localName: string): string;
}
