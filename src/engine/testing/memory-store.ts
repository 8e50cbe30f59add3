import {
  generationNumber,
  type OpenOperation,
  type OperationId,
  type OperationResult,
  parseId,
} from "../../kernel/index.ts";
import type { EngineStore, GenerationRecord, JournalledOperation } from "../stores.ts";

/** An engine's store that lives as long as the test; `records` is what a disk would hold. */
export interface MemoryStore extends EngineStore {
  readonly records: {
    generations: GenerationRecord[];
    operations: JournalledOperation[];
  };
}

/** Makes a store in memory. `fail`, where given, is asked before each write and may throw. */
export function memoryStore(fail: (write: string) => void = () => {}): MemoryStore {
  const records: MemoryStore["records"] = { generations: [], operations: [] };
  const change = (apply: string, update: (record: GenerationRecord) => GenerationRecord): void => {
    records.generations = records.generations.map((record) =>
      record.opening.apply === apply ? update(record) : record,
    );
  };
  const isFinal = (result: OperationResult | undefined) => result !== undefined && result.kind !== "in_doubt";
  return {
    records,
    journal: {
      append: async (intent) => {
        fail("append");
        const id: OperationId = parseId(`op-${records.operations.length + 1}`);
        records.operations.push({ id, intent });
        return id;
      },
      resolve: async (id, result) => {
        fail("resolve");
        const at = Number(id.slice("op-".length)) - 1;
        const operation = records.operations[at];
        if (operation !== undefined) records.operations[at] = { ...operation, result };
      },
      open: async () =>
        records.operations
          .filter((operation) => !isFinal(operation.result))
          .map(({ id, intent, result }): OpenOperation => ({
            id,
            intent,
            ...(result?.kind === "in_doubt" ? { doubt: result.reason } : {}),
          })),
    },
    generations: {
      open: async (opening) => {
        fail("open");
        const number = generationNumber(records.generations.length + 1);
        records.generations.push({ number, opening, settled: false });
        return number;
      },
      decide: async (apply, decision) => {
        fail("decide");
        change(apply, (record) => ({ ...record, decision: record.decision ?? decision }));
        return records.generations.find((record) => record.opening.apply === apply)?.decision ?? decision;
      },
      close: async (apply, closing) => {
        fail("close");
        change(apply, (record) => ({ ...record, closing: record.closing ?? closing }));
      },
      settle: async (apply) => change(apply, (record) => ({ ...record, settled: true })),
      list: async () => records.generations,
      operations: async (apply) => records.operations.filter((operation) => operation.intent.apply === apply),
    },
    close: async () => {},
  };
}
