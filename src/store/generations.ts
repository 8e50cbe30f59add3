import type { DatabaseSync } from "node:sqlite";
import { generationNumber, parseId } from "../kernel/index.ts";
import type { ApplyId, GenerationNumber, Intent, OperationResult } from "../kernel/index.ts";
import type {
  GenerationClosing,
  GenerationOpening,
  GenerationRecord,
  GenerationStore,
  GroupDecision,
  JournalledOperation,
} from "../engine/index.ts";
import { integerOf, recordOf, textOf } from "./database.ts";
import type { Row } from "./database.ts";
import type { EngineFile } from "./engine-file.ts";

/** Generations in the engine's file. */
export function generationStore(access: EngineFile): GenerationStore {
  return {
    open: (opening) => access.write(false, (database) => open(database, opening)),
    decide: (apply, decision) =>
      access.write(decision === "abort", (database) => decide(database, apply, decision)),
    close: (apply, closing) => access.write(true, (database) => close(access.file, database, apply, closing)),
    settle: (apply) =>
      access.write(true, (database) => {
        find(database, apply);
        database.prepare("UPDATE generations SET settled = 1 WHERE apply = ?").run(apply);
      }),
    list: async () => access.read((database) => list(access.file, database)) ?? [],
    operations: async (apply) => access.read((database) => operations(access.file, database, apply)) ?? [],
  };
}

function open(database: DatabaseSync, opening: GenerationOpening): GenerationNumber {
  const other = database.prepare("SELECT number, apply FROM generations WHERE closing IS NULL").get();
  if (other !== undefined) {
    throw new Error(`generation ${integerOf(other, "number")} (${textOf(other, "apply")}) is open`);
  }
  const { lastInsertRowid } = database
    .prepare("INSERT INTO generations (apply, opening) VALUES (?, ?)")
    .run(opening.apply, JSON.stringify(opening));
  return generationNumber(Number(lastInsertRowid));
}

/** First writer wins. */
function decide(database: DatabaseSync, apply: ApplyId, decision: GroupDecision): GroupDecision {
  const row = find(database, apply);
  const stands = row["decision"];
  if (stands === "commit" || stands === "abort") return stands;
  if (row["closing"] !== null) throw new Error(`generation ${apply} is closed and cannot be decided`);
  database.prepare("UPDATE generations SET decision = ? WHERE apply = ?").run(decision, apply);
  return decision;
}

function close(file: string, database: DatabaseSync, apply: ApplyId, closing: GenerationClosing): void {
  const row = find(database, apply);
  if (row["closing"] !== null) {
    const stands = recordOf<GenerationClosing>(file, row, "closing");
    if (stands.outcome === closing.outcome) return;
    throw new Error(
      `generation ${apply} is closed as ${stands.outcome} and cannot become ${closing.outcome}`,
    );
  }
  database.prepare("UPDATE generations SET closing = ? WHERE apply = ?").run(JSON.stringify(closing), apply);
}

function find(database: DatabaseSync, apply: ApplyId): Row {
  const row = database.prepare("SELECT * FROM generations WHERE apply = ?").get(apply);
  if (row === undefined) throw new Error(`generation ${apply} was never opened`);
  return row;
}

function list(file: string, database: DatabaseSync): GenerationRecord[] {
  return database
    .prepare("SELECT * FROM generations ORDER BY number")
    .all()
    .map((row) => {
      const decision = row["decision"];
      return {
        number: generationNumber(integerOf(row, "number")),
        opening: recordOf<GenerationOpening>(file, row, "opening"),
        ...(decision === "commit" || decision === "abort" ? { decision } : {}),
        ...(row["closing"] === null ? {} : { closing: recordOf<GenerationClosing>(file, row, "closing") }),
        settled: integerOf(row, "settled") === 1,
      };
    });
}

function operations(file: string, database: DatabaseSync, apply: ApplyId): JournalledOperation[] {
  return database
    .prepare("SELECT id, intent, result FROM operations WHERE apply = ? ORDER BY sequence")
    .all(apply)
    .map((row) => ({
      id: parseId<"operation">(textOf(row, "id")),
      intent: recordOf<Intent>(file, row, "intent"),
      ...(row["result"] === null ? {} : { result: recordOf<OperationResult>(file, row, "result") }),
    }));
}
