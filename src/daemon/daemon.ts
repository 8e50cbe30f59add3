import { chmodSync, existsSync, rmSync, statSync } from "node:fs";
import type { Server } from "node:http";
import path from "node:path";
import { prepareHome } from "../api/index.ts";
import type { ShutdownAnswer, ShutdownRequest } from "../api/index.ts";
import { applyChanges, emptyControlState, FencedError } from "../fleets/index.ts";
import type { Controller } from "../fleets/index.ts";
import { isSystemError, KILN_VERSION } from "../kernel/index.ts";
import type { Clock, DaemonEvent, KilnHome, Logger, Random } from "../kernel/index.ts";
import { acquireFileLock, openControlStore } from "../store/index.ts";
import type { FileLock, OpenControlStore } from "../store/index.ts";
import { EventFeed } from "./event-feed.ts";
import { httpServer } from "./http-server.ts";
import type { Routes } from "./http-server.ts";
import { daemonRoutes } from "./routes.ts";

/** How long connections may take to end by themselves when the daemon stops: milliseconds. */
const FAREWELL = 200;
/** How often it is looked whether the home is still there. */
const HOME_CHECK = 2_000;
/** How often it is looked whether the last fleet is gone, where a shutdown waits for that. */
const EMPTY_CHECK = 100;

/** What the daemon gives the parts that it is put together from. */
export interface Surroundings {
  readonly home: KilnHome;
  readonly store: OpenControlStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** To be called when the controller has written something down. */
  readonly wake: () => void;
  /** Writes down what the daemon itself did. */
  readonly record: (event: DaemonEvent) => void;
}

/** The working parts: a controller, and the data plane that it works through. */
export interface Works {
  readonly controller: Controller;
  /** Lets go of the data plane and leaves it running. */
  disconnect(): Promise<void>;
  /** Ends the data plane: its processes are gone when it resolves. */
  stopTraffic(): Promise<void>;
}

export interface DaemonParts {
  readonly home: KilnHome;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly assemble: (surroundings: Surroundings) => Promise<Works>;
  /** Called once the socket answers, before anything is taken over. */
  readonly listening: () => void;
}

export interface RunningDaemon {
  /** Fulfilled when the daemon has stopped; rejected where it cannot go on. */
  readonly ended: Promise<void>;
  /** Ends the daemon alone; instances and the data plane go on. */
  stop(): Promise<void>;
}

/**
 * Runs the daemon of a home. Resolves once it answers at its socket; taking over what runs goes on, and messages
 * wait for that. Undefined: another daemon has the home. Rejects with a DiagnosticError where the home or the
 * store cannot be used.
 */
export async function runDaemon(parts: DaemonParts): Promise<RunningDaemon | undefined> {
  const { home } = parts;
  await prepareHome(home);
  const lock = acquireFileLock(path.join(home.root, "kilnd.lock"));
  if (lock === undefined) return undefined;
  try {
    return await runAlone(parts, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function runAlone(parts: DaemonParts, lock: FileLock): Promise<RunningDaemon> {
  const { home, clock, random, logger } = parts;
  const store = openControlStore(home.database, {
    clock,
    random,
    loaded: (epoch, records) => applyChanges(emptyControlState(epoch), records),
    fenced: (epoch, claimed) => new FencedError(epoch, claimed),
  });
  const end = Promise.withResolvers<void>();
  const feed = new EventFeed(store);
  const record = (event: DaemonEvent) => {
    store.record([event]).then(
      () => feed.wake(),
      (error: unknown) => logger.error("an event could not be recorded", { ...event, error: String(error) }),
    );
  };
  const works = await parts.assemble({
    home,
    store: endingWhenFenced(store, (error) => end.reject(error)),
    clock,
    random,
    logger,
    wake: () => feed.wake(),
    record,
  });
  const { controller } = works;
  let stopping: Promise<void> | undefined;
  let closing = false;

  const stop = (): Promise<void> => {
    stopping ??= (async () => {
      clearInterval(homeCheck);
      logger.info("stopping");
      await store.record([{ kind: "daemon_stopping" }]).catch((error: unknown) => {
        // A full disk must not keep the daemon from ending.
        logger.error("the stop could not be recorded", { error: String(error) });
      });
      await controller.stop();
      await works.disconnect();
      await closeServer(server);
      store.close();
      lock.release();
    })().then(end.resolve, end.reject);
    return stopping;
  };

  const shutdown = async (request: ShutdownRequest): Promise<ShutdownAnswer> => {
    if (request.mode === "home_empty") {
      const others = await waitUntilEmpty(controller, clock, request);
      if (others.length > 0) return { kind: "in_use", fleets: others };
      // From here on no message is taken, so that the home stays empty.
      closing = true;
      try {
        await works.stopTraffic();
      } catch (error) {
        closing = false;
        throw error;
      }
    }
    // After the answer. How the stop went is what `ended` says.
    setImmediate(() => void stop());
    return { kind: "stopping", pid: process.pid };
  };

  const started = Promise.withResolvers<void>();
  const routes = daemonRoutes({ controller, store, feed, logger, startedAt: clock.now(), shutdown });
  const server = httpServer(
    afterStart(routes, started.promise),
    logger,
    () => closing || stopping !== undefined,
  );
  await listen(server, home.socket);
  const homeCheck = watchHome(home, () => end.reject(new Error(`${home.root} is gone`)));
  parts.listening();
  controller.start().then(started.resolve, started.reject);
  started.promise.then(
    () => {
      const { epoch } = controller.state();
      logger.info("started", { epoch, version: KILN_VERSION });
      record({ kind: "daemon_started", epoch, version: KILN_VERSION, pid: process.pid });
    },
    (error: unknown) => end.reject(error),
  );
  return { ended: end.promise, stop };
}

/** A daemon that another one has replaced must not go on: it would answer with what is no longer so. */
function endingWhenFenced(store: OpenControlStore, end: (error: FencedError) => void): OpenControlStore {
  return {
    ...store,
    commit: async (transaction) => {
      try {
        return await store.commit(transaction);
      } catch (error) {
        if (error instanceof FencedError) end(error);
        throw error;
      }
    },
  };
}

/** These answer also while the controller takes over. */
const AT_ONCE: ReadonlySet<string> = new Set(["GET /v1/ping", "GET /v1/version", "GET /v1/events"]);

function afterStart(routes: Routes, started: Promise<void>): Routes {
  return Object.fromEntries(
    Object.entries(routes).map(([name, route]) => [
      name,
      AT_ONCE.has(name)
        ? route
        : async (call) => {
            await started;
            return route(call);
          },
    ]),
  );
}

/** Names of the fleets that are in the way; waits for those of the caller that are being destroyed. */
async function waitUntilEmpty(
  controller: Controller,
  clock: Clock,
  request: ShutdownRequest & { readonly mode: "home_empty" },
): Promise<readonly string[]> {
  const deadline = clock.now() + request.waitMilliseconds;
  for (;;) {
    const { fleets, instances, rollouts } = controller.state();
    const alive = new Set([
      ...[...instances.values()].filter(({ phase }) => phase.kind !== "gone").map(({ fleet }) => fleet),
      ...[...rollouts.values()]
        .filter(({ phase }) => phase.kind !== "complete" && phase.kind !== "aborted")
        .map(({ fleet }) => fleet),
    ]);
    // Of a fleet whose first rollout was taken back only its history is left.
    const left = [...fleets.values()].filter(
      ({ id, serving, destroying }) => serving !== undefined || destroying || alive.has(id),
    );
    const others = left.filter(({ destroying, lineage }) => !destroying || lineage !== request.lineage);
    if (others.length > 0) return others.map(({ id }) => id);
    const existing = [...instances.values()].some(({ phase }) => phase.kind !== "gone");
    if (left.length === 0 && !existing) return [];
    if (clock.now() >= deadline) return left.map(({ id }) => id);
    await clock.sleep(EMPTY_CHECK);
  }
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // The lock is ours, so what lies here was left by a daemon that is gone.
    rmSync(socket, { force: true });
    server.once("error", reject);
    server.listen(socket, () => {
      server.off("error", reject);
      resolve();
    });
    // The socket is bound by now, and nobody is accepted before this turn of the event loop has ended.
    if (existsSync(socket)) chmodSync(socket, 0o600);
  });
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), FAREWELL);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A daemon whose home was deleted under it would rule instances that nobody can ask it about any more. */
function watchHome(home: KilnHome, gone: () => void): NodeJS.Timeout {
  const made = statSync(home.database).ino;
  const timer = setInterval(() => {
    try {
      if (statSync(home.database).ino !== made) gone();
    } catch (error) {
      if (!isSystemError(error)) throw error;
      gone();
    }
  }, HOME_CHECK);
  timer.unref();
  return timer;
}
