/** Ctrl-C and SIGTERM: the first asks to stop at the next safe place, the second to take back what is undecided. */
export interface Interrupts {
  /** Aborted by the first one. */
  readonly stop: AbortSignal;
  /** Aborted by the second one. */
  readonly abort: AbortSignal;
  /** Told of the first one, so that a view can say what is waited for. Returns how to stop listening. */
  onStop(listener: () => void): () => void;
  /** Gives the signals back to the system. */
  release(): void;
}

/** Takes SIGINT and SIGTERM of this process over. A command that never waits loses nothing by it: it ends anyway. */
export function processInterrupts(): Interrupts {
  const stop = new AbortController();
  const abort = new AbortController();
  const onSignal = () => {
    if (stop.signal.aborted) abort.abort(new Error("interrupted twice"));
    else stop.abort(new Error("interrupted"));
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    stop: stop.signal,
    abort: abort.signal,
    onStop: (listener) => {
      stop.signal.addEventListener("abort", listener, { once: true });
      return () => stop.signal.removeEventListener("abort", listener);
    },
    release: () => {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
