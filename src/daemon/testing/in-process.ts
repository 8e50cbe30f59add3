import { mkdtemp } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { emptyControlState } from "../../fleets/index.ts";
import type { Controller, ControlState, FleetRecord } from "../../fleets/index.ts";
import {
  locateHome,
  parseId,
  removeTree,
  releaseNumber,
  silentLogger,
  systemClock,
  systemRandom,
} from "../../kernel/index.ts";
import type { KilnHome } from "../../kernel/index.ts";
import { runDaemon } from "../daemon.ts";
import type { RunningDaemon, Surroundings } from "../daemon.ts";

/** A home of the running test's own, gone when it ends. */
export async function temporaryHome(): Promise<KilnHome> {
  const root = await mkdtemp(path.join(tmpdir(), "kiln-"));
  onTestFinished(() => removeTree(root));
  return locateHome({ environment: { KILN_HOME: path.join(root, "home") }, userId: 1, homeDirectory: root });
}

/** A controller without fleets, of which a test replaces what it is about. */
export function idleController(
  more: Partial<Controller> = {},
  state: () => ControlState = () => emptyControlState(1),
): Controller {
  const unexpected = async (): Promise<never> => {
    throw new Error("the test expects no such message");
  };
  return {
    start: async () => {},
    stop: async () => {},
    prepare: unexpected,
    commit: unexpected,
    abort: unexpected,
    read: unexpected,
    grant: unexpected,
    settled: unexpected,
    handover: unexpected,
    renew: unexpected,
    rollback: unexpected,
    scale: unexpected,
    rollout: unexpected,
    destroy: unexpected,
    fleets: async () => [],
    drift: async () => [],
    why: async () => [],
    output: unexpected,
    state,
    revision: () => 0,
    changed: unexpected,
    proxyRestarted: async () => {},
    ...more,
  };
}

export interface TestDaemon {
  readonly home: KilnHome;
  readonly daemon: RunningDaemon;
  readonly surroundings: Surroundings;
  readonly trafficStopped: () => boolean;
}

/** A daemon in this process, around a controller that the test gives. */
export async function daemonWith(controller: Controller, home?: KilnHome): Promise<TestDaemon> {
  const at = home ?? (await temporaryHome());
  let surroundings: Surroundings | undefined;
  let trafficStopped = false;
  const daemon = await runDaemon({
    home: at,
    clock: systemClock,
    random: systemRandom,
    logger: silentLogger,
    assemble: async (given) => {
      surroundings = given;
      return {
        controller,
        disconnect: async () => {},
        stopTraffic: async () => {
          trafficStopped = true;
        },
      };
    },
    listening: () => {},
  });
  if (daemon === undefined || surroundings === undefined) throw new Error("another daemon has the home");
  onTestFinished(() => daemon.stop());
  return { home: at, daemon, surroundings, trafficStopped: () => trafficStopped };
}

/** Sends bytes that need not be a message, and gives status and body. */
export function raw(
  socket: string,
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string | Buffer },
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { socketPath: socket, method: "GET", path: "/", agent: false, ...options },
      (response) => {
        let body = "";
        response.setEncoding("utf8");
        response.on("data", (text: string) => (body += text));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    sent.on("error", reject);
    sent.end(options.body);
  });
}

/** A fleet's record with as little as possible in it. */
export function fleetRecord(lineage: string, name: string, more: Partial<FleetRecord> = {}): FleetRecord {
  const address = `kiln_fleet.${name}`;
  return {
    id: parseId<"fleet">(`${lineage}/${address}`),
    lineage: parseId<"lineage">(lineage),
    address,
    createdIn: parseId<"apply">("00"),
    specification: {
      name,
      replicas: 1,
      rollout: { strategy: "blue_green", bake: 0, keepWarm: 0, drain: 0, retainReleases: 1 },
      content: {
        runtime: "process",
        image: parseId<"image">(`sha256:${"0".repeat(64)}`),
        command: ["node"],
        workdir: "/",
        environment: {},
        secrets: {},
        health: {
          probe: { kind: "tcp" },
          interval: 100,
          timeout: 100,
          healthyThreshold: 1,
          unhealthyThreshold: 1,
          startDeadline: 1000,
        },
        mounts: [],
        limits: {},
        stopTimeout: 1000,
      },
    },
    lastRelease: releaseNumber(1),
    backoff: { failures: 0, notBefore: 0 },
    destroying: false,
    ...more,
  };
}
