import type { FleetId } from "../kernel/index.ts";
import type { ControlEvent, OpenControlStore } from "../store/index.ts";
import type { RecordedEvent } from "../kernel/index.ts";

const PAGE = 500;
/** How often a quiet feed sends an empty line, so that a client that has gone is noticed: milliseconds. */
const HEARTBEAT = 15_000;

/** Hands events on to those who follow them. The store is what they read; this only tells them to look. */
export class EventFeed {
  readonly #store: Pick<OpenControlStore, "page">;
  #waiting = new Set<() => void>();

  constructor(store: Pick<OpenControlStore, "page">) {
    this.#store = store;
  }

  /** Something was written down. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    for (const resume of waiting) resume();
  }

  /** All events above a number, in order and each once; undefined now and then while there is nothing to say. */
  async *follow(
    after: number,
    fleet: FleetId | undefined,
    signal: AbortSignal,
  ): AsyncGenerator<RecordedEvent<ControlEvent> | undefined> {
    let seen = after;
    while (!signal.aborted) {
      // Asked for before the look, so that what is written in between is not missed.
      const more = this.#next(signal);
      for await (const event of this.existing(seen, fleet)) {
        if (signal.aborted) return;
        seen = event.sequence;
        yield event;
      }
      if ((await more) === "quiet") yield undefined;
    }
  }

  /** All events above a number that are there now. */
  async *existing(after: number, fleet: FleetId | undefined): AsyncGenerator<RecordedEvent<ControlEvent>> {
    let seen = after;
    for (;;) {
      const page = await this.#store.page(seen, PAGE, fleet);
      yield* page;
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      seen = last.sequence;
    }
  }

  #next(signal: AbortSignal): Promise<"news" | "quiet"> {
    return new Promise((resolve) => {
      const end = (result: "news" | "quiet") => {
        clearTimeout(timer);
        this.#waiting.delete(news);
        signal.removeEventListener("abort", news);
        resolve(result);
      };
      const news = () => end("news");
      const timer = setTimeout(() => end("quiet"), HEARTBEAT);
      this.#waiting.add(news);
      signal.addEventListener("abort", news);
    });
  }
}
