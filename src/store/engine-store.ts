import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { EngineStore } from "../engine/index.ts";
import type { Clock, Random } from "../kernel/index.ts";
import { DiagnosticError } from "../kernel/index.ts";
import { explained, openDatabase } from "./database.ts";
import { ENGINE_SCHEMA } from "./engine-schema.ts";
import type { EngineFile } from "./engine-file.ts";
import { storeDiagnostic } from "./errors.ts";
import { generationStore } from "./generations.ts";
import { GroupCommit } from "./group-commit.ts";
import { journal } from "./journal.ts";
import { Reserve } from "./reserve.ts";

export interface EngineStoreParts {
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * The engine's store of a working directory: `kiln.db` in `directory` (its `.kiln`). Nothing is made on disk before
 * the first write, so that a command which only reads leaves no trace. Rejects with a DiagnosticError where the file
 * is damaged, of a newer Kiln, or cannot be written.
 */
export function openEngineStore(directory: string, { clock, random }: EngineStoreParts): EngineStore {
  const file = path.join(directory, "kiln.db");
  const reserve = new Reserve(file, clock);
  let opened: DatabaseSync | undefined;
  const open = (): DatabaseSync => {
    if (opened === undefined) {
      explained(file, () => mkdirSync(directory, { recursive: true }));
      opened = openDatabase(file, ENGINE_SCHEMA);
    }
    return opened;
  };
  const group = new GroupCommit(open, reserve);
  const access: EngineFile = {
    file,
    read: (query) => {
      // A reader sees what was asked to be written before it.
      group.flush();
      return opened === undefined && !existsSync(file) ? undefined : explained(file, () => query(open()));
    },
    write: async (mayUseReserve, change) => {
      try {
        return await group.submit(mayUseReserve, change);
      } catch (error) {
        const diagnostic = error instanceof DiagnosticError ? undefined : storeDiagnostic(file, error);
        throw diagnostic === undefined ? error : new DiagnosticError([diagnostic]);
      }
    },
  };
  return {
    journal: journal(access, clock, random),
    generations: generationStore(access),
    close: async () => {
      group.flush();
      opened?.close();
    },
  };
}
