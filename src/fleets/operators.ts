import { errorDiagnostic } from "../kernel/index.ts";
import type { ApplyId, ReleaseNumber } from "../kernel/index.ts";
import { vote } from "./decisions.ts";
import type { Draft } from "./draft.ts";
import { ofFleet } from "./instances.ts";
import type {
  Asked,
  DestroyMessage,
  OperatorAnswer,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
} from "./messages.ts";
import { announce, takeBack } from "./protocol.ts";
import type { FleetRecord, ReleaseRecord, RolloutRecord } from "./records.ts";
import { rolloutKey } from "./store.ts";
import {
  activeRollout,
  currentRollout,
  isDecided,
  isEnded,
  releaseOf,
  releasesOf,
  replicasOf,
  rolloutsOf,
} from "./views.ts";

/*
 * One door for operators (rule F13): each command is decided in one step against the same records, whatever
 * the fleet is doing, and a command that comes a second time gets the first one's answer.
 */

function done(message: string): OperatorAnswer {
  return { kind: "done", message };
}

function refuse(summary: string, detail: string, remedy?: string): OperatorAnswer {
  return {
    kind: "refused",
    diagnostic: errorDiagnostic(summary, detail, remedy === undefined ? {} : { remedy }),
  };
}

function unknownFleet(message: { readonly fleet: string }): OperatorAnswer {
  return refuse("No such fleet", `There is no fleet ${message.fleet}.`, "List the fleets with: kiln status");
}

/** The answer to a command that was carried out already; undefined: it is new. */
function repeated(
  draft: Draft,
  message: { apply: ApplyId; fleet: FleetRecord["id"] },
): OperatorAnswer | undefined {
  if (!draft.state.applies.has(message.apply)) return undefined;
  const rollout = draft.state.rollouts.get(rolloutKey(message.apply, message.fleet));
  return rollout === undefined
    ? done("Done.")
    : { kind: "started", apply: message.apply, target: rollout.target };
}

/** Records the command, so that its repetition is known; an open one is a group that the daemon decides. */
function record(
  draft: Draft,
  message: Asked & { readonly apply: ApplyId },
  fleet: FleetRecord,
  state: "open" | "done",
): void {
  draft.putApply({
    id: message.apply,
    lineage: fleet.lineage,
    epoch: draft.state.epoch,
    coordinator: { kind: "daemon", handedOver: false },
    members: [fleet.id],
    decision: state === "open" ? { kind: "open" } : { kind: "commit", at: draft.at },
    verdict: state === "open" ? { kind: "none" } : { kind: "kept", at: draft.at },
    settled: false,
    who: message.who,
    why: message.why,
    openedAt: draft.at,
  });
}

/** Starts a rollout that the daemon decides by itself. */
function start(
  draft: Draft,
  message: Asked & { readonly apply: ApplyId },
  fleet: FleetRecord,
  plan: Pick<RolloutRecord, "kind" | "target" | "specification" | "bake">,
): OperatorAnswer {
  record(draft, message, fleet, "open");
  const rollout: RolloutRecord = {
    ...plan,
    apply: message.apply,
    fleet: fleet.id,
    ...(fleet.serving === undefined ? {} : { base: fleet.serving }),
    phase: { kind: "preparing", since: draft.at },
    ...(fleet.scaledTo === undefined ? {} : { scaledTo: fleet.scaledTo }),
  };
  const target = releaseOf(draft.state, fleet.id, plan.target);
  if (target?.status === "retired" || target?.status === "aborted" || target?.status === "draining") {
    const { reason: _reason, ...rest } = target;
    draft.putRelease({ ...rest, status: "preparing" });
  }
  draft.putRollout(rollout);
  announce(draft, rollout, message.who, message.why);
  return { kind: "started", apply: message.apply, target: plan.target };
}

/** Goes back to an earlier release: while it is warm only a switch, else boot, verify, switch. No bake. */
export function rollback(draft: Draft, message: RollbackMessage): OperatorAnswer {
  const again = repeated(draft, message);
  if (again !== undefined) return again;
  const fleet = draft.state.fleets.get(message.fleet);
  if (fleet === undefined || fleet.destroying) return unknownFleet(message);
  const name = fleet.specification.name;
  const target = rollbackTarget(draft, fleet, message.release);
  if (target === undefined) {
    return message.release === undefined
      ? refuse("No release to go back to", `Fleet ${name} has no good release older than the serving one.`)
      : refuse(
          "No such release",
          `Fleet ${name} has no release ${message.release} any more.`,
          `List its releases with: kiln releases ${name}`,
        );
  }
  if (!target.good) {
    return refuse("Release never served well", `Release ${target.number} of fleet ${name} was never kept.`);
  }
  if (target.spent) {
    return refuse(
      "Release cannot serve any more",
      `Resources that release ${target.number} of fleet ${name} needs were destroyed.`,
    );
  }
  const active = activeRollout(draft.state, fleet.id);
  const group = active === undefined ? undefined : draft.state.applies.get(active.apply);
  if (group !== undefined)
    takeBack(draft, group, `rolled back to release ${target.number} by ${message.who}`);
  const now = draft.state.fleets.get(fleet.id) ?? fleet;
  if (now.serving === target.number) {
    record(draft, message, now, "done");
    return done(
      active === undefined
        ? `Release ${target.number} serves already.`
        : `The rollout of release ${active.target} is taken back; release ${target.number} serves.`,
    );
  }
  return start(draft, message, now, {
    kind: "rollback",
    target: target.number,
    specification: { ...now.specification, content: target.content },
    bake: 0,
  });
}

/** The release asked for; without a number the newest good one older than the serving one. */
function rollbackTarget(
  draft: Draft,
  fleet: FleetRecord,
  asked: ReleaseNumber | undefined,
): ReleaseRecord | undefined {
  if (asked !== undefined) return releaseOf(draft.state, fleet.id, asked);
  const active = activeRollout(draft.state, fleet.id);
  // In an open rollout, and in the bake, going back means to what served before it.
  if (active?.base !== undefined && active.base !== active.target) {
    return releaseOf(draft.state, fleet.id, active.base);
  }
  const { serving } = fleet;
  if (serving === undefined) return undefined;
  return releasesOf(draft.state, fleet.id).findLast(
    (release) => release.number < serving && release.good && !release.spent,
  );
}

/** Changes the number of instances; in a rollout for both releases. */
export function scale(draft: Draft, message: ScaleMessage): OperatorAnswer {
  const again = repeated(draft, message);
  if (again !== undefined) return again;
  const fleet = draft.state.fleets.get(message.fleet);
  if (fleet === undefined || fleet.destroying) return unknownFleet(message);
  if (!Number.isInteger(message.replicas) || message.replicas < 0) {
    return refuse("Not a number of instances", `A fleet cannot have ${message.replicas} instances.`);
  }
  const before = replicasOf(fleet);
  draft.putFleet({ ...fleet, scaledTo: message.replicas });
  const active = activeRollout(draft.state, fleet.id);
  if (active !== undefined) draft.putRollout({ ...active, scaledTo: message.replicas });
  draft.emit({ kind: "scaled", ...ofFleet(fleet), from: before, to: message.replicas, who: message.who });
  record(draft, message, fleet, "done");
  return done(`${fleet.specification.name}: ${before} -> ${message.replicas} instances.`);
}

export function steer(draft: Draft, message: RolloutMessage): OperatorAnswer {
  const again = repeated(draft, message);
  if (again !== undefined) return again;
  const fleet = draft.state.fleets.get(message.fleet);
  if (fleet === undefined || fleet.destroying) return unknownFleet(message);
  switch (message.action) {
    case "pause":
      return pause(draft, message, fleet);
    case "resume":
      return resume(draft, message, fleet);
    case "promote":
      return promote(draft, message, fleet);
    case "abort":
      return abortRollout(draft, message, fleet);
    case "retry":
      return retry(draft, message, fleet);
    case "restart":
      return restart(draft, message, fleet);
  }
}

function noRollout(fleet: FleetRecord): OperatorAnswer {
  return refuse("No rollout is under way", `Fleet ${fleet.specification.name} has no rollout under way.`);
}

function pause(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const active = activeRollout(draft.state, fleet.id);
  const name = fleet.specification.name;
  if (active === undefined) return noRollout(fleet);
  if (!isDecided(active) || active.phase.kind === "voted") {
    return refuse(
      "Nothing to pause",
      `The rollout of fleet ${name} is ${active.phase.kind}; only a bake can be paused.`,
      `End the rollout with: kiln rollout abort ${name}`,
    );
  }
  draft.putRollout({ ...active, paused: { who: message.who, since: draft.at } });
  record(draft, message, fleet, "done");
  return done(`The bake of release ${active.target} of fleet ${name} is paused.`);
}

function resume(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const active = activeRollout(draft.state, fleet.id);
  if (active?.paused !== undefined) {
    const { paused: _paused, ...rest } = active;
    draft.putRollout(rest);
    record(draft, message, fleet, "done");
    return done(`The bake of release ${active.target} goes on.`);
  }
  const { hold, ...free } = fleet;
  if (hold === undefined) {
    return refuse("Nothing to resume", `Fleet ${fleet.specification.name} is neither paused nor held.`);
  }
  draft.putFleet(free);
  draft.emit({ kind: "hold_ended", ...ofFleet(fleet), who: message.who });
  record(draft, message, fleet, "done");
  return done(`The hold is ended: the next apply may roll out release ${hold.from} again.`);
}

function promote(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const rollout = currentRollout(draft.state, fleet.id);
  const apply = rollout === undefined ? undefined : draft.state.applies.get(rollout.apply);
  if (rollout === undefined) return noRollout(fleet);
  if (rollout.phase.kind === "complete") return done(`Release ${rollout.target} is kept already.`);
  if (apply === undefined || rollout.phase.kind === "aborting" || rollout.phase.kind === "aborted") {
    return refuse("Rollout is over", `The rollout of release ${rollout.target} was taken back.`);
  }
  if (apply.decision.kind === "open") {
    if (apply.coordinator.kind !== "daemon" || !apply.coordinator.handedOver) {
      return refuse(
        "Nothing waits for a person",
        `The rollout of release ${rollout.target} is ${rollout.phase.kind}; ${apply.why} decides it.`,
      );
    }
    draft.putApply({ ...apply, promoted: { who: message.who, at: draft.at } });
    record(draft, message, fleet, "done");
    return done(`Release ${rollout.target} is switched as soon as its last checks are good.`);
  }
  record(draft, message, fleet, "done");
  if (rollout.phase.kind === "baking" || rollout.phase.kind === "switching") {
    // Before the acknowledgement the bake is cut to nothing; a vote needs the switch to have happened.
    const { paused: _paused, ...rest } = rollout;
    if (rollout.phase.kind === "switching") draft.putRollout({ ...rest, bake: 0 });
    else vote(draft, rest, "passed", `promoted by ${message.who}`);
  }
  return done(`Release ${rollout.target} is promoted.`);
}

function abortRollout(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const rollout = currentRollout(draft.state, fleet.id);
  const apply = rollout === undefined ? undefined : draft.state.applies.get(rollout.apply);
  if (rollout === undefined) return noRollout(fleet);
  if (rollout.phase.kind === "complete") {
    return refuse(
      "Release is kept",
      `The rollout of release ${rollout.target} is complete.`,
      `Go back with: kiln rollback ${fleet.specification.name}`,
    );
  }
  if (apply !== undefined) takeBack(draft, apply, `aborted by ${message.who}`);
  record(draft, message, fleet, "done");
  return done(`The rollout of release ${rollout.target} is taken back.`);
}

function retry(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const last = currentRollout(draft.state, fleet.id);
  if (last === undefined) return noRollout(fleet);
  if (last.phase.kind === "complete") {
    return refuse("Nothing to retry", `The last rollout of fleet ${fleet.specification.name} is complete.`);
  }
  if (last.phase.kind !== "aborted" && last.phase.kind !== "aborting") return underWay(last, fleet);
  if (releaseOf(draft.state, fleet.id, last.target) === undefined) {
    return refuse("Release is gone", `Release ${last.target} is not retained any more.`, "Apply again.");
  }
  const { kind, target, specification, bake } = last;
  return start(draft, message, fleet, { kind, target, specification, bake });
}

function restart(draft: Draft, message: RolloutMessage, fleet: FleetRecord): OperatorAnswer {
  const other = rolloutsOf(draft.state, fleet.id).find((rollout) => !isEnded(rollout));
  if (other !== undefined) return underWay(other, fleet);
  if (fleet.serving === undefined) {
    return refuse("Nothing to restart", `Fleet ${fleet.specification.name} serves no release.`);
  }
  return start(draft, message, fleet, {
    kind: "restart",
    target: fleet.serving,
    specification: fleet.specification,
    bake: 0,
  });
}

function underWay(rollout: RolloutRecord, fleet: FleetRecord): OperatorAnswer {
  return refuse(
    "A rollout is under way",
    `Fleet ${fleet.specification.name}: the rollout of release ${rollout.target} is ${rollout.phase.kind}.`,
    `Wait for it, or end it with: kiln rollout abort ${fleet.specification.name}`,
  );
}

/** Takes the fleet out of traffic, drains and stops everything of it, and forgets it. */
export function destroy(draft: Draft, message: DestroyMessage): OperatorAnswer {
  const fleet = draft.state.fleets.get(message.fleet);
  // A message from before the fleet was made means an earlier one of that name.
  if (fleet === undefined || message.apply < fleet.createdIn) return done("It is gone.");
  const active = activeRollout(draft.state, fleet.id);
  if (active !== undefined && isDecided(active)) return underWay(active, fleet);
  const apply = active === undefined ? undefined : draft.state.applies.get(active.apply);
  if (apply !== undefined) takeBack(draft, apply, `the fleet is destroyed by ${message.who}`);
  const current = draft.state.fleets.get(fleet.id) ?? fleet;
  if (!current.destroying) {
    draft.putFleet({ ...current, destroying: true, destroyedBy: message.who });
    draft.emit({ kind: "fleet_destroying", ...ofFleet(fleet), who: message.who });
  }
  return { kind: "started", apply: message.apply, target: fleet.serving ?? fleet.lastRelease };
}
