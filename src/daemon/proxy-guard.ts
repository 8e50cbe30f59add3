import type { Clock, DaemonEvent, Logger, Milliseconds } from "../kernel/index.ts";

/** How often it is looked whether the proxy is there; the look costs nothing while its connection stands. */
const LOOK: Milliseconds = 200;
const LONGEST_PAUSE: Milliseconds = 10_000;

/** What the guard needs of the data plane's driver. */
export interface GuardedProxy {
  /** Finds the proxy, or starts it. */
  ensure(): Promise<{ readonly pid: number; readonly started: boolean }>;
}

export interface GuardParts {
  readonly proxy: GuardedProxy;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly record: (event: DaemonEvent) => void;
  /** Another proxy than before is there, and wants its table. */
  readonly replaced: () => Promise<void>;
}

/** Keeps a proxy running from its first call on. */
export class ProxyGuard {
  readonly #parts: GuardParts;
  readonly #ending = new AbortController();
  #pid: number | undefined;
  /** The proxy that is there has not been given its table yet. */
  #owed = false;
  #watching: Promise<void> | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** The proxy's process as it was last seen; absent: none was. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** Resolves when the proxy is there, or could not be started; it is watched from then on. */
  async start(): Promise<void> {
    const pause = await this.#look(LOOK);
    this.#watching = this.#watch(pause);
  }

  /** Stops watching. When it resolves, no proxy is being started. */
  async stop(): Promise<void> {
    this.#ending.abort(new Error("the guard is stopping"));
    await this.#watching;
  }

  async #watch(first: Milliseconds): Promise<void> {
    let pause = first;
    while (!this.#ending.signal.aborted) {
      try {
        await this.#parts.clock.sleep(pause, this.#ending.signal);
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        throw error;
      }
      pause = await this.#look(pause);
    }
  }

  /** Gives how long to wait until the next look. */
  async #look(pause: Milliseconds): Promise<Milliseconds> {
    const { proxy, logger, record, replaced } = this.#parts;
    const before = this.#pid;
    try {
      const { pid, started } = await proxy.ensure();
      if (pid !== before) {
        this.#pid = pid;
        this.#owed = before !== undefined;
        if (before !== undefined) record({ kind: "proxy_ended", reason: `process ${before} has gone` });
        if (started || before !== undefined) record({ kind: "proxy_started", pid });
      }
      if (this.#owed) await replaced();
      this.#owed = false;
      return LOOK;
    } catch (error) {
      logger.error("the proxy could not be kept running", { error: String(error) });
      return Math.min(pause * 2, LONGEST_PAUSE);
    }
  }
}
