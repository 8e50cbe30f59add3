import type { Schema } from "./database.ts";

/** The daemon's store, `kiln.db` in the home. */
export const CONTROL_SCHEMA: Schema = {
  name: "the store of Kiln's daemon",
  // "klnd"
  applicationId: 0x6b_6c_6e_64,
  migrations: [
    `
    CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE records (
      collection TEXT NOT NULL,
      key TEXT NOT NULL,
      record TEXT NOT NULL,
      PRIMARY KEY (collection, key)
    ) WITHOUT ROWID;
    CREATE TABLE events (
      sequence INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      version INTEGER NOT NULL,
      event TEXT NOT NULL
    );
    CREATE TABLE event_fleets (
      fleet TEXT NOT NULL,
      sequence INTEGER NOT NULL REFERENCES events (sequence) ON DELETE CASCADE,
      PRIMARY KEY (fleet, sequence)
    ) WITHOUT ROWID;
    CREATE INDEX event_fleets_sequence ON event_fleets (sequence);
    INSERT INTO meta VALUES ('epoch', '0');
    `,
  ],
};
