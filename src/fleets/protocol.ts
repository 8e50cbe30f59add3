import { errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic, FleetId, ReleaseNumber } from "../kernel/index.ts";
import { releaseNumber } from "../kernel/index.ts";
import { decideAbort, decideBack, decideCommit, objections } from "./decisions.ts";
import type { Draft } from "./draft.ts";
import { ofFleet } from "./instances.ts";
import type {
  AbortMessage,
  CommitMessage,
  GrantAnswer,
  GrantMessage,
  HandoverMessage,
  PrepareAnswer,
  PrepareMessage,
  RenewMessage,
  SettledMessage,
  Standing,
} from "./messages.ts";
import type { ApplyRecord, ControlState, FleetRecord, RolloutRecord } from "./records.ts";
import { fleetId } from "../kernel/index.ts";
import { releaseDigest } from "./release.ts";
import { coolRelease } from "./decisions.ts";
import { rolloutKey } from "./store.ts";
import {
  activeRollout,
  instancesOf,
  isEnded,
  releaseOf,
  releasesOf,
  rolloutsIn,
  rolloutsOf,
  specificationInForce,
  standingOf,
} from "./views.ts";

const NOTHING: Standing = { decision: { kind: "open" }, verdict: { kind: "none" } };

/** Takes part of a fleet's change into an apply: record, boot, verify; serves nobody. */
export function prepare(draft: Draft, message: PrepareMessage, portProblem?: Diagnostic): PrepareAnswer {
  const { state } = draft;
  const id = fleetId(message.lineage, message.address);
  const known = state.rollouts.get(rolloutKey(message.apply, id));
  if (known !== undefined) return { kind: "accepted", target: known.target };
  const fleet = state.fleets.get(id);
  const digest = releaseDigest(message.specification.content);
  const refusal = refuseApply(draft, message) ?? refuseFleet(state, message, id) ?? portProblem;
  if (refusal !== undefined) return { kind: "refused", diagnostic: refusal };
  if (fleet?.hold !== undefined && fleet.hold.digest === digest) {
    return { kind: "held", at: fleet.hold.at, from: fleet.hold.from, who: fleet.hold.who };
  }
  openApply(draft, message, id);
  const target = targetOf(draft, message, id, digest);
  const rollout: RolloutRecord = {
    apply: message.apply,
    fleet: id,
    kind: "deploy",
    ...(message.base === undefined ? {} : { base: message.base }),
    target,
    specification: message.specification,
    // Nothing new runs where only settings change, so there is nothing to watch.
    bake: target === message.base ? 0 : message.specification.rollout.bake,
    phase: { kind: "preparing", since: draft.at },
  };
  draft.putRollout(rollout);
  announce(draft, rollout, message.who, message.why);
  return { kind: "accepted", target };
}

/** Says that a rollout began. */
export function announce(draft: Draft, rollout: RolloutRecord, who: string, why: string): void {
  const fleet = draft.state.fleets.get(rollout.fleet);
  if (fleet === undefined) return;
  draft.emit({
    kind: "rollout_started",
    ...ofFleet(fleet),
    apply: rollout.apply,
    ...(rollout.base === undefined ? {} : { base: rollout.base }),
    target: rollout.target,
    rollout: rollout.kind,
    who,
    why,
  });
}

function refuseApply(draft: Draft, message: PrepareMessage): Diagnostic | undefined {
  const apply = draft.state.applies.get(message.apply);
  const settled = draft.state.lineages.get(message.lineage)?.highestSettled;
  if (apply === undefined && settled !== undefined && message.apply <= settled) {
    return errorDiagnostic(
      "Apply is over",
      `Apply ${message.apply} was settled; it cannot prepare anything.`,
    );
  }
  if (apply === undefined || apply.decision.kind === "open") return undefined;
  const reason = apply.decision.kind === "abort" ? `: ${apply.decision.reason}` : "";
  return errorDiagnostic(
    "Apply is decided",
    `Apply ${message.apply} was decided (${apply.decision.kind}${reason}).`,
  );
}

function refuseFleet(state: ControlState, message: PrepareMessage, id: FleetId): Diagnostic | undefined {
  const { specification } = message;
  const { name, listen } = specification;
  const fleet = state.fleets.get(id);
  if (specification.rollout.strategy !== "blue_green") {
    return errorDiagnostic(
      "Unsupported rollout strategy",
      `Fleet ${name} asks for ${specification.rollout.strategy}; this version rolls out blue_green only.`,
      { remedy: 'Set strategy = "blue_green".', attribute: "rollout.strategy" },
    );
  }
  if (fleet?.destroying === true) {
    return errorDiagnostic("Fleet is being destroyed", `Fleet ${name} is being destroyed.`, {
      remedy: "Wait until it is gone, and apply again.",
    });
  }
  if (fleet?.serving !== message.base) {
    return errorDiagnostic(
      "Fleet changed since the plan",
      `Fleet ${name} serves ${serves(fleet?.serving)}; the plan was made when it served ${serves(message.base)}.`,
      { remedy: "Plan and apply again." },
    );
  }
  const other = rolloutsOf(state, id).find((rollout) => !isEnded(rollout));
  if (other !== undefined) {
    return errorDiagnostic(
      "Another rollout is under way",
      `Fleet ${name}: the rollout of release ${other.target} (apply ${other.apply}) is ${other.phase.kind}.`,
      { remedy: `Wait for it, or end it with: kiln rollout abort ${name}` },
    );
  }
  for (const one of state.fleets.values()) {
    if (one.id === id || isAbandoned(state, one)) continue;
    // Names are unique in a project; another configuration's fleet may have the same.
    if (one.specification.name === name && one.lineage === message.lineage) {
      return errorDiagnostic(
        "Fleet name is taken",
        `Another fleet of this configuration, ${one.address}, is named ${name}.`,
        { remedy: "Choose another name.", attribute: "name" },
      );
    }
    const taken = [one.specification.listen, specificationInForce(state, one).listen].some(
      (address) =>
        address !== undefined &&
        listen !== undefined &&
        address.port === listen.port &&
        address.host === listen.host,
    );
    if (taken && listen !== undefined) {
      return errorDiagnostic(
        "Address is taken",
        `Fleet ${one.specification.name} listens on ${listen.host}:${listen.port} already.`,
        { remedy: "Choose another port.", attribute: "listen" },
      );
    }
  }
  return undefined;
}

function serves(release: ReleaseNumber | undefined): string {
  return release === undefined ? "nothing" : `release ${release}`;
}

/** A fleet whose first rollout was taken back: only its history is left, and it owns neither name nor address. */
function isAbandoned(state: ControlState, fleet: FleetRecord): boolean {
  return fleet.serving === undefined && activeRollout(state, fleet.id) === undefined;
}

function openApply(draft: Draft, message: PrepareMessage, fleet: FleetId): void {
  const known = draft.state.applies.get(message.apply);
  draft.putApply({
    id: message.apply,
    lineage: message.lineage,
    epoch: draft.state.epoch,
    coordinator: { kind: "engine", leaseUntil: draft.at + message.lease, term: message.lease },
    decision: { kind: "open" },
    verdict: { kind: "none" },
    settled: false,
    who: message.who,
    why: message.why,
    openedAt: draft.at,
    ...known,
    members: [...new Set([...(known?.members ?? []), fleet])],
  });
}

/** The release with this content: the serving one, one from before, or a new number. */
function targetOf(draft: Draft, message: PrepareMessage, id: FleetId, digest: string): ReleaseNumber {
  const known = draft.state.fleets.get(id);
  const serving = known?.serving === undefined ? undefined : releaseOf(draft.state, id, known.serving);
  const equal =
    serving?.digest === digest
      ? serving
      : releasesOf(draft.state, id).findLast((release) => release.digest === digest);
  const number = equal?.number ?? releaseNumber((known?.lastRelease ?? 0) + 1);
  draft.putFleet({
    id,
    lineage: message.lineage,
    address: message.address,
    specification: message.specification,
    backoff: { failures: 0, notBefore: 0 },
    destroying: false,
    createdIn: message.apply,
    ...known,
    ...(known !== undefined && known.serving === undefined ? { specification: message.specification } : {}),
    lastRelease: releaseNumber(Math.max(known?.lastRelease ?? 0, number)),
  });
  if (equal === undefined) {
    draft.putRelease({
      fleet: id,
      number,
      digest,
      content: message.specification.content,
      status: "preparing",
      good: false,
      spent: false,
      createdAt: draft.at,
      createdBy: message.who,
      why: message.why,
    });
  } else if (equal.status === "aborted" || equal.status === "retired") {
    const { reason: _reason, ...rest } = equal;
    draft.putRelease({ ...rest, status: "preparing" });
  }
  return number;
}

/** Decides to switch, where nothing speaks against it; says what stands otherwise. */
export function commit(draft: Draft, message: CommitMessage): Standing {
  const apply = draft.state.applies.get(message.apply);
  if (apply === undefined) return writeAbort(draft, message, "commit of an unknown apply");
  if (apply.decision.kind !== "open" || apply.coordinator.kind === "daemon") return standingOf(apply);
  const against = objections(draft.state, apply.id, draft.at);
  const asked = [...message.fleets].toSorted().join(" ");
  if (asked !== [...apply.members].toSorted().join(" ")) against.unshift("the apply has other members");
  if (against.length === 0) decideCommit(draft, apply);
  else decideAbort(draft, apply, against.join("; "));
  return standing(draft, apply);
}

/** Writes `abort` where nothing is decided, also for an apply that nobody knows (rules F1, F14). */
export function abort(draft: Draft, message: AbortMessage): Standing {
  const apply = draft.state.applies.get(message.apply);
  if (apply === undefined) return writeAbort(draft, message, "aborted before it prepared anything");
  // What was handed over is left alone (rule F25).
  if (apply.decision.kind === "open" && apply.coordinator.kind === "engine") {
    decideAbort(draft, apply, `aborted by ${message.who}`);
  }
  return standing(draft, apply);
}

function standing(draft: Draft, apply: ApplyRecord): Standing {
  return standingOf(draft.state.applies.get(apply.id) ?? apply);
}

function writeAbort(draft: Draft, message: AbortMessage, reason: string): Standing {
  const apply: ApplyRecord = {
    id: message.apply,
    lineage: message.lineage,
    epoch: draft.state.epoch,
    coordinator: { kind: "engine", leaseUntil: draft.at, term: 0 },
    members: [],
    decision: { kind: "abort", at: draft.at, reason },
    verdict: { kind: "none" },
    settled: false,
    who: message.who,
    why: message.why,
    openedAt: draft.at,
  };
  draft.putApply(apply);
  draft.emit({ kind: "decided", apply: apply.id, decision: "abort", reason });
  return standingOf(apply);
}

/** Old releases that lose what they need: no rollback targets any more, and retired at once (rule F12). */
export function grant(draft: Draft, message: GrantMessage): GrantAnswer {
  const apply = draft.state.applies.get(message.apply);
  if (apply?.verdict.kind !== "kept") {
    return refuseGrant("Apply is not kept", `Apply ${message.apply} has no verdict "kept".`);
  }
  for (const { fleet, release } of message.releases) {
    const record = draft.state.fleets.get(fleet);
    if (record === undefined) continue;
    const name = record.specification.name;
    if (record.hold !== undefined) {
      return refuseGrant(
        "Fleet is held",
        `${record.hold.who} rolled ${name} back to release ${record.hold.at}.`,
      );
    }
    const active = activeRollout(draft.state, fleet);
    if (record.serving === release || active?.target === release || active?.base === release) {
      return refuseGrant("Release is in use", `Fleet ${name} still needs release ${release}.`);
    }
  }
  let gone = true;
  for (const { fleet, release } of message.releases) {
    const record = releaseOf(draft.state, fleet, release);
    if (record !== undefined && !record.spent) draft.putRelease({ ...record, spent: true });
    const spent = releaseOf(draft.state, fleet, release);
    if (spent?.status === "warm") coolRelease(draft, spent);
    const left = instancesOf(draft.state, fleet).filter((instance) => instance.release === release);
    if (left.some((instance) => instance.phase.kind !== "gone")) gone = false;
  }
  return { kind: "granted", gone };
}

function refuseGrant(summary: string, detail: string): GrantAnswer {
  return { kind: "refused", diagnostic: errorDiagnostic(summary, detail) };
}

/** The engine has closed its generation: the records of the apply may be forgotten (rule F10). */
export function settle(draft: Draft, message: SettledMessage): void {
  const apply = draft.state.applies.get(message.apply);
  if (apply === undefined || apply.decision.kind === "open" || apply.settled) return;
  draft.putApply({ ...apply, settled: true });
  const known = draft.state.lineages.get(apply.lineage)?.highestSettled;
  if (known === undefined || apply.id > known) {
    draft.putLineage({ lineage: apply.lineage, highestSettled: apply.id });
  }
}

/** Only a person's word is missing: the daemon becomes the coordinator (rules F25, F26). */
export function handover(draft: Draft, message: HandoverMessage): Standing {
  const apply = draft.state.applies.get(message.apply);
  if (apply === undefined) return NOTHING;
  const asked = [...message.fleets].toSorted().join(" ");
  const complete =
    asked === [...apply.members].toSorted().join(" ") &&
    rolloutsIn(draft.state, apply.id).every((rollout) => rollout.phase.kind === "prepared");
  if (apply.decision.kind === "open" && apply.coordinator.kind === "engine" && complete) {
    draft.putApply({ ...apply, coordinator: { kind: "daemon", handedOver: true } });
  }
  return standing(draft, apply);
}

/** The engine still lives. */
export function renew(draft: Draft, message: RenewMessage): Standing {
  const apply = draft.state.applies.get(message.apply);
  if (apply === undefined) return NOTHING;
  if (apply.decision.kind === "open" && apply.coordinator.kind === "engine") {
    const coordinator = { ...apply.coordinator, leaseUntil: draft.at + message.lease, term: message.lease };
    draft.putApply({ ...apply, coordinator });
  }
  return standing(draft, apply);
}

/** The operator's way of aborting: before the decision it is thrown away, before the verdict switched back. */
export function takeBack(draft: Draft, apply: ApplyRecord, reason: string): void {
  if (apply.decision.kind === "open") decideAbort(draft, apply, reason);
  else if (apply.decision.kind === "commit" && apply.verdict.kind === "none")
    decideBack(draft, apply, reason);
}
