import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { connect, DaemonUnreachable } from "../api/index.ts";
import type { DaemonRecordedEvent } from "../api/index.ts";
import { emptyControlState, FencedError } from "../fleets/index.ts";
import type { ControlState, FleetRecord, FleetView } from "../fleets/index.ts";
import {
  DiagnosticError,
  parseId,
  releaseNumber,
  silentLogger,
  systemClock,
  systemRandom,
} from "../kernel/index.ts";
import { runDaemon } from "./daemon.ts";
import { daemonWith, fleetRecord, idleController, raw, temporaryHome } from "./testing/in-process.ts";

const APPLY = parseId<"apply">("01apply");
const SERVING = { serving: releaseNumber(1) };
const WEB = fleetRecord("one", "web", SERVING);
const ASKED = { apply: APPLY, fleet: WEB.id, who: "ada", why: "kiln scale web=3" };

function withFleets(...fleets: FleetRecord[]): ControlState {
  return { ...emptyControlState(1), fleets: new Map(fleets.map((fleet) => [fleet.id, fleet])) };
}

function view(fleet: FleetRecord): FleetView {
  return { fleet, replicas: 1, releases: [], instances: [], metrics: [], lost: [] };
}

describe("messages", () => {
  test("a diagnostic of the controller's arrives as one", async () => {
    const refused = new DiagnosticError([{ severity: "error", summary: "No", detail: "Because." }]);
    const { home } = await daemonWith(idleController({ settled: () => Promise.reject(refused) }));
    await expect(connect(home).settled({ apply: APPLY })).rejects.toEqual(refused);
  });

  test("a read waits until there is something, longer than other messages may", async () => {
    const { home } = await daemonWith(
      idleController({
        read: async ({ after, timeout }) => {
          await systemClock.sleep(timeout ?? 0);
          return { rollouts: [], instances: [], revision: (after ?? 0) + 1 };
        },
      }),
    );
    const began = Date.now();
    const answer = await connect(home).read({ apply: APPLY, after: 4, timeout: 300 });
    expect(answer.revision).toBe(5);
    expect(Date.now() - began).toBeGreaterThanOrEqual(290);
  });

  test("wait until the controller has taken over, and fail with it", async () => {
    const taking = Promise.withResolvers<void>();
    const { home, daemon } = await daemonWith(
      idleController({ start: () => taking.promise, settled: async () => {} }),
    );
    const client = connect(home);
    await client.ping();
    let answered = false;
    const settled = client.settled({ apply: APPLY }).finally(() => {
      answered = true;
    });
    await systemClock.sleep(50);
    expect(answered).toBe(false);
    const ended = expect(daemon.ended).rejects.toThrow("the fence cannot be raised");
    const failed = expect(settled).rejects.toThrow("the fence cannot be raised");
    taking.reject(
      new DiagnosticError([{ severity: "error", summary: "No", detail: "the fence cannot be raised" }]),
    );
    await Promise.all([ended, failed]);
  });

  test("a fleet is found by name, address or id; a name of two owners is not guessed", async () => {
    const other = fleetRecord("two", "web");
    const { home } = await daemonWith(idleController({ fleets: async () => [view(WEB), view(other)] }));
    const client = connect(home);
    expect((await client.fleet(other.id))?.fleet.lineage).toBe("two");
    expect((await client.fleet("web", parseId<"lineage">("one")))?.fleet.id).toBe(WEB.id);
    expect(await client.fleet("nobody")).toBeUndefined();
    await expect(client.fleet("kiln_fleet.web")).rejects.toThrow(
      "one/kiln_fleet.web and of two/kiln_fleet.web",
    );
  });

  test("logs are of what exists, else of what ended last", async () => {
    const state = withFleets(WEB);
    const instance = (id: string, kind: "gone" | "intent", createdAt: number) => ({
      id: parseId<"instance">(id),
      fleet: WEB.id,
      release: releaseNumber(1),
      cause: "",
      node: "",
      epoch: 1,
      createdAt,
      phase: kind === "gone" ? { kind, reason: "", at: 1 } : { kind },
    });
    const instances = new Map(
      [instance("old", "gone", 1), instance("new", "gone", 2)].map((one) => [one.id, one]),
    );
    const { home } = await daemonWith(
      idleController({ output: async (id, bytes) => `${id} said ${bytes}` }, () => ({ ...state, instances })),
    );
    const client = connect(home);
    expect((await client.logs({ fleet: WEB.id }, { bytes: 9 })).map(({ output }) => output)).toEqual([
      "new said 9",
    ]);
    const running = instance("run", "intent", 0);
    instances.set(running.id, running);
    expect((await client.logs({ fleet: WEB.id }, { bytes: 9 })).map(({ output }) => output)).toEqual([
      "run said 9",
    ]);
    const old = parseId<"instance">("old");
    expect((await client.logs({ instance: old }, { bytes: 1 })).map(({ output }) => output)).toEqual([
      "old said 1",
    ]);
  });
});

describe("events", () => {
  const collect = async (events: AsyncIterable<DaemonRecordedEvent>, count: number) => {
    const seen: DaemonRecordedEvent[] = [];
    for await (const event of events) if (seen.push(event) === count) break;
    return seen;
  };

  test("an operator's message is written down with who, why and the answer", async () => {
    const { home } = await daemonWith(
      idleController({ scale: async () => ({ kind: "done", message: "scaled" }) }, () => withFleets(WEB)),
    );
    const client = connect(home);
    await client.scale({ ...ASKED, replicas: 3 });
    const asked = (await collect(client.events({ fleet: WEB.id }), 1))[0];
    expect(asked?.event).toEqual({
      kind: "asked",
      action: "scale to 3",
      fleet: WEB.id,
      name: "web",
      who: "ada",
      why: "kiln scale web=3",
      answer: "done",
    });
  });

  test("a follower gets what is there and what comes, in order and once, and can resume", async () => {
    const { home, surroundings } = await daemonWith(idleController());
    const client = connect(home);
    const emit = (pid: number) => surroundings.record({ kind: "proxy_started", pid });
    for (let pid = 1; pid <= 3; pid++) emit(pid);
    const following = collect(client.events({ follow: true }), 604);
    for (let pid = 4; pid <= 603; pid++) {
      emit(pid);
      if (pid % 100 === 0) await systemClock.sleep(1);
    }
    const sequences = (await following).map(({ sequence }) => sequence);
    expect(sequences).toEqual(Array.from({ length: 604 }, (_, index) => index + 1));
    expect((await client.version()).lastEvent).toBe(604);
    const rest = await collect(client.events({ after: 600 }), 10);
    expect(rest.map(({ sequence }) => sequence)).toEqual([601, 602, 603, 604]);
  });

  test("a follower ends by its signal", async () => {
    const { home } = await daemonWith(idleController());
    const ending = new AbortController();
    let seen = 0;
    for await (const _event of connect(home).events({ follow: true, signal: ending.signal })) {
      seen++;
      ending.abort();
    }
    expect(seen).toBe(1);
  });

  test("a follower goes on over a restart of the daemon", async () => {
    const first = await daemonWith(idleController());
    const revived = Promise.withResolvers<void>();
    const client = connect(first.home, async () => {
      await first.daemon.ended;
      await daemonWith(idleController(), first.home);
      revived.resolve();
    });
    const following = collect(client.events({ follow: true }), 3);
    await systemClock.sleep(50);
    await first.daemon.stop();
    await revived.promise;
    expect((await following).map(({ sequence, event }) => [sequence, event.kind])).toEqual([
      [1, "daemon_started"],
      [2, "daemon_stopping"],
      [3, "daemon_started"],
    ]);
  });
});

describe("the home", () => {
  test("socket, directory and database are their owner's alone", async () => {
    const { home } = await daemonWith(idleController());
    expect(statSync(home.socket).mode & 0o777).toBe(0o600);
    expect(statSync(home.root).mode & 0o777).toBe(0o700);
    expect(statSync(home.database).mode & 0o777).toBe(0o600);
  });

  test("two daemons at once on one home are one", async () => {
    const { home } = await daemonWith(idleController());
    const second = await runDaemon({
      home,
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      assemble: async () => {
        throw new Error("a second daemon was put together");
      },
      listening: () => {},
    });
    expect(second).toBeUndefined();
    await connect(home).ping();
  });

  test("a directory with other things in it keeps its mode", async () => {
    const home = await temporaryHome();
    mkdirSync(home.root, { recursive: true });
    writeFileSync(path.join(home.root, "mine"), "");
    chmodSync(home.root, 0o755);
    await daemonWith(idleController(), home);
    expect(statSync(home.root).mode & 0o777).toBe(0o755);
  });

  test("one that cannot be made is a diagnostic that names it", async () => {
    const home = await temporaryHome();
    writeFileSync(home.root, "a file");
    await expect(daemonWith(idleController(), home)).rejects.toThrow(home.root);
  });

  test("a daemon whose home is deleted ends", { timeout: 15_000 }, async () => {
    const { home, daemon } = await daemonWith(idleController());
    const ended = expect(daemon.ended).rejects.toThrow("is gone");
    rmSync(home.root, { recursive: true });
    await ended;
  });
});

describe("shutdown", () => {
  const shutdownOf = async (state: () => ControlState, lineage = "one", waitMilliseconds = 0) => {
    const running = await daemonWith(idleController({}, state));
    const asked = raw(running.home.socket, {
      method: "POST",
      path: "/v1/shutdown",
      body: JSON.stringify({ mode: "home_empty", lineage, waitMilliseconds }),
    });
    return { ...running, answer: JSON.parse((await asked).body) };
  };

  test("of an empty home ends traffic and daemon", async () => {
    const { answer, daemon, trafficStopped, home } = await shutdownOf(() => withFleets());
    expect(answer).toEqual({ kind: "stopping", pid: process.pid });
    await daemon.ended;
    expect(trafficStopped()).toBe(true);
    await expect(connect(home).ping()).rejects.toThrow(DaemonUnreachable);
  });

  test("is refused while others have fleets", async () => {
    const { answer, home, trafficStopped } = await shutdownOf(() =>
      withFleets(WEB, fleetRecord("two", "web", SERVING)),
    );
    expect(answer).toEqual({ kind: "in_use", fleets: [WEB.id, "two/kiln_fleet.web"] });
    expect(trafficStopped()).toBe(false);
    await connect(home).ping();
  });

  test("does not mind a fleet of which only its history is left", async () => {
    const { answer } = await shutdownOf(() => withFleets(fleetRecord("two", "web")));
    expect(answer.kind).toBe("stopping");
  });

  test("waits for what its caller destroys", async () => {
    let state = withFleets({ ...WEB, destroying: true });
    setTimeout(() => {
      state = withFleets();
    }, 250);
    const { answer } = await shutdownOf(() => state, "one", 5_000);
    expect(answer.kind).toBe("stopping");
  });

  test("does not wait for ever", async () => {
    const { answer } = await shutdownOf(() => withFleets({ ...WEB, destroying: true }), "one", 200);
    expect(answer).toEqual({ kind: "in_use", fleets: [WEB.id] });
  });

  test("a daemon whose store another one has claimed ends", async () => {
    const { daemon, surroundings } = await daemonWith(idleController());
    const epoch = await surroundings.store.claim();
    await surroundings.store.claim();
    const ended = expect(daemon.ended).rejects.toThrow(FencedError);
    await expect(surroundings.store.commit({ epoch, at: 1, changes: [], events: [] })).rejects.toThrow(
      FencedError,
    );
    await ended;
  });

  test("leaves the home ready for the next daemon", async () => {
    const first = await daemonWith(idleController());
    await first.daemon.stop();
    const second = await daemonWith(idleController(), first.home);
    expect((await connect(second.home).version()).store).toBe(first.surroundings.store.id);
  });
});
