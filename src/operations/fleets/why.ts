import type { DaemonClient, DaemonRecordedEvent, FleetView } from "../../api/index.ts";

/** The events behind what a fleet runs now: from the start of the last rollout that was kept, to the last one. */
export async function chainBehind(
  client: DaemonClient,
  fleet: FleetView,
): Promise<readonly DaemonRecordedEvent[]> {
  const id = fleet.fleet.id;
  const events: DaemonRecordedEvent[] = [];
  for await (const event of client.events({ fleet: id })) events.push(event);
  const kept = events.findLast(
    ({ event }) => event.kind === "rollout_ended" && event.fleet === id && event.outcome === "complete",
  )?.event;
  if (kept?.kind !== "rollout_ended") return events;
  const first = events.findIndex(
    ({ event }) => event.kind === "rollout_started" && event.fleet === id && event.apply === kept.apply,
  );
  return events.slice(Math.max(0, first));
}
