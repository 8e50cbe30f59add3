import type { InstanceId, Milliseconds } from "../kernel/index.ts";
import type { StartRequest } from "./drivers.ts";
import { prepareDeadline, startDeadline } from "./progress.ts";
import type { ControlState, InstanceRecord, ReleaseRecord } from "./records.ts";
import type { ReleaseContent } from "./release.ts";
import { calmAt } from "./retention.ts";
import type { InstanceAddress, RouteTable } from "./table.ts";
import { instancesIn, isOutOfTraffic, releaseOf, specificationInForce } from "./views.ts";

/**
 * Something that ought to be under way. The key is stable as long as the same thing is meant: who runs commands
 * begins none twice, and after a restart they simply follow from the records again.
 */
export type Command =
  | {
      readonly kind: "start";
      readonly key: string;
      readonly request: StartRequest;
      readonly limit: Milliseconds;
    }
  | {
      readonly kind: "probe";
      readonly key: string;
      readonly instance: InstanceId;
      readonly address: InstanceAddress;
      readonly content: ReleaseContent;
      /** Not before this moment. */
      readonly due: Milliseconds;
    }
  | {
      readonly kind: "drain";
      readonly key: string;
      readonly instance: InstanceId;
      readonly deadline: Milliseconds;
    }
  | {
      readonly kind: "stop";
      readonly key: string;
      readonly instance: InstanceId;
      readonly timeout: Milliseconds;
    }
  | { readonly kind: "push_table"; readonly key: string; readonly table: RouteTable }
  /** Time alone changes something then. */
  | { readonly kind: "wake"; readonly key: string; readonly due: Milliseconds };

/** Until it is ready an instance is asked this often, or at its interval where that is shorter. */
const BOOT_INTERVAL: Milliseconds = 250;
const DEFAULT_STOP_TIMEOUT: Milliseconds = 10_000;
const DEFAULT_DRAIN: Milliseconds = 30_000;

/** Everything that ought to be under way, given the records at a moment. */
export function commandsOf(state: ControlState, at: Milliseconds): readonly Command[] {
  const commands: Command[] = [];
  const { table } = state;
  if (table.acknowledgedVersion < table.wanted.version) {
    const key = `table ${table.wanted.epoch} ${table.wanted.version}`;
    commands.push({ kind: "push_table", key, table: table.wanted });
  }
  let routed: ReadonlySet<InstanceId> | undefined;
  const isOut = (instance: InstanceRecord): boolean =>
    isOutOfTraffic(state, instance, (routed ??= instancesIn(table.wanted)));
  // Neighbours are mostly of one release; looking each one's up is what costs most with many.
  let release: ReleaseRecord | undefined;
  for (const instance of state.instances.values()) {
    if (instance.phase.kind === "gone") continue;
    if (release?.number !== instance.release || release.fleet !== instance.fleet) {
      release = releaseOf(state, instance.fleet, instance.release);
    }
    const command = commandFor(state, instance, release?.content, isOut);
    if (command !== undefined) commands.push(command);
  }
  const due = wakeAt(state, at);
  if (due !== undefined) commands.push({ kind: "wake", key: `wake ${due}`, due });
  return commands;
}

function commandFor(
  state: ControlState,
  instance: InstanceRecord,
  content: ReleaseContent | undefined,
  isOut: (instance: InstanceRecord) => boolean,
): Command | undefined {
  const fleet = state.fleets.get(instance.fleet);
  const { id, phase } = instance;
  switch (phase.kind) {
    case "intent":
      if (content === undefined || fleet === undefined) return undefined;
      return {
        kind: "start",
        key: `start ${id}`,
        limit: content.health.startDeadline,
        request: {
          id,
          epoch: state.epoch,
          fleet: { id: fleet.id, name: fleet.specification.name },
          release: instance.release,
          content,
        },
      };
    case "started":
    case "verified": {
      if (content === undefined || instance.address === undefined) return undefined;
      const { interval } = content.health;
      const pause = phase.kind === "started" ? Math.min(interval, BOOT_INTERVAL) : interval;
      const due = phase.lastCheck === undefined ? 0 : phase.lastCheck + pause;
      return { kind: "probe", key: `probe ${id}`, instance: id, address: instance.address, content, due };
    }
    case "retiring":
      // No stop and no drain before the table without it is in force (rule F8).
      if (!isOut(instance)) return undefined;
      if (phase.drained) {
        const timeout = content?.stopTimeout ?? DEFAULT_STOP_TIMEOUT;
        return { kind: "stop", key: `stop ${id}`, instance: id, timeout };
      }
      return {
        kind: "drain",
        key: `drain ${id}`,
        instance: id,
        deadline: fleet === undefined ? DEFAULT_DRAIN : specificationInForce(state, fleet).rollout.drain,
      };
    case "gone":
      return undefined;
  }
}

/** The next moment at which a rule looks at the clock; undefined: none does. */
function wakeAt(state: ControlState, at: Milliseconds): Milliseconds | undefined {
  const moments: (Milliseconds | undefined)[] = [];
  for (const apply of state.applies.values()) {
    if (apply.decision.kind === "open" && apply.coordinator.kind === "engine") {
      moments.push(apply.coordinator.leaseUntil);
    }
  }
  for (const rollout of state.rollouts.values()) {
    if (rollout.phase.kind === "baking") moments.push(rollout.phase.until);
    moments.push(prepareDeadline(state, rollout));
  }
  for (const release of state.releases.values()) moments.push(release.warmUntil);
  for (const instance of state.instances.values()) moments.push(startDeadline(state, instance));
  for (const fleet of state.fleets.values()) {
    moments.push(fleet.backoff.notBefore);
    moments.push(calmAt({ state }, fleet));
  }
  const later = moments.filter((moment): moment is Milliseconds => moment !== undefined && moment > at);
  return later.length === 0 ? undefined : Math.min(...later);
}
