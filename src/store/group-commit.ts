import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./database.ts";
import { isDiskFull } from "./errors.ts";
import type { Reserve } from "./reserve.ts";

interface Waiting {
  readonly mayUseReserve: boolean;
  readonly write: () => void;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Gathers the writes of one turn of the event loop into one transaction, so that many share one sync of the disk.
 * A promise resolves when its write is durable. Writes are done in the order in which they were asked for.
 */
export class GroupCommit {
  readonly #database: () => DatabaseSync;
  readonly #reserve: Reserve;
  #waiting: Waiting[] = [];

  constructor(database: () => DatabaseSync, reserve: Reserve) {
    this.#database = database;
    this.#reserve = reserve;
  }

  /**
   * `write` runs inside the group's transaction; what it throws rejects this write alone. `mayUseReserve`: it ends
   * something and begins nothing, and so may use the space that is kept for a full disk.
   */
  submit<T>(mayUseReserve: boolean, write: (database: DatabaseSync) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      let value: { readonly of: T } | undefined;
      if (this.#waiting.length === 0) setImmediate(() => this.flush());
      this.#waiting.push({
        mayUseReserve,
        write: () => {
          value = { of: write(this.#database()) };
        },
        resolve: () => {
          if (value !== undefined) resolve(value.of);
        },
        reject,
      });
    });
  }

  /** Writes what waits, now. */
  flush(): void {
    const group = this.#waiting;
    this.#waiting = [];
    if (group.length === 0) return;
    try {
      this.#write(group);
    } catch (error) {
      if (!isDiskFull(error)) {
        for (const member of group) member.reject(error);
        return;
      }
      // What begins something is refused, and what ends something is written with the reserve's space.
      for (const member of group) if (!member.mayUseReserve) member.reject(error);
      const ending = group.filter((member) => member.mayUseReserve);
      if (ending.length === 0) return;
      try {
        this.#reserve.spend(() => this.#write(ending));
      } catch (secondError) {
        for (const member of ending) member.reject(secondError);
      }
    }
  }

  #write(group: readonly Waiting[]): void {
    const database = this.#database();
    const refused = new Map<Waiting, unknown>();
    transaction(database, () => {
      for (const member of group) {
        database.exec("SAVEPOINT member");
        try {
          member.write();
        } catch (error) {
          if (isDiskFull(error)) throw error;
          database.exec("ROLLBACK TO member");
          refused.set(member, error);
        }
        database.exec("RELEASE member");
      }
    });
    this.#reserve.fill();
    for (const member of group) {
      if (refused.has(member)) member.reject(refused.get(member));
      else member.resolve();
    }
  }
}
