import { formatDuration } from "../kernel/index.ts";
import type { FleetId, InstanceId, Milliseconds, ReleaseNumber } from "../kernel/index.ts";
import type { Draft } from "./draft.ts";
import type { FleetRecord, InstanceRecord } from "./records.ts";

/** The first replacement starts at once, the next after a second, then twice as long each time up to a minute. */
const FIRST_BACKOFF: Milliseconds = 1000;
const LONGEST_BACKOFF: Milliseconds = 60_000;
/** From so many failures in a row on it is called a crash loop. */
const CRASH_LOOP_FAILURES = 3;

/** What an event says of the fleet it is about. */
export function ofFleet(fleet: FleetRecord): { fleet: FleetId; name: string } {
  return { fleet: fleet.id, name: fleet.specification.name };
}

/** What an event says of the instance it is about. */
export function ofInstance(
  draft: Draft,
  instance: InstanceRecord,
): { fleet: FleetId; name: string; instance: InstanceId; release: ReleaseNumber } {
  const name = draft.state.fleets.get(instance.fleet)?.specification.name ?? instance.fleet;
  return { fleet: instance.fleet, name, instance: instance.id, release: instance.release };
}

/** Writes the intent to start an instance; the start itself follows from the record. */
export function createInstance(
  draft: Draft,
  fleet: FleetRecord,
  release: ReleaseNumber,
  cause: string,
): void {
  const record: InstanceRecord = {
    id: draft.newInstanceId(),
    fleet: fleet.id,
    release,
    cause,
    node: draft.node,
    epoch: draft.state.epoch,
    phase: { kind: "intent" },
    createdAt: draft.at,
  };
  draft.putInstance(record);
  draft.emit({ kind: "instance_starting", ...ofInstance(draft, record), cause });
}

/**
 * The instance must go: out of the table, drained once that is acknowledged, stopped. `ended`: it runs no more,
 * so there is nothing to drain.
 */
export function retireInstance(draft: Draft, instance: InstanceRecord, reason: string, ended = false): void {
  const current = draft.state.instances.get(instance.id);
  if (current === undefined || current.phase.kind === "gone") return;
  if (current.phase.kind === "retiring") {
    if (ended && !current.phase.drained) {
      draft.putInstance({ ...current, phase: { ...current.phase, drained: true } });
    }
    return;
  }
  const neverServed = current.lastTable === undefined && !draft.routed.has(current.id);
  draft.putInstance({
    ...current,
    phase: { kind: "retiring", reason, drained: ended || neverServed, since: draft.at },
  });
  draft.emit({ kind: "instance_retiring", ...ofInstance(draft, current), reason });
}

/**
 * Counts a failure of an instance that healing has to replace. What was started before the last one that was
 * counted belongs to the same failure: three instances that crash together are one.
 */
export function countFailure(draft: Draft, instance: InstanceRecord): void {
  const fleet = draft.state.fleets.get(instance.fleet);
  if (fleet === undefined) return;
  const { backoff } = fleet;
  if (backoff.lastFailure !== undefined && instance.createdAt < backoff.lastFailure) return;
  const failures = backoff.failures + 1;
  const wait =
    failures === 1 ? 0 : Math.min(FIRST_BACKOFF * 2 ** Math.min(failures - 2, 10), LONGEST_BACKOFF);
  const notBefore = draft.at + wait;
  draft.putFleet({ ...fleet, backoff: { failures, notBefore, lastFailure: draft.at } });
  if (failures < CRASH_LOOP_FAILURES) return;
  draft.emit({ kind: "crash_loop", ...ofFleet(fleet), release: instance.release, failures, notBefore });
}

/** Writes down why an instance failed. */
export function noteFailure(draft: Draft, instance: InstanceRecord, reason: string, output: string): void {
  const current = draft.state.instances.get(instance.id) ?? instance;
  draft.putInstance({ ...current, failure: { reason, output } });
  draft.emit({ kind: "instance_failed", ...ofInstance(draft, instance), reason, output });
}

/** `exited with code 1 after 3.2s`. */
export function describeExit(
  exit: { readonly code?: number; readonly signal?: string },
  age: Milliseconds,
): string {
  const after = ` after ${formatDuration(Math.max(age, 0))}`;
  if (exit.signal !== undefined) return `was killed by ${exit.signal}${after}`;
  if (exit.code !== undefined) return `exited with code ${exit.code}${after}`;
  return "ended while nobody watched";
}

/** The last lines of an output, for a reason that is shown to people. */
export function lastLines(output: string, count = 10): string {
  return output.trimEnd().split("\n").slice(-count).join("\n");
}
