import type { ChildProcess } from "node:child_process";
import type { InstanceId, Milliseconds } from "../../kernel/index.ts";
import type { InstanceExit, ProcessIdentity } from "../../fleets/index.ts";
import { isAlive } from "./identity.ts";
import { readEnd, turnOver } from "./log.ts";

/** Node has no handle for a process that is not its child, so adopted ones are looked at this often. */
const POLL_INTERVAL: Milliseconds = 250;
/** Logs are looked at once in so many polls. */
const POLLS_PER_LOG_CHECK = 40;
/** So much of its output goes with the news that an instance ended. */
const EXIT_OUTPUT_BYTES = 4096;

interface Watched {
  readonly id: InstanceId;
  readonly process: ProcessIdentity;
  readonly log: string;
  /** A child reports its end itself, with its exit code. */
  readonly isChild: boolean;
}

/** Tells of instances that end by themselves. O(instances) a poll. */
export class Watcher {
  readonly #bootId: string;
  readonly #listeners = new Set<(exit: InstanceExit) => void>();
  readonly #watched = new Map<InstanceId, Watched>();
  #timer: NodeJS.Timeout | undefined;
  #polls = 0;
  #polling = false;

  constructor(bootId: string) {
    this.#bootId = bootId;
  }

  listen(listener: (exit: InstanceExit) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => void this.#poll(), POLL_INTERVAL).unref();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }

  add(id: InstanceId, process: ProcessIdentity, log: string, child?: ChildProcess): void {
    this.#watched.set(id, { id, process, log, isChild: child !== undefined });
    child?.once("exit", (code, signal) => {
      void this.#ended(id, {
        ...(code === null ? {} : { code }),
        ...(signal === null ? {} : { signal }),
      });
    });
  }

  /** Its end is wanted from now on, and nobody is told of it. */
  forget(id: InstanceId): void {
    this.#watched.delete(id);
  }

  async #ended(id: InstanceId, how: { readonly code?: number; readonly signal?: string }): Promise<void> {
    const watched = this.#watched.get(id);
    if (watched === undefined) return;
    this.#watched.delete(id);
    const output = await readEnd(watched.log, EXIT_OUTPUT_BYTES);
    for (const listener of this.#listeners) listener({ id, ...how, output });
  }

  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    try {
      this.#polls += 1;
      for (const watched of this.#watched.values()) {
        if (!watched.isChild && !(await isAlive(watched.process, this.#bootId)))
          await this.#ended(watched.id, {});
        if (this.#polls % POLLS_PER_LOG_CHECK === 0) await turnOver(watched.log);
      }
    } finally {
      this.#polling = false;
    }
  }
}
