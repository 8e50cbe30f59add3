import type { DaemonClient, ShutdownAnswer } from "../api/index.ts";
import { DaemonUnreachable } from "../api/index.ts";
import { newId } from "../kernel/index.ts";
import type { Clock, Lineage, Random } from "../kernel/index.ts";

/** How long fleets that are being destroyed may take to be gone. */
const SHUTDOWN_WAIT = 60_000;
/** How long the processes may take to end after that. */
const END_WAIT = 15_000;
const END_POLL = 20;

export interface StopOptions {
  /** Talks to a daemon that runs, and starts none. */
  readonly client: DaemonClient;
  /** The configuration's own, whose leftovers are forgotten. */
  readonly lineage: Lineage;
  /** Login name and command line. */
  readonly asked: { readonly who: string; readonly why: string };
  readonly clock: Clock;
  readonly random: Random;
  /** Process ids of the home's daemon, proxy and instances that still run. */
  readonly left: () => Promise<readonly number[]>;
}

export type StopOutcome =
  | { readonly kind: "stopped" }
  /** No daemon ran. */
  | { readonly kind: "none" }
  /** Others have fleets there. */
  | { readonly kind: "in_use"; readonly fleets: readonly string[] }
  | { readonly kind: "still_running"; readonly processes: readonly number[] };

/** Ends the daemon and its proxy where no fleet is left, and waits until no process of the home is. */
export async function stopDaemon(options: StopOptions): Promise<StopOutcome> {
  const answer = await shutDown(options);
  if (answer?.kind === "in_use") return answer;
  const deadline = options.clock.now() + END_WAIT;
  for (;;) {
    const processes = await options.left();
    if (processes.length === 0) return answer === undefined ? { kind: "none" } : { kind: "stopped" };
    if (options.clock.now() >= deadline) return { kind: "still_running", processes };
    await options.clock.sleep(END_POLL);
  }
}

async function shutDown(options: StopOptions): Promise<ShutdownAnswer | undefined> {
  const { client, lineage } = options;
  try {
    await forgetAbandoned(options);
    return await client.shutdown({ mode: "home_empty", lineage, waitMilliseconds: SHUTDOWN_WAIT });
  } catch (error) {
    if (error instanceof DaemonUnreachable) return undefined;
    throw error;
  }
}

/** Fleets whose first rollout was taken back are in no state, so that no plan could destroy them. */
async function forgetAbandoned({ client, lineage, asked, clock, random }: StopOptions): Promise<void> {
  for (const { fleet, instances } of await client.fleets()) {
    if (fleet.lineage !== lineage || fleet.serving !== undefined || instances.length > 0) continue;
    await client.destroyFleet({ ...asked, apply: newId<"apply">(clock, random), fleet: fleet.id });
  }
}
