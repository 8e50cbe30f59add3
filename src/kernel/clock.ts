/** Milliseconds since the Unix epoch. */
export type Milliseconds = number;

/** Time comes in through this, so that the same code runs under a virtual clock. */
export interface Clock {
  now(): Milliseconds;
  /** Resolves after `duration` milliseconds, or rejects with the signal's reason when it aborts. */
  sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (duration, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(abortReason(signal));
        return;
      }
      const onAbort = () => {
        clearTimeout(timer);
        if (signal !== undefined) reject(abortReason(signal));
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, duration);
      signal?.addEventListener("abort", onAbort, { once: true });
    }),
};

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason });
}

/** Randomness comes in through this: numbers in [0, 1), and bytes. */
export interface Random {
  next(): number;
  bytes(length: number): Uint8Array;
}
