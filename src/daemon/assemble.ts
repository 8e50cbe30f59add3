import { hostname } from "node:os";
import path from "node:path";
import { hasEnded } from "../api/index.ts";
import { createController } from "../fleets/index.ts";
import type { Traffic } from "../fleets/index.ts";
import { errorDiagnostic } from "../kernel/index.ts";
import { createProber, createProcessRuntime } from "../runtimes/index.ts";
import type { ImageTrees } from "../runtimes/index.ts";
import { embeddedTraffic } from "../traffic/index.ts";
import type { Surroundings, Works } from "./daemon.ts";
import { ProxyGuard } from "./proxy-guard.ts";

/** From the end of its last request to the end of its process: milliseconds. */
const PROXY_END = 5_000;

/** Puts the embedded default together: processes of this machine behind Kiln's own proxy. */
export async function assemble(
  surroundings: Surroundings,
  proxyCommand: readonly [string, ...string[]],
  images: ImageTrees,
): Promise<Works> {
  const { home, store, clock, random, logger, wake, record } = surroundings;
  const runtime = await createProcessRuntime({
    instances: home.instances,
    logs: home.logs,
    home: home.root,
    images,
    clock,
    random,
    environment: process.env,
  });
  const traffic = embeddedTraffic({ home, command: proxyCommand, clock, logger });
  const controller = createController({
    store,
    runtime,
    traffic: refusingWithReason(traffic),
    prober: createProber(runtime),
    clock,
    random,
    sink: wake,
    logger,
    settings: { node: hostname() },
  });
  const guard = new ProxyGuard({
    proxy: traffic,
    clock,
    logger,
    record,
    replaced: () => controller.proxyRestarted(),
  });
  return {
    controller: {
      ...controller,
      start: async () => {
        // The proxy first: what is taken over is pushed to it.
        await guard.start();
        await controller.start();
      },
    },
    disconnect: async () => {
      await guard.stop();
      traffic.close();
    },
    stopTraffic: async () => {
      await guard.stop();
      await traffic.shutdown();
      if (guard.pid !== undefined && !(await hasEnded(guard.pid, PROXY_END))) {
        throw new Error(`the proxy (process ${guard.pid}) does not end`);
      }
    },
  };
}

/** A proxy that cannot be asked is a reason to refuse a fleet, and no bug. */
function refusingWithReason(traffic: Traffic): Traffic {
  return {
    apply: (table) => traffic.apply(table),
    report: () => traffic.report(),
    drain: (instances, deadline) => traffic.drain(instances, deadline),
    check: async (listen) => {
      try {
        return await traffic.check(listen);
      } catch (error) {
        return errorDiagnostic(
          "The proxy does not answer",
          `Whether ${listen.host}:${listen.port} is free cannot be found out: ${error instanceof Error ? error.message : String(error)}.`,
          { remedy: "Run the command again; proxy.log among the logs in KILN_HOME says more." },
        );
      }
    },
  };
}

/** How the proxy is run that belongs to this daemon's entry: bundled beside bundled, source beside source. */
export function proxyCommandOf(entry: string): readonly [string, ...string[]] {
  const proxy =
    path.extname(entry) === ".ts"
      ? path.join(path.dirname(entry), "..", "dataplane", "main.ts")
      : path.join(path.dirname(entry), "kiln-proxy.js");
  return [process.execPath, "--disable-warning=ExperimentalWarning", proxy];
}
