import type { ApplyId, FleetEvent, FleetId, RecordedEvent } from "../kernel/index.ts";
import type { TrafficReport } from "./drivers.ts";
import type { ApplyView, FleetView } from "./messages.ts";
import type { ControlState, FleetRecord } from "./records.ts";
import {
  currentRollout,
  instancesOf,
  releasesOf,
  replicasOf,
  rolloutsIn,
  specificationInForce,
} from "./views.ts";

/** One fleet as it is shown; `report` is absent where the proxy cannot be asked. */
export function viewFleet(state: ControlState, fleet: FleetRecord, report?: TrafficReport): FleetView {
  const instances = instancesOf(state, fleet.id);
  const own = new Set(instances.map((instance) => instance.id));
  const { listen } = specificationInForce(state, fleet);
  const rollout = currentRollout(state, fleet.id);
  return {
    fleet,
    replicas: replicasOf(fleet),
    ...(listen === undefined ? {} : { endpoint: `http://${hostOf(listen.host)}:${listen.port}` }),
    releases: releasesOf(state, fleet.id),
    instances: instances.filter((instance) => instance.phase.kind !== "gone"),
    ...(rollout === undefined ? {} : { rollout }),
    metrics: (report?.releases ?? []).filter((metrics) => metrics.fleet === fleet.id),
    lost: (report?.lost ?? []).filter((lost) => own.has(lost.instance)),
  };
}

function hostOf(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

export function viewApply(state: ControlState, apply: ApplyId, revision: number): ApplyView {
  const record = state.applies.get(apply);
  const rollouts = rolloutsIn(state, apply);
  return {
    ...(record === undefined ? {} : { apply: record }),
    rollouts,
    instances: rollouts.flatMap((rollout) =>
      instancesOf(state, rollout.fleet).filter((instance) => instance.release === rollout.target),
    ),
    revision,
  };
}

/** The events behind what runs now: from the start of the last rollout that was kept, to the end. */
export function chainOf(
  events: readonly RecordedEvent<FleetEvent>[],
  fleet: FleetId,
): readonly RecordedEvent<FleetEvent>[] {
  const kept = events.findLast(
    ({ event }) => event.kind === "rollout_ended" && event.fleet === fleet && event.outcome === "complete",
  );
  if (kept?.event.kind !== "rollout_ended") return events;
  const { apply } = kept.event;
  const first = events.findIndex(
    ({ event }) => event.kind === "rollout_started" && event.fleet === fleet && event.apply === apply,
  );
  return events.slice(Math.max(0, first));
}
