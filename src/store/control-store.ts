import type { DatabaseSync } from "node:sqlite";
import type {
  ApplyRecord,
  ControlState,
  ControlStore,
  ControlTransaction,
  RecordChange,
} from "../fleets/index.ts";
import { DiagnosticError, newId, parseId } from "../kernel/index.ts";
import type {
  Clock,
  DaemonEvent,
  FleetEvent,
  FleetId,
  Random,
  RecordedEvent,
  StoreId,
} from "../kernel/index.ts";
import { CONTROL_SCHEMA } from "./control-schema.ts";
import { explained, openDatabase, recordOf, textOf, transaction } from "./database.ts";
import type { Row } from "./database.ts";
import { damaged } from "./errors.ts";
import { EventLog } from "./event-log.ts";
import type { ControlEvent } from "./event-log.ts";
import { Reserve } from "./reserve.ts";

/** How many events are kept; about 40 MB. */
const EVENTS_KEPT = 100_000;

export interface ControlStoreParts {
  readonly clock: Clock;
  readonly random: Random;
  /** The state that the records of a store with this epoch amount to. */
  readonly loaded: (epoch: number, records: Iterable<RecordChange>) => ControlState;
  /** What a writer is told whose epoch is over. */
  readonly fenced: (epoch: number, claimed: number) => Error;
  /** How many events are kept at least; absent: 100,000. */
  readonly eventsKept?: number;
}

/** The daemon's store: the controller's records, and the events of everything that the daemon does. */
export interface OpenControlStore extends ControlStore {
  /** Made once with the file; another id means another history. */
  readonly id: StoreId;
  /** Writes down what the daemon itself did. */
  record(events: readonly DaemonEvent[]): Promise<readonly RecordedEvent<DaemonEvent>[]>;
  /** The first `count` events above a sequence number, the daemon's own among them: without gaps. */
  page(after: number, count: number, fleet?: FleetId): Promise<readonly RecordedEvent<ControlEvent>[]>;
  /** The number of the last event; 0: there is none. */
  lastEvent(): number;
  close(): void;
}

const DAEMON_EVENTS: Readonly<Record<DaemonEvent["kind"], true>> = {
  daemon_started: true,
  daemon_stopping: true,
  proxy_started: true,
  proxy_ended: true,
  asked: true,
};

/**
 * Opens the daemon's store. Throws a DiagnosticError where it is damaged, of a newer Kiln, or cannot be written;
 * nothing is changed then.
 */
export function openControlStore(file: string, parts: ControlStoreParts): OpenControlStore {
  const database = openDatabase(file, CONTROL_SCHEMA);
  const log = new EventLog(file, database, parts.eventsKept ?? EVENTS_KEPT);
  const reserve = new Reserve(file, parts.clock);
  return explained(file, () => {
    const id = storeId(database, parts);
    const write = <T>(mayUseReserve: boolean, action: () => T): T =>
      explained(file, () => {
        const attempt = () => transaction(database, action);
        if (!mayUseReserve) reserve.demand();
        const value = mayUseReserve ? reserve.spend(attempt) : attempt();
        reserve.fill();
        return value;
      });
    return {
      id,
      claim: async () => write(true, () => claim(database)),
      load: async () =>
        explained(file, () =>
          parts.loaded(
            epochOf(database),
            database
              .prepare("SELECT * FROM records")
              .all()
              .map((row) => changeOf(file, row)),
          ),
        ),
      commit: async (written) =>
        write(!beginsSomething(written), () =>
          commit({ file, database, log, fenced: parts.fenced }, written),
        ),
      record: async (events) =>
        write(true, () => log.append(events, parts.clock.now(), (event) => fleetsOf(file, database, event))),
      events: async (query) => explained(file, () => log.read(query).filter(isFleetEvent)),
      page: async (after, count, fleet) => explained(file, () => log.page(after, count, fleet)),
      lastEvent: () => explained(file, () => log.last()),
      close: () => database.close(),
    };
  });
}

/**
 * Whether a transaction permits something new: starting an instance, a rollout, or the switch. Only what does not
 * may use the space that is kept for a full disk.
 */
function beginsSomething({ changes }: ControlTransaction): boolean {
  return changes.some(
    (change) =>
      (change.collection === "instances" && change.record?.phase.kind === "intent") ||
      (change.collection === "rollouts" && change.record?.phase.kind === "preparing") ||
      (change.collection === "applies" &&
        change.record?.decision.kind === "commit" &&
        change.record.verdict.kind === "none"),
  );
}

interface Target {
  readonly file: string;
  readonly database: DatabaseSync;
  readonly log: EventLog;
  readonly fenced: ControlStoreParts["fenced"];
}

function commit(
  { file, database, log, fenced }: Target,
  { epoch, at, changes, events }: ControlTransaction,
): readonly RecordedEvent<FleetEvent>[] {
  const claimed = epochOf(database);
  if (epoch !== claimed) throw fenced(epoch, claimed);
  const put = database.prepare(
    `INSERT INTO records (collection, key, record) VALUES (?, ?, ?)
     ON CONFLICT (collection, key) DO UPDATE SET record = excluded.record`,
  );
  const forget = database.prepare("DELETE FROM records WHERE collection = ? AND key = ?");
  // The members of an apply that is forgotten by this very transaction are still to be found.
  const fleets = events.map((event) => fleetsOf(file, database, event, changes));
  for (const change of changes) {
    if (change.collection === "applies") assertWrittenOnce(file, database, change.key, change.record);
    if (change.record === undefined) forget.run(change.collection, change.key);
    else put.run(change.collection, change.key, JSON.stringify(change.record));
  }
  return log.append(events, at, (event) => fleets[events.indexOf(event)] ?? []);
}

/** The last line of defence of what everything hangs on: a decision and a verdict are written once. */
function assertWrittenOnce(
  file: string,
  database: DatabaseSync,
  key: string,
  record: ApplyRecord | undefined,
): void {
  const row = recordRow(database, "applies", key);
  if (row === undefined || record === undefined) return;
  const stands = recordOf<ApplyRecord>(file, row, "record");
  if (stands.decision.kind !== "open" && record.decision.kind !== stands.decision.kind) {
    throw new Error(
      `apply ${key} is decided (${stands.decision.kind}) and cannot become ${record.decision.kind}`,
    );
  }
  if (stands.verdict.kind !== "none" && record.verdict.kind !== stands.verdict.kind) {
    throw new Error(
      `apply ${key} has its verdict (${stands.verdict.kind}) and cannot get ${record.verdict.kind}`,
    );
  }
}

function fleetsOf(
  file: string,
  database: DatabaseSync,
  event: ControlEvent,
  changes: readonly RecordChange[] = [],
): readonly FleetId[] {
  if ("fleet" in event) return event.fleet === undefined ? [] : [event.fleet];
  if (!("apply" in event)) return [];
  for (const change of changes) {
    if (change.collection === "applies" && change.key === event.apply && change.record !== undefined) {
      return change.record.members;
    }
  }
  const row = recordRow(database, "applies", event.apply);
  return row === undefined ? [] : recordOf<ApplyRecord>(file, row, "record").members;
}

function recordRow(
  database: DatabaseSync,
  collection: RecordChange["collection"],
  key: string,
): Row | undefined {
  return database.prepare("SELECT record FROM records WHERE collection = ? AND key = ?").get(collection, key);
}

const COLLECTIONS: Readonly<Record<RecordChange["collection"], true>> = {
  applies: true,
  fleets: true,
  releases: true,
  rollouts: true,
  instances: true,
  lineages: true,
  table: true,
};

function changeOf(file: string, row: Row): RecordChange {
  const collection = textOf(row, "collection");
  if (!(collection in COLLECTIONS)) {
    throw new DiagnosticError([damaged(file, `it has records of an unknown kind, "${collection}"`)]);
  }
  return { collection, key: textOf(row, "key"), record: recordOf(file, row, "record") } as RecordChange;
}

function isFleetEvent(recorded: RecordedEvent<ControlEvent>): recorded is RecordedEvent<FleetEvent> {
  return !(recorded.event.kind in DAEMON_EVENTS);
}

function epochOf(database: DatabaseSync): number {
  return Number(textOf(database.prepare("SELECT value FROM meta WHERE name = 'epoch'").get(), "value"));
}

function claim(database: DatabaseSync): number {
  const epoch = epochOf(database) + 1;
  database.prepare("UPDATE meta SET value = ? WHERE name = 'epoch'").run(String(epoch));
  return epoch;
}

function storeId(database: DatabaseSync, { clock, random }: ControlStoreParts): StoreId {
  database.prepare("INSERT OR IGNORE INTO meta VALUES ('store', ?)").run(newId<"store">(clock, random));
  return parseId<"store">(
    textOf(database.prepare("SELECT value FROM meta WHERE name = 'store'").get(), "value"),
  );
}
