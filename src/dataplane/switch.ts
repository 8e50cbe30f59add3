import { canonicalJson, errorDiagnostic } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import type { RouteTable, TableResult } from "../traffic/index.ts";

/** A part of the proxy that answers requests. With several, all are switched as one. */
export interface Worker {
  /** Opens what the table needs beyond what is open. A diagnostic: it cannot, and nothing was changed. */
  prepare(table: RouteTable): Promise<Diagnostic | undefined>;
  /** From now on no request is routed; it waits. A held worker never releases itself. */
  hold(): Promise<void>;
  set(table: RouteTable): Promise<void>;
  release(): Promise<void>;
  /** Closes what `prepare` opened and the table in force does not need. */
  discard(): Promise<void>;
}

/** Where the table in force survives the process. */
export interface TableStore {
  /** Durable when it resolves; rejects where it cannot be, and the one before it stays. */
  save(table: RouteTable): Promise<Diagnostic | undefined>;
}

/** Whether a is older than, the same as, or newer than b. */
export function compareTables(
  a: Pick<RouteTable, "epoch" | "version">,
  b: Pick<RouteTable, "epoch" | "version">,
): number {
  return a.epoch - b.epoch || a.version - b.version;
}

/**
 * Puts a table in force in two phases: hold new requests in all workers, make it durable, set it in all, release.
 * No request is routed by the old table after another was routed by the new one.
 */
export async function switchTable(
  workers: readonly Worker[],
  store: TableStore,
  current: RouteTable | undefined,
  table: RouteTable,
): Promise<TableResult> {
  if (current !== undefined) {
    const order = compareTables(table, current);
    if (order < 0) return { kind: "superseded", epoch: current.epoch, version: current.version };
    if (order === 0) {
      return canonicalJson(table) === canonicalJson(current)
        ? { kind: "acknowledged" }
        : { kind: "refused", diagnostic: ambiguous(table) };
    }
  }
  const discard = () => Promise.all(workers.map((worker) => worker.discard()));
  const prepared = await Promise.all(workers.map((worker) => worker.prepare(table)));
  const unprepared = prepared.find((diagnostic) => diagnostic !== undefined);
  if (unprepared !== undefined) {
    await discard();
    return { kind: "refused", diagnostic: unprepared };
  }
  await Promise.all(workers.map((worker) => worker.hold()));
  const unsaved = await store.save(table);
  if (unsaved === undefined) await Promise.all(workers.map((worker) => worker.set(table)));
  await Promise.all(workers.map((worker) => worker.release()));
  if (unsaved === undefined) return { kind: "acknowledged" };
  await discard();
  return { kind: "refused", diagnostic: unsaved };
}

function ambiguous({ epoch, version }: RouteTable): Diagnostic {
  return errorDiagnostic(
    "Two route tables have the same number",
    `The proxy has another table ${epoch}.${version} in force than the one it was sent under this number.`,
    { remedy: "Start the daemon again: it takes a new epoch, and sends its table under that." },
  );
}
