import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { ControlState, FleetRecord, InstanceRecord, RouteTable } from "../../src/fleets/index.ts";
import { isSystemError } from "../../src/kernel/index.ts";

/** A process that has the home in its environment. */
export interface HomeProcess {
  readonly pid: number;
  readonly role: "daemon" | "proxy" | "instance" | "other";
  /** The instance that it belongs to; absent: none. */
  readonly instance?: string;
  readonly command: string;
}

/** What /proc says belongs to a home, read without Kiln's own code. */
export function processesOf(home: string): HomeProcess[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name): HomeProcess[] => {
      try {
        const environment = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
        if (!environment.includes(`KILN_HOME=${home}`)) return [];
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ").trim();
        if (command === "") return [];
        const instance = environment
          .find((one) => one.startsWith("KILN_INSTANCE="))
          ?.slice("KILN_INSTANCE=".length);
        const pid = Number(name);
        if (instance !== undefined) return [{ pid, role: "instance", instance, command }];
        const role = /^kilnd\b/.test(command) ? "daemon" : /^kiln-proxy\b/.test(command) ? "proxy" : "other";
        return [{ pid, role, command }];
      } catch (error) {
        // It ended while we looked, or it is another user's.
        if (isSystemError(error)) return [];
        throw error;
      }
    });
}

/** The daemon's durable records, read beside it. */
export interface Records {
  readonly rollouts: readonly (ControlState["rollouts"] extends ReadonlyMap<string, infer One>
    ? One
    : never)[];
  readonly fleets: readonly FleetRecord[];
  readonly releases: readonly (ControlState["releases"] extends ReadonlyMap<string, infer One>
    ? One
    : never)[];
  readonly instances: readonly InstanceRecord[];
}

export function recordsOf(home: string): Records {
  const database = new DatabaseSync(path.join(home, "kiln.db"), { readOnly: true });
  try {
    database.exec("PRAGMA busy_timeout = 2000");
    const all = database.prepare("SELECT collection, record FROM records").all();
    const of = <One>(collection: string): One[] =>
      all
        .filter((row) => row["collection"] === collection)
        .map((row) => JSON.parse(String(row["record"])) as One);
    return {
      rollouts: of("rollouts"),
      fleets: of("fleets"),
      releases: of("releases"),
      instances: of("instances"),
    };
  } finally {
    database.close();
  }
}

const OURS_IN_INSTANCES = new Set(["fence"]);

/** Everything that is not as the laws want it in a home where nothing is under way. Empty: all is well. */
export function disorder(home: string): string[] {
  const found: string[] = [];
  const records = recordsOf(home);
  const processes = processesOf(home);
  for (const { apply, phase } of records.rollouts) {
    if (phase.kind !== "complete" && phase.kind !== "aborted")
      found.push(`law 4: rollout ${apply} is ${phase.kind}`);
  }
  const existing = records.instances.filter(({ phase }) => phase.kind !== "gone");
  for (const fleet of records.fleets) found.push(...disorderOf(fleet, records, existing));
  const known = new Map(existing.map((instance) => [String(instance.id), instance]));
  for (const { pid, role, instance, command } of processes) {
    if (role === "other") found.push(`law 5: process ${pid} is nothing that Kiln knows: ${command}`);
    if (instance === undefined) continue;
    const record = known.get(instance);
    if (record === undefined) found.push(`law 5: process ${pid} is of ${instance}, which no record knows`);
    else if (record.process?.pid !== pid)
      found.push(`law 5: process ${pid} is not the one recorded for ${instance}`);
  }
  for (const instance of existing) {
    if (!processes.some((one) => one.instance === instance.id))
      found.push(`law 5: ${instance.id} is ${instance.phase.kind} and does not run`);
  }
  const directory = path.join(home, "instances");
  for (const name of existsSync(directory) ? readdirSync(directory) : []) {
    if (!OURS_IN_INSTANCES.has(name) && !known.has(name)) found.push(`law 5: instances/${name} is unknown`);
  }
  for (const role of ["daemon", "proxy"] as const) {
    const count = processes.filter((one) => one.role === role).length;
    if (count !== 1) found.push(`${count} processes are the ${role}`);
  }
  found.push(...tableDisorder(home, existing, records));
  return found;
}

function disorderOf(fleet: FleetRecord, records: Records, existing: readonly InstanceRecord[]): string[] {
  const found: string[] = [];
  const wanted = fleet.scaledTo ?? fleet.specification.replicas;
  const verified = existing.filter(
    ({ release, phase }) => release === fleet.serving && phase.kind === "verified",
  );
  if (verified.length !== wanted)
    found.push(`law 6: ${verified.length} of ${wanted} instances of release ${fleet.serving} are verified`);
  for (const { id, release, phase } of existing) {
    const status = records.releases.find(({ number }) => number === release)?.status;
    if (phase.kind !== "verified") found.push(`law 4: instance ${id} of release ${release} is ${phase.kind}`);
    else if (release !== fleet.serving && status !== "warm")
      found.push(`law 4: instance ${id} runs, and release ${release} is ${status}`);
  }
  if (fleet.destroying) found.push("law 4: the fleet is still being destroyed");
  return found;
}

/** The proxy's durable table: just what serves. */
function tableDisorder(home: string, existing: readonly InstanceRecord[], { fleets }: Records): string[] {
  const table = tableOf(home);
  const routed = table.routes.flatMap(({ targets }) =>
    targets.flatMap((target) => target.instances.map(({ id }) => String(id))),
  );
  const serving = new Set(fleets.map(({ serving: release }) => release));
  const wanted = existing.filter(({ release }) => serving.has(release)).map(({ id }) => String(id));
  const same = routed.toSorted().join(" ") === wanted.toSorted().join(" ");
  return same
    ? []
    : [`law 1: the table has ${routed.toSorted().join(" ")}, and ${wanted.toSorted().join(" ")} serve`];
}

function tableOf(home: string): RouteTable {
  const text = readFileSync(path.join(home, "proxy", "table.json"), "utf8");
  const parsed = JSON.parse(text) as RouteTable | { readonly table: RouteTable };
  return "table" in parsed ? parsed.table : parsed;
}
