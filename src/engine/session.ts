import type { Configuration } from "../config/index.ts";
import type {
  Clock,
  Diagnostic,
  EngineEvent,
  EventSink,
  FleetEvent,
  ImageEvent,
  Random,
} from "../kernel/index.ts";
import { FUNCTIONS, type FunctionFiles, type FunctionTable, type Value } from "../lang/index.ts";
import { Evaluation } from "./evaluation/evaluation.ts";
import type { CallContext, ProviderSource } from "./provider.ts";
import type { ProviderPool } from "./provider-pool.ts";
import { Semaphore } from "./semaphore.ts";

/** How many provider calls run at once unless told otherwise, as with Terraform. */
export const DEFAULT_PARALLELISM = 10;

/** What the engine needs of the world beside providers and the state. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  /** What functions such as `file` may read. */
  readonly files: FunctionFiles;
  readonly homeDirectory: string;
  /** Absolute: the root module's directory. */
  readonly rootDirectory: string;
  readonly workspace: string;
}

/** What validating, planning and applying have in common. */
export interface SessionOptions {
  readonly surroundings: Surroundings;
  readonly providers: ProviderSource;
  readonly events: EventSink<EngineEvent | ImageEvent | FleetEvent>;
  /** Aborted: nothing new is begun. */
  readonly signal: AbortSignal;
  /** Absent: ten. */
  readonly parallelism?: number;
}

/** One walk over a configuration: what it evaluates with, and what it found wrong. */
export interface Session {
  readonly configuration: Configuration;
  readonly evaluation: Evaluation;
  readonly pool: ProviderPool;
  /** Limits the calls of providers. */
  readonly calls: Semaphore;
  readonly context: CallContext;
  readonly variables: ReadonlyMap<string, Value>;
  readonly diagnostics: Diagnostic[];
}

export type Phase = "validate" | "plan" | "apply";

/** Begins a walk. `planTime` is when the plan was, or is being, made. */
export function beginSession(
  configuration: Configuration,
  variables: ReadonlyMap<string, Value>,
  options: SessionOptions,
  pool: ProviderPool,
  phase: Phase,
  planTime: number,
): Session {
  const { surroundings } = options;
  const functions: FunctionTable = {
    definitions: FUNCTIONS,
    context: {
      files: surroundings.files,
      baseDirectory: surroundings.rootDirectory,
      homeDirectory: surroundings.homeDirectory,
      ...(phase === "apply" ? { now: surroundings.clock.now() } : {}),
      planTime,
      random: surroundings.random,
    },
  };
  return {
    configuration,
    evaluation: new Evaluation(configuration.root, {
      functions,
      workspace: surroundings.workspace,
      rootDirectory: surroundings.rootDirectory,
      workingDirectory: surroundings.rootDirectory,
      validating: phase === "validate",
    }),
    pool,
    calls: new Semaphore(options.parallelism ?? DEFAULT_PARALLELISM),
    context: { signal: options.signal, events: options.events },
    variables,
    diagnostics: [],
  };
}
