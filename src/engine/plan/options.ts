import type { Configuration } from "../../config/index.ts";
import type { Value } from "../../lang/index.ts";
import type { SessionOptions } from "../session.ts";
import type { State } from "../state/state.ts";
import type { PlanMode } from "./plan.ts";

export interface PlanOptions extends SessionOptions {
  readonly configuration: Configuration;
  /** The root module's variables that were given, as `collectVariables` decided. */
  readonly variables: ReadonlyMap<string, Value>;
  readonly state: State;
  readonly mode: PlanMode;
  /** Whether to ask providers what the objects are like now. */
  readonly refresh: boolean;
  /** Addresses of instances that are to be replaced whatever they are like. */
  readonly replace: readonly string[];
}
