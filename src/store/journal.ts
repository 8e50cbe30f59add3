import type { DatabaseSync } from "node:sqlite";
import { newId, parseId } from "../kernel/index.ts";
import type {
  Clock,
  Intent,
  Journal,
  OpenOperation,
  OperationId,
  OperationResult,
  Random,
} from "../kernel/index.ts";
import { recordOf, textOf } from "./database.ts";
import type { EngineFile } from "./engine-file.ts";

/** Ends after which nothing more can be said of an operation. What was done can still be discarded. */
const LAST: ReadonlySet<OperationResult["kind"]> = new Set(["nothing_happened", "discarded"]);

/** Intents and results in the engine's file. */
export function journal(access: EngineFile, clock: Clock, random: Random): Journal {
  return {
    append: (intent) => {
      const id = newId<"operation">(clock, random);
      return access.write(false, (database) => append(database, id, intent));
    },
    resolve: (id, result) => access.write(true, (database) => resolve(access.file, database, id, result)),
    open: async () => access.read((database) => readOpen(access.file, database)) ?? [],
  };
}

function append(database: DatabaseSync, id: OperationId, intent: Intent): OperationId {
  const closed = database
    .prepare("SELECT 1 FROM generations WHERE apply = ? AND closing IS NOT NULL")
    .get(intent.apply);
  if (closed !== undefined)
    throw new Error(`generation ${intent.apply} is closed: ${intent.address} cannot begin`);
  database
    .prepare("INSERT INTO operations (id, apply, intent) VALUES (?, ?, ?)")
    .run(id, intent.apply, JSON.stringify(intent));
  return id;
}

function resolve(file: string, database: DatabaseSync, id: OperationId, result: OperationResult): void {
  const row = database.prepare("SELECT result FROM operations WHERE id = ?").get(id);
  if (row === undefined) throw new Error(`operation ${id} was never begun`);
  const before = row["result"] === null ? undefined : recordOf<OperationResult>(file, row, "result");
  if (before !== undefined && LAST.has(before.kind) && before.kind !== result.kind) {
    throw new Error(`operation ${id} has ended (${before.kind}) and cannot become ${result.kind}`);
  }
  database
    .prepare("UPDATE operations SET result = ?, ended = ? WHERE id = ?")
    .run(JSON.stringify(result), result.kind === "in_doubt" ? 0 : 1, id);
}

function readOpen(file: string, database: DatabaseSync): OpenOperation[] {
  return database
    .prepare("SELECT id, intent, result FROM operations WHERE ended = 0 ORDER BY sequence")
    .all()
    .map((row) => {
      const result = row["result"] === null ? undefined : recordOf<OperationResult>(file, row, "result");
      return {
        id: parseId<"operation">(textOf(row, "id")),
        intent: recordOf<Intent>(file, row, "intent"),
        ...(result?.kind === "in_doubt" ? { doubt: result.reason } : {}),
      };
    });
}
