import { spawn } from "node:child_process";
import { mkdir, open } from "node:fs/promises";
import path from "node:path";
import type {
  DrainResult,
  ListenAddress,
  LostRequests,
  RouteTable,
  TableResult,
  Traffic,
  TrafficReport,
} from "../fleets/index.ts";
import { isSystemError } from "../kernel/index.ts";
import type { Clock, Diagnostic, InstanceId, KilnHome, Logger, Milliseconds } from "../kernel/index.ts";
import { ControlClient, ControlError } from "./control-client.ts";
import type { ControlCalls, ControlKind } from "./protocol.ts";

/** What the driver of the embedded proxy needs. */
export interface EmbeddedOptions {
  readonly home: KilnHome;
  /** Program and arguments that start the proxy; KILN_HOME is added to its environment. */
  readonly command: readonly [string, ...string[]];
  readonly clock: Clock;
  readonly logger: Logger;
  /** The environment that the proxy is started with; absent: this process's own. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Kiln's own proxy, a process that outlives this one. */
export interface EmbeddedTraffic extends Traffic {
  /** Finds the proxy of this home, or starts it. Rejects with its last words where it does not come up. */
  ensure(): Promise<{ readonly pid: number; readonly started: boolean }>;
  /** Ends the proxy, if one runs: requests in flight may end, for at most 5 s. Resolves when it is gone. */
  shutdown(): Promise<void>;
  /** Told of requests that instances took with them, as it happens. Returns how to stop. */
  onLost(listener: (lost: LostRequests) => void): () => void;
  /** Lets go of the proxy, which runs on. */
  close(): void;
}

const DIAL_TIMEOUT: Milliseconds = 2000;
const CALL_TIMEOUT: Milliseconds = 10_000;
const START_TIMEOUT: Milliseconds = 10_000;
const STOP_DEADLINE: Milliseconds = 5000;
const POLL: Milliseconds = 20;
/** Of the log's end that goes into an error. */
const LAST_WORDS = 2000;

/** The driver of the proxy that comes with Kiln. */
export function embeddedTraffic(options: EmbeddedOptions): EmbeddedTraffic {
  return new Embedded(options);
}

class Embedded implements EmbeddedTraffic {
  private readonly options: EmbeddedOptions;
  private readonly listeners = new Set<(lost: LostRequests) => void>();
  private client: ControlClient | undefined;
  private opening: Promise<ControlClient> | undefined;
  private ensuring: Promise<{ pid: number; started: boolean }> | undefined;

  constructor(options: EmbeddedOptions) {
    this.options = options;
  }

  ensure(): Promise<{ pid: number; started: boolean }> {
    this.ensuring ??= this.find().finally(() => {
      this.ensuring = undefined;
    });
    return this.ensuring;
  }

  async check(listen: ListenAddress): Promise<Diagnostic | undefined> {
    return (await this.call("check", { listen }, CALL_TIMEOUT)).diagnostic;
  }

  apply(table: RouteTable): Promise<TableResult> {
    return this.call("table", { table }, CALL_TIMEOUT);
  }

  report(): Promise<TrafficReport> {
    return this.call("report", {}, CALL_TIMEOUT);
  }

  drain(instances: readonly InstanceId[], deadline: Milliseconds): Promise<DrainResult> {
    return this.call("drain", { instances, deadline }, deadline + CALL_TIMEOUT);
  }

  async shutdown(): Promise<void> {
    let client: ControlClient;
    try {
      client = await this.connection();
    } catch (error) {
      if (error instanceof ControlError) return;
      throw error;
    }
    const { pid } = client.hello;
    try {
      await client.call("stop", { deadline: STOP_DEADLINE }, CALL_TIMEOUT);
    } catch (error) {
      // It may end sooner than its answer arrives.
      if (!(error instanceof ControlError) || client.open) throw error;
    }
    const until = this.options.clock.now() + STOP_DEADLINE + CALL_TIMEOUT;
    while (isAlive(pid) && this.options.clock.now() < until) await this.options.clock.sleep(POLL);
    if (isAlive(pid)) throw new ControlError(`the proxy (process ${pid}) did not end`);
    this.client = undefined;
  }

  onLost(listener: (lost: LostRequests) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  close(): void {
    this.client?.close();
    this.client = undefined;
  }

  private async find(): Promise<{ pid: number; started: boolean }> {
    try {
      return { pid: (await this.connection()).hello.pid, started: false };
    } catch (error) {
      // Nobody listens: it is started. A proxy of another version is not: two would fight for the ports.
      if (!(error instanceof ControlError) || !isNobody(error)) throw error;
    }
    const started = await this.start();
    const until = this.options.clock.now() + START_TIMEOUT;
    for (;;) {
      await this.options.clock.sleep(POLL);
      try {
        const { pid } = (await this.connection()).hello;
        return { pid, started: true };
      } catch (error) {
        if (!(error instanceof ControlError) || !isNobody(error)) throw error;
      }
      if (started.ended() || this.options.clock.now() > until) {
        throw new ControlError(`the proxy did not start; its log ends with:\n${await started.lastWords()}`);
      }
    }
  }

  /** Starts the proxy in a session of its own, so that neither a signal nor the end of this process reaches it. */
  private async start(): Promise<{ ended(): boolean; lastWords(): Promise<string> }> {
    const { home, command, environment, logger } = this.options;
    await mkdir(home.logs, { recursive: true, mode: 0o700 });
    const file = path.join(home.logs, "proxy.log");
    const log = await open(file, "a+", 0o600);
    try {
      const [program, ...rest] = command;
      const child = spawn(program, rest, {
        argv0: "kiln-proxy",
        cwd: "/",
        detached: true,
        env: { ...(environment ?? process.env), KILN_HOME: home.root },
        stdio: ["ignore", log.fd, log.fd],
      });
      let over = false;
      child.on("exit", () => {
        over = true;
      });
      child.on("error", (error) => {
        logger.error("the proxy cannot be started", { program, reason: error.message });
        over = true;
      });
      child.unref();
      logger.info("proxy started", { pid: child.pid });
      return { ended: () => over, lastWords: () => endOf(file) };
    } finally {
      await log.close();
    }
  }

  private async call<Kind extends ControlKind>(
    kind: Kind,
    ask: ControlCalls[Kind]["ask"],
    timeout: Milliseconds,
  ): Promise<ControlCalls[Kind]["answer"]> {
    return (await this.connection()).call(kind, ask, timeout);
  }

  private connection(): Promise<ControlClient> {
    if (this.client?.open === true) return Promise.resolve(this.client);
    this.opening ??= ControlClient.open(
      this.options.home.proxySocket,
      ({ instance, count }) => {
        for (const listener of this.listeners) listener({ instance, count });
      },
      DIAL_TIMEOUT,
    )
      .then((client) => {
        this.client = client;
        return client;
      })
      .finally(() => {
        this.opening = undefined;
      });
    return this.opening;
  }
}

/** Whether nobody listens on the socket. */
function isNobody(error: ControlError): boolean {
  const { cause } = error;
  return (
    cause instanceof Error && "code" in cause && (cause.code === "ENOENT" || cause.code === "ECONNREFUSED")
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (isSystemError(error, "ESRCH")) return false;
    throw error;
  }
}

async function endOf(file: string): Promise<string> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const bytes = Buffer.alloc(Math.min(size, LAST_WORDS));
    await handle.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8").trim();
  } finally {
    await handle.close();
  }
}
