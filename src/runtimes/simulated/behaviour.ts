import type { Milliseconds } from "../../kernel/index.ts";

/** What a simulated instance does with its life. Ages count from when it began to run. */
export interface Behaviour {
  /** From the call to a running instance. */
  readonly startDelay: Milliseconds;
  /** The start fails with this reason; absent: it succeeds. */
  readonly startFailure?: string;
  /** Health checks succeed from this age on. */
  readonly healthyAfter: Milliseconds;
  /** Health checks fail from this age on; absent: never. */
  readonly unhealthyAfter?: Milliseconds;
  /** It exits by itself at this age; absent: never. */
  readonly exitAfter?: Milliseconds;
  readonly exitCode: number;
  /** Its output. */
  readonly output: string;
  /** SIGTERM does nothing: it ends when the stop timeout is over. */
  readonly ignoresTerm: boolean;
  /** From SIGTERM to its end. */
  readonly stopDelay: Milliseconds;
}

/** Starts in a moment, is healthy, and stops when asked. */
export const wellBehaved: Behaviour = {
  startDelay: 20,
  healthyAfter: 50,
  exitCode: 1,
  output: "listening\n",
  ignoresTerm: false,
  stopDelay: 10,
};

/**
 * What happens to one call of the runtime. `lost_reply`: it takes effect and the caller is told that it failed;
 * `refused`: it takes no effect; `hangs`: it takes effect and never returns.
 */
export type CallFault = "none" | "lost_reply" | "refused" | "hangs";

export type RuntimeCall = "fence" | "start" | "stop" | "list" | "execute" | "drift" | "output" | "probe";
