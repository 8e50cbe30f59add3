import type { DatabaseSync } from "node:sqlite";
import { EVENTS_VERSION } from "../kernel/index.ts";
import type { DaemonEvent, FleetEvent, FleetId, Milliseconds, RecordedEvent } from "../kernel/index.ts";
import type { EventQuery } from "../fleets/index.ts";
import { integerOf, recordOf } from "./database.ts";
import type { Row } from "./database.ts";

/** What the daemon's store writes down. */
export type ControlEvent = FleetEvent | DaemonEvent;

/** The table of events: numbered from 1 without gaps, of which the newest are kept. */
export class EventLog {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #kept: number;

  /** `kept`: how many are kept at least; the oldest beyond are dropped by and by. */
  constructor(file: string, database: DatabaseSync, kept: number) {
    this.#file = file;
    this.#database = database;
    this.#kept = kept;
  }

  /** Part of a transaction that the caller has begun. `fleets`: those that an event is about. */
  append<Event extends ControlEvent>(
    events: readonly Event[],
    at: Milliseconds,
    fleets: (event: Event) => readonly FleetId[],
  ): RecordedEvent<Event>[] {
    if (events.length === 0) return [];
    const last = this.last();
    const insert = this.#database.prepare(
      "INSERT INTO events (sequence, at, version, event) VALUES (?, ?, ?, ?)",
    );
    const link = this.#database.prepare("INSERT OR IGNORE INTO event_fleets (fleet, sequence) VALUES (?, ?)");
    const recorded = events.map((event, index) => {
      const sequence = last + index + 1;
      insert.run(sequence, Math.round(at), EVENTS_VERSION, JSON.stringify(event));
      for (const fleet of fleets(event)) link.run(fleet, sequence);
      return { version: EVENTS_VERSION, sequence, at, event } as const;
    });
    this.#prune(last, last + events.length);
    return recorded;
  }

  /** Oldest first; of more than the limit, the newest. */
  read(query: EventQuery): RecordedEvent<ControlEvent>[] {
    const after = query.after ?? 0;
    const limit = query.limit ?? -1;
    const rows =
      query.fleet === undefined
        ? this.#database
            .prepare("SELECT * FROM events WHERE sequence > ? ORDER BY sequence DESC LIMIT ?")
            .all(after, limit)
        : this.#database
            .prepare(
              `SELECT events.* FROM event_fleets JOIN events USING (sequence)
               WHERE event_fleets.fleet = ? AND event_fleets.sequence > ?
               ORDER BY event_fleets.sequence DESC LIMIT ?`,
            )
            .all(query.fleet, after, limit);
    return rows.reverse().map((row) => this.#recorded(row));
  }

  /** The first so many above a sequence number: for readers that go through all of them, page by page. */
  page(after: number, count: number, fleet?: FleetId): RecordedEvent<ControlEvent>[] {
    const rows =
      fleet === undefined
        ? this.#database
            .prepare("SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?")
            .all(after, count)
        : this.#database
            .prepare(
              `SELECT events.* FROM event_fleets JOIN events USING (sequence)
               WHERE event_fleets.fleet = ? AND event_fleets.sequence > ?
               ORDER BY event_fleets.sequence LIMIT ?`,
            )
            .all(fleet, after, count);
    return rows.map((row) => this.#recorded(row));
  }

  #recorded(row: Row): RecordedEvent<ControlEvent> {
    return {
      version: EVENTS_VERSION,
      sequence: integerOf(row, "sequence"),
      at: integerOf(row, "at"),
      event: recordOf<ControlEvent>(this.#file, row, "event"),
    };
  }

  /** The number of the last event; 0: there is none. */
  last(): number {
    return integerOf(
      this.#database.prepare("SELECT coalesce(max(sequence), 0) AS last FROM events").get(),
      "last",
    );
  }

  #prune(before: number, last: number): void {
    // In steps of a tenth, so that not every append deletes.
    const step = Math.ceil(this.#kept / 10);
    if (Math.floor(before / step) === Math.floor(last / step)) return;
    const oldest = last - this.#kept;
    this.#database.prepare("DELETE FROM event_fleets WHERE sequence <= ?").run(oldest);
    this.#database.prepare("DELETE FROM events WHERE sequence <= ?").run(oldest);
  }
}
