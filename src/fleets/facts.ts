import type { InstanceId, Milliseconds } from "../kernel/index.ts";
import { refuseTable } from "./decisions.ts";
import type { Draft } from "./draft.ts";
import type { InstanceExit, RunningInstance } from "./drivers.ts";
import { describeExit, ofInstance, retireInstance } from "./instances.ts";
import type { FactEvent } from "./machine-event.ts";
import { failInstance } from "./progress.ts";
import type { InstancePhase, InstanceRecord } from "./records.ts";
import { renewTable } from "./routing.ts";
import { healthOf, releaseOf } from "./views.ts";

/** Takes what was found out about the world into the records; what follows from it follows in `converge`. */
export function learn(draft: Draft, fact: FactEvent): void {
  switch (fact.kind) {
    case "recovered":
      recover(draft);
      break;
    case "adopted":
      adopt(draft, fact.running, fact.ended);
      break;
    case "instance_started":
      noteStart(draft, fact.instance);
      break;
    case "start_failed": {
      const instance = draft.state.instances.get(fact.instance);
      const { summary, detail } = fact.diagnostic;
      if (instance?.phase.kind === "intent") {
        // A reason is the end of somebody's sentence.
        const why = detail.replace(/\.$/, "");
        failInstance(draft, instance, `could not be started: ${summary}: ${why}`, "", "ended");
      }
      break;
    }
    case "instance_exited":
      noteExit(draft, fact.exit);
      break;
    case "probed":
      noteProbe(draft, fact);
      break;
    case "drained":
      noteDrain(draft, fact.instance, fact.cut);
      break;
    case "stopped":
      noteStop(draft, fact.instance, fact.lost);
      break;
    case "drifted":
      noteDrift(draft, fact.instance, fact.subjects);
      break;
    case "table_acknowledged": {
      const { table, epoch } = draft.state;
      const newer = fact.version > table.acknowledgedVersion && fact.version <= table.wanted.version;
      if (fact.epoch !== epoch || !newer) break;
      draft.putTable({ ...table, acknowledgedVersion: fact.version, acknowledgedAt: draft.at });
      break;
    }
    case "table_refused":
      refuseTable(draft, fact.version, fact.diagnostic);
      break;
    case "table_superseded":
      // Of this epoch: the store lost a write that the proxy has seen. Of a higher one: this daemon is fenced.
      if (fact.epoch === draft.state.epoch && fact.version >= draft.state.table.wanted.version) {
        renewTable(draft, fact.version);
      }
      break;
    case "proxy_restarted":
      renewTable(draft);
      break;
    case "tick":
      break;
  }
}

/** A daemon took over: leases start anew, and what it writes carries its epoch. */
function recover(draft: Draft): void {
  for (const apply of draft.state.applies.values()) {
    if (apply.decision.kind !== "open" || apply.coordinator.kind !== "engine") continue;
    const leaseUntil = draft.at + apply.coordinator.term;
    draft.putApply({ ...apply, coordinator: { ...apply.coordinator, leaseUntil } });
  }
  renewTable(draft);
}

/** Compares the records with what the runtime has. Neither kills nor doubles what runs. */
function adopt(draft: Draft, running: readonly RunningInstance[], ended: readonly InstanceExit[]): void {
  const alive = new Map(running.map((instance) => [instance.id, instance]));
  const exits = new Map(ended.map((exit) => [exit.id, exit]));
  for (const { id } of draft.state.instances.values()) {
    const record = draft.state.instances.get(id);
    const found = alive.get(id);
    if (record === undefined) continue;
    if (found !== undefined && (record.phase.kind === "started" || record.phase.kind === "verified")) {
      draft.putInstance({ ...record, ...placed(found), epoch: draft.state.epoch });
      const pid = found.process === undefined ? {} : { pid: found.process.pid };
      draft.emit({ kind: "instance_adopted", ...ofInstance(draft, record), ...pid });
    } else if (found !== undefined) {
      noteStart(draft, found);
    } else if (record.phase.kind !== "intent" || exits.has(id)) {
      // An intent that nothing answers to did not happen: it is started under the new epoch.
      noteExit(draft, exits.get(id) ?? { id, output: "" });
    }
  }
}

function placed(found: RunningInstance): Pick<InstanceRecord, "address" | "process"> {
  return {
    address: { id: found.id, host: found.address.host, port: found.address.port },
    ...(found.process === undefined ? {} : { process: found.process }),
  };
}

function noteStart(draft: Draft, found: RunningInstance): void {
  const instance = draft.state.instances.get(found.id);
  if (instance === undefined) return;
  const { phase } = instance;
  if (phase.kind === "gone") {
    // It came to life after it was given up: what appears under a tombstone is destroyed (rule F20).
    const reason = "appeared after it was given up";
    const retiring: InstancePhase = { kind: "retiring", reason, drained: true, since: draft.at };
    draft.putInstance({ ...instance, ...placed(found), phase: retiring });
    draft.emit({ kind: "instance_retiring", ...ofInstance(draft, instance), reason });
    return;
  }
  if (phase.kind === "retiring") {
    draft.putInstance({ ...instance, ...placed(found) });
    return;
  }
  if (phase.kind !== "intent") return;
  draft.putInstance({
    ...instance,
    ...placed(found),
    epoch: draft.state.epoch,
    phase: { kind: "started", healthy: 0, at: draft.at },
  });
  draft.emit({
    kind: "instance_started",
    ...ofInstance(draft, instance),
    ...(found.process === undefined ? {} : { pid: found.process.pid }),
    address: `${found.address.host}:${found.address.port}`,
  });
}

function noteExit(draft: Draft, exit: InstanceExit): void {
  const instance = draft.state.instances.get(exit.id);
  if (instance === undefined || instance.phase.kind === "gone") return;
  if (instance.phase.kind === "retiring") {
    retireInstance(draft, instance, instance.phase.reason, true);
    return;
  }
  failInstance(draft, instance, describeExit(exit, draft.at - startedAt(instance)), exit.output, "ended");
}

function startedAt(instance: InstanceRecord): Milliseconds {
  return instance.phase.kind === "started" ? instance.phase.at : instance.createdAt;
}

function noteProbe(draft: Draft, fact: Extract<FactEvent, { kind: "probed" }>): void {
  const instance = draft.state.instances.get(fact.instance);
  const health = instance === undefined ? undefined : healthOf(draft.state, instance);
  if (instance === undefined || health === undefined) return;
  const { phase } = instance;
  const lastCheck = draft.at;
  const output = fact.output ?? "";
  const reason = fact.result.healthy ? undefined : fact.result.reason;
  if (phase.kind === "started") {
    const healthy = reason === undefined ? phase.healthy + 1 : 0;
    if (reason === undefined && healthy >= health.healthyThreshold) {
      // What its checks found while it booted is no failure any more.
      const { failure: _booting, ...rest } = instance;
      draft.putInstance({ ...rest, phase: { kind: "verified", at: draft.at, lastCheck, failures: 0 } });
      const elapsed = draft.at - instance.createdAt;
      draft.emit({ kind: "instance_verified", ...ofInstance(draft, instance), elapsed });
      return;
    }
    const next: InstancePhase = { kind: "started", healthy, at: phase.at, lastCheck };
    draft.noteInstance({
      ...instance,
      phase: reason === undefined ? next : { ...next, lastReason: reason },
      ...(reason === undefined ? {} : { failure: { reason, output } }),
    });
  } else if (phase.kind === "verified") {
    noteCheck(draft, instance, phase, reason, output);
  }
}

/** Counts a check of a verified instance. */
function noteCheck(
  draft: Draft,
  instance: InstanceRecord,
  phase: Extract<InstancePhase, { kind: "verified" }>,
  reason: string | undefined,
  output: string,
): void {
  const health = healthOf(draft.state, instance);
  if (health === undefined) return;
  const well: InstancePhase = { kind: "verified", at: phase.at, lastCheck: draft.at, failures: 0 };
  const wasUnhealthy = phase.failures >= health.unhealthyThreshold;
  if (reason === undefined) {
    const recovered = (phase.recovered ?? 0) + 1;
    if (!wasUnhealthy || recovered >= health.healthyThreshold) {
      draft.noteInstance({ ...instance, phase: well });
    } else {
      draft.noteInstance({ ...instance, phase: { ...phase, lastCheck: draft.at, recovered } });
    }
    return;
  }
  const failures = phase.failures + 1;
  const failing: InstancePhase = { ...well, failures, lastReason: reason };
  draft.noteInstance({ ...instance, phase: failing });
  if (wasUnhealthy || failures < health.unhealthyThreshold) return;
  const failed = draft.state.instances.get(instance.id) ?? instance;
  failInstance(draft, failed, `failed ${failures} checks in a row: ${reason}`, output, "unhealthy");
}

function noteDrain(
  draft: Draft,
  id: InstanceId,
  cut: readonly { readonly method: string; readonly path: string; readonly age: Milliseconds }[],
): void {
  const instance = draft.state.instances.get(id);
  if (instance?.phase.kind !== "retiring" || instance.phase.drained) return;
  draft.putInstance({ ...instance, phase: { ...instance.phase, drained: true } });
  if (cut.length === 0) return;
  const { instance: _instance, ...named } = ofInstance(draft, instance);
  const requests = cut.map(({ method, path, age }) => `${method} ${path} after ${age} ms`);
  draft.emit({ kind: "drain_cut", ...named, requests });
}

function noteStop(draft: Draft, id: InstanceId, lost: number): void {
  const instance = draft.state.instances.get(id);
  if (instance?.phase.kind !== "retiring") return;
  const { reason } = instance.phase;
  if (lost > 0) draft.emit({ kind: "instance_lost_requests", ...ofInstance(draft, instance), count: lost });
  draft.putInstance({ ...instance, phase: { kind: "gone", reason, at: draft.at } });
  draft.emit({ kind: "instance_gone", ...ofInstance(draft, instance), reason });
}

function noteDrift(draft: Draft, id: InstanceId, subjects: readonly string[]): void {
  const instance = draft.state.instances.get(id);
  if (instance?.phase.kind !== "verified" || instance.drifted !== undefined || subjects.length === 0) return;
  if (releaseOf(draft.state, instance.fleet, instance.release) === undefined) return;
  draft.putInstance({ ...instance, drifted: subjects });
  draft.emit({ kind: "instance_drifted", ...ofInstance(draft, instance), subjects });
}
