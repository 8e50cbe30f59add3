const LONGEST_TURN_MS = 8;

/**
 * Reading many small files is several times as fast with the synchronous calls. This gives the rest of the
 * process its turn between them, so that leases are renewed and signals heard.
 */
export class Pacer {
  #turn = performance.now();
  readonly #signal: AbortSignal | undefined;

  constructor(signal?: AbortSignal) {
    this.#signal = signal;
  }

  /** Whether `rest` is due: asking is cheap. */
  get due(): boolean {
    return performance.now() - this.#turn > LONGEST_TURN_MS;
  }

  /** Lets others run. Rejects with the signal's reason once it is aborted. */
  async rest(): Promise<void> {
    this.#signal?.throwIfAborted();
    await new Promise<void>((resolve) => {
      setImmediate(resolve);
    });
    this.#signal?.throwIfAborted();
    this.#turn = performance.now();
  }
}
