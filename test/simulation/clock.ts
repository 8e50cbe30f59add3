import type { Clock, Milliseconds } from "../../src/kernel/index.ts";

/** Time that stands still until the simulation moves it. */
export class VirtualClock implements Clock {
  #now: Milliseconds = Date.UTC(2026, 0, 1);
  #order = 0;
  readonly #timers = new Map<number, { readonly at: Milliseconds; readonly fire: () => void }>();

  now(): Milliseconds {
    return this.#now;
  }

  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason instanceof Error ? signal.reason : new Error("aborted"));
        return;
      }
      const order = this.#order++;
      const onAbort = () => {
        this.#timers.delete(order);
        reject(signal?.reason instanceof Error ? signal.reason : new Error("aborted"));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const fire = () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      };
      this.#timers.set(order, { at: this.#now + Math.max(0, duration), fire });
    });
  }

  /** When the next timer fires; undefined: none is set. */
  next(): Milliseconds | undefined {
    let earliest: Milliseconds | undefined;
    for (const { at } of this.#timers.values()) if (earliest === undefined || at < earliest) earliest = at;
    return earliest;
  }

  /** Goes to the next timer and fires it: one only, so that others of that moment are steps of their own. */
  step(): boolean {
    let chosen: number | undefined;
    let earliest = Number.POSITIVE_INFINITY;
    for (const [order, { at }] of this.#timers) {
      if (at >= earliest) continue;
      earliest = at;
      chosen = order;
    }
    const timer = chosen === undefined ? undefined : this.#timers.get(chosen);
    if (chosen === undefined || timer === undefined) return false;
    this.#timers.delete(chosen);
    this.#now = Math.max(this.#now, timer.at);
    timer.fire();
    return true;
  }
}

/** Lets everything run that waits for nothing but its turn. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
