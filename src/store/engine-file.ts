import type { DatabaseSync } from "node:sqlite";

/** How the tables of the engine's store reach its file. */
export interface EngineFile {
  readonly file: string;
  /** Undefined: the file does not exist, and so holds nothing. */
  read<T>(query: (database: DatabaseSync) => T): T | undefined;
  /** Resolves when it is durable. `mayUseReserve`: it ends something and begins nothing. */
  write<T>(mayUseReserve: boolean, change: (database: DatabaseSync) => T): Promise<T>;
}
