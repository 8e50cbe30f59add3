import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { jsonLogger, locateHome, systemRandom } from "../kernel/index.ts";
import type { Milliseconds } from "../kernel/index.ts";
import { ControlServer } from "./control-server.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import { Proxy } from "./proxy.ts";
import { TableFile } from "./table-store.ts";

/** Descriptors kept for what is no client connection. */
const RESERVED_DESCRIPTORS = 200;
const STOP_DEADLINE: Milliseconds = 30_000;

/** The process `kiln-proxy`: finds its directory and its socket by KILN_HOME, and needs nothing else. */
async function main(): Promise<void> {
  process.title = "kiln-proxy";
  const logger = jsonLogger((line) => process.stderr.write(line), Date.now);
  // It outlives terminals, and a Ctrl-C that is meant for another program.
  process.on("SIGHUP", () => {});
  process.on("SIGINT", () => {});
  for (const kind of ["uncaughtException", "unhandledRejection"] as const) {
    process.on(kind, (error: unknown) => {
      logger.error(kind, { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
      process.exit(1);
    });
  }
  const home = locateHome({
    environment: process.env,
    userId: process.getuid?.() ?? 0,
    homeDirectory: homedir(),
  });
  const store = new TableFile(home.proxy);
  const proxy = new Proxy(store, {
    limits: { ...DEFAULT_LIMITS, connections: mostConnections() },
    now: () => performance.now(),
    random: systemRandom,
    logger,
    onLost: (instance) => control.notify({ kind: "lost", instance, count: 1 }),
  });
  let stopping = false;
  const stop = (deadline: Milliseconds) => {
    if (stopping) return;
    stopping = true;
    logger.info("stopping", { deadline });
    const ended = async () => {
      await proxy.close(deadline);
      await control.close();
    };
    ended().then(
      () => {
        logger.info("stopped");
        process.exit(0);
      },
      (error: unknown) => {
        logger.error("stopping failed", { reason: String(error) });
        process.exit(1);
      },
    );
  };
  const control = new ControlServer(proxy, logger, stop);
  process.on("SIGTERM", () => stop(STOP_DEADLINE));
  if (!(await control.listen(home.proxySocket))) {
    logger.info("another proxy of this home runs already", { socket: home.proxySocket });
    process.exit(0);
  }
  const table = await store.load(logger);
  if (table !== undefined) await proxy.restore(table);
  logger.info("started", { pid: process.pid, epoch: table?.epoch ?? 0, version: table?.version ?? 0 });
}

/** What `ulimit -n` allows, halved because a client's request needs a connection to an instance as well. */
function mostConnections(): number {
  let limit = 1024;
  try {
    const line = /^Max open files\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"));
    limit = Number(line?.[1] ?? limit);
  } catch {
    // No /proc on this system: the usual least limit is assumed.
  }
  return Math.max(100, Math.floor((limit - RESERVED_DESCRIPTORS) / 2));
}

await main();
