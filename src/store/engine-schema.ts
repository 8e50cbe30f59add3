import type { Schema } from "./database.ts";

/** The engine's store, `kiln.db` in the `.kiln` of a working directory. */
export const ENGINE_SCHEMA: Schema = {
  name: "the store of Kiln's engine",
  // "klne"
  applicationId: 0x6b_6c_6e_65,
  migrations: [
    `
    CREATE TABLE generations (
      number INTEGER PRIMARY KEY AUTOINCREMENT,
      apply TEXT NOT NULL UNIQUE,
      opening TEXT NOT NULL,
      decision TEXT CHECK (decision IN ('commit', 'abort')),
      closing TEXT,
      settled INTEGER NOT NULL DEFAULT 0
    );
    CREATE UNIQUE INDEX generations_open ON generations (closing IS NULL) WHERE closing IS NULL;
    CREATE TABLE operations (
      sequence INTEGER PRIMARY KEY AUTOINCREMENT,
      id TEXT NOT NULL UNIQUE,
      apply TEXT NOT NULL,
      intent TEXT NOT NULL,
      result TEXT,
      ended INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX operations_apply ON operations (apply);
    CREATE INDEX operations_open ON operations (sequence) WHERE ended = 0;
    `,
  ],
};
