import type { DaemonClient, DaemonRecordedEvent } from "../../api/index.ts";
import type { CallContext } from "../../engine/index.ts";
import { DiagnosticError, systemClock } from "../../kernel/index.ts";
import type { ApplyId, FleetEvent, FleetId } from "../../kernel/index.ts";

/** What goes on beside the calls of one apply: its lease is renewed, and the daemon's events are passed on. */
export interface ApplyWatch {
  /** From now on, what happens to this fleet is passed on too. */
  add(fleet: FleetId): void;
  /** Ends both; resolves when nothing more is passed on. */
  end(): Promise<void>;
}

/** How long the last events may take to arrive after the call that they belong to has ended. */
const LAST_EVENTS = 300;

export function watchApply(
  client: DaemonClient,
  apply: ApplyId,
  lease: number,
  events: CallContext["events"],
): ApplyWatch {
  const stop = new AbortController();
  const fleets = new Set<FleetId>();
  const renewing = setInterval(() => {
    // A renewal that is lost is repeated by the next one; a refusal shows in the records that the calls wait for.
    client.renew({ apply, lease }).catch(() => undefined);
  }, lease / 3);
  const ended = Promise.withResolvers<void>();
  const passing = pass(client, apply, fleets, stop.signal, (event) => {
    events(event);
    if (event.kind === "verdict" || event.kind === "rollout_ended") ended.resolve();
  });
  return {
    add: (fleet) => fleets.add(fleet),
    end: async () => {
      clearInterval(renewing);
      await Promise.race([ended.promise, passing, systemClock.sleep(LAST_EVENTS)]);
      stop.abort();
      await passing;
    },
  };
}

async function pass(
  client: DaemonClient,
  apply: ApplyId,
  fleets: ReadonlySet<FleetId>,
  signal: AbortSignal,
  events: CallContext["events"],
): Promise<void> {
  try {
    let started = false;
    for await (const { event } of client.events({ follow: true, signal })) {
      if ("apply" in event && event.apply === apply) started = true;
      // What was before this apply is history.
      if (!started) continue;
      if (isOf(event) && ("fleet" in event ? fleets.has(event.fleet) : event.apply === apply)) events(event);
    }
  } catch (error) {
    // Progress is a courtesy: the calls themselves say how it ends, also where events could not be read.
    if (error instanceof DiagnosticError) return;
    if (!signal.aborted) events({ kind: "diagnostic", diagnostic: unreadable(error) });
  }
}

/** Events of the daemon itself are none of an apply's. */
function isOf(event: DaemonRecordedEvent["event"]): event is FleetEvent {
  return event.kind !== "asked" && ("fleet" in event || "apply" in event);
}

function unreadable(error: unknown) {
  return {
    severity: "warning" as const,
    summary: "Progress cannot be shown",
    detail: `The daemon's events cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
  };
}

/** The resource address in a fleet's id. */
export function fleetOf(fleet: FleetId): string {
  return fleet.slice(fleet.indexOf("/") + 1);
}
