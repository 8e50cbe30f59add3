import { formatResourceInstance } from "../../config/index.ts";
import { type Diagnosed, type Diagnostic, errorDiagnostic, warningDiagnostic } from "../../kernel/index.ts";
import type { Backend } from "../backend/backend.ts";
import type { ApplyScope, CommitResult, PreparedToken } from "../provider.ts";
import type { SessionOptions } from "../session.ts";
import { changeObject, type InstanceState, type State } from "../state/state.ts";
import type { EngineStore, GenerationOutcome, GenerationRecord, JournalledOperation } from "../stores.ts";
import { type OperationRecord, parseRecord } from "./records.ts";

/** A state with what the journal knows beyond it. */
export interface Folded {
  readonly state: State;
  /** Operations whose end nobody knows. */
  readonly doubtful: readonly JournalledOperation[];
  /** Preparations, whose fate their group's decision tells. */
  readonly prepared: readonly OperationRecord[];
}

/**
 * Puts the results that a journal has of one generation into a state that does not have them yet. A pure function:
 * nothing known is forgotten, and nothing unknown is guessed.
 */
export function foldJournal(state: State, operations: readonly JournalledOperation[]): Folded {
  const instances = new Map<string, InstanceState>(state.instances);
  const doubtful: JournalledOperation[] = [];
  const prepared: OperationRecord[] = [];
  for (const operation of operations) {
    const { intent, result } = operation;
    if (result === undefined || result.kind === "in_doubt") {
      doubtful.push(operation);
      continue;
    }
    if (result.kind !== "done") continue;
    const record = parseRecord(result.record);
    if (record.token !== undefined) prepared.push(record);
    else foldRecord(instances, record, intent.detail["deposed"]);
  }
  return { state: { ...state, instances }, doubtful, prepared };
}

function foldRecord(
  instances: Map<string, InstanceState>,
  { change }: OperationRecord,
  deposed: unknown,
): void {
  const replaces = change.slot === "current" && change.object !== undefined && typeof deposed === "string";
  const old = replaces ? instances.get(keyOf(change))?.current : undefined;
  if (replaces && old !== undefined) changeObject(instances, { ...change, slot: { deposed }, object: old });
  changeObject(instances, change);
}

function keyOf(change: OperationRecord["change"]): string {
  return formatResourceInstance(change.address);
}

export interface RecoverOptions extends SessionOptions {
  readonly backend: Backend;
  readonly store: EngineStore;
}

/**
 * Ends the generation of an apply that died: what its journal knows goes into the snapshot, its group is aborted (or
 * what stands is obeyed), and what is in doubt is said. Begins no new action. The caller holds the lock. The value is
 * the state as it is then; absent where there is none.
 */
export async function recover(options: RecoverOptions): Promise<Diagnosed<State | undefined>> {
  const { backend, store } = options;
  const diagnostics: Diagnostic[] = [];
  const current = await backend.read();
  if (current.kind === "unreadable") return { value: undefined, diagnostics: [current.diagnostic] };
  let state = current.state;
  const open = (await store.generations.list()).filter(({ closing }) => closing === undefined);
  for (const generation of open) state = await recoverGeneration(options, generation, state, diagnostics);
  return { value: state, diagnostics };
}

async function recoverGeneration(
  options: RecoverOptions,
  generation: GenerationRecord,
  found: State | undefined,
  diagnostics: Diagnostic[],
): Promise<State | undefined> {
  const { store, backend, surroundings } = options;
  const { opening } = generation;
  const operations = await store.generations.operations(opening.apply);
  const base: State = found ?? {
    lineage: opening.lineage,
    serial: 0,
    outputs: new Map(),
    instances: new Map(),
  };
  // A snapshot that is newer than the one the apply began with has everything already (rule F11).
  const isWritten = base.serial > opening.baseSerial;
  const folded = foldJournal(base, isWritten ? [] : operations);
  const prepared = isWritten ? [] : folded.prepared;
  const preparing = isWritten ? [] : folded.doubtful.filter(({ intent }) => intent.action === "prepare");
  const source = sourceOf(prepared, preparing);
  const group = await endGroup(options, generation, source, prepared, diagnostics);
  if (group === "unanswered") return found;
  const instances = new Map(folded.state.instances);
  if (group === "kept") for (const record of prepared) foldRecord(instances, record, undefined);
  // What was being prepared was taken back with its group.
  for (const { id } of preparing) {
    await store.journal.resolve(id, { kind: "discarded" });
  }
  const doubtful = foldJournal(base, operations).doubtful.filter((each) => !preparing.includes(each));
  for (const { id, intent } of doubtful) {
    await store.journal.resolve(id, { kind: "in_doubt", reason: "its process ended before the answer" });
    diagnostics.push(
      warningDiagnostic(
        "An operation is in doubt",
        `An earlier apply was to ${intent.action} ${intent.address}, and ended before the answer. Whether it happened is not known.`,
        {
          address: intent.address,
          remedy: "Look whether the object exists; the next apply makes what the state lacks.",
        },
      ),
    );
  }
  const changed = operations.some(({ result }) => result?.kind === "done");
  const somethingKept = isWritten || group === "kept" || operations.some((each) => isKept(each));
  const state: State = { ...folded.state, instances, serial: base.serial + 1 };
  const wrote = !isWritten && changed && somethingKept;
  if (wrote) await backend.write(state);
  const outcome: GenerationOutcome = somethingKept || doubtful.length > 0 ? "partial" : "aborted";
  await store.generations.close(opening.apply, {
    outcome,
    decision: group === "kept" ? "commit" : "abort",
    ...(group === "kept" ? { verdict: "kept" as const } : {}),
    ...(group === "switched_back" ? { verdict: "back" as const } : {}),
    serial: wrote ? state.serial : base.serial,
    added: 0,
    changed: 0,
    destroyed: 0,
    reasons: ["The process of the apply ended before the apply did."],
    closedAt: surroundings.clock.now(),
  });
  if (source !== undefined) await tellSettled(options, opening, source);
  diagnostics.push(
    warningDiagnostic(
      "An earlier apply was cut short",
      `Generation ${generation.number} (${opening.command}) ended with its process. ${becameOf(group, somethingKept)}`,
    ),
  );
  return wrote ? state : found;
}

function becameOf(group: CommitResult["kind"], somethingKept: boolean): string {
  const made = somethingKept ? "What it had made is in the state now." : "";
  if (group === "kept") return "What it had switched to was kept, and is in the state now.";
  if (group === "switched_back") return `What it had switched was switched back. ${made}`.trimEnd();
  return somethingKept ? made : "What it had begun was taken back.";
}

/** Which provider the group belongs to; undefined where nothing was asked to prepare. */
function sourceOf(
  prepared: readonly OperationRecord[],
  preparing: readonly JournalledOperation[],
): string | undefined {
  const provider = prepared[0]?.change.provider ?? preparing[0]?.intent.detail["provider"];
  return /provider\["([^"]+)"\]/.exec(String(provider ?? ""))?.[1];
}

/** The generation is closed: the other side may forget its records. Where it cannot be told it only keeps them. */
async function tellSettled(
  options: RecoverOptions,
  opening: GenerationRecord["opening"],
  source: string,
): Promise<void> {
  const found = await options.providers.find(source, undefined);
  if ("diagnostic" in found) return;
  try {
    await found.provider.transactional?.settled(scopeOf(opening), options);
  } catch {
    // The daemon is away; a record that is not settled costs a row, and says nothing wrong.
  } finally {
    await found.provider.close();
  }
}

function scopeOf({ apply, lineage, who, command }: GenerationRecord["opening"]): ApplyScope {
  return { apply, lineage, who, why: command };
}

function isKept({ result }: JournalledOperation): boolean {
  return result?.kind === "done" && parseRecord(result.record).token === undefined;
}

/** Writes abort for the group of a dead apply, and obeys what stands. */
async function endGroup(
  options: RecoverOptions,
  { opening }: GenerationRecord,
  source: string | undefined,
  prepared: readonly OperationRecord[],
  diagnostics: Diagnostic[],
): Promise<CommitResult["kind"] | "unanswered"> {
  const tokens = prepared.flatMap(({ token }) => token ?? []);
  if (source === undefined) return "aborted";
  try {
    return await askGroup(options, opening, source, tokens, diagnostics);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    diagnostics.push(
      errorDiagnostic(
        "An earlier apply cannot be ended yet",
        `Its decision could not be read: ${reason}. Nothing was changed.`,
        { remedy: "Start the daemon, and try again." },
      ),
    );
    return "unanswered";
  }
}

async function askGroup(
  options: RecoverOptions,
  opening: GenerationRecord["opening"],
  source: string,
  tokens: readonly PreparedToken[],
  diagnostics: Diagnostic[],
): Promise<CommitResult["kind"] | "unanswered"> {
  const found = await options.providers.find(source, undefined);
  if ("diagnostic" in found) {
    diagnostics.push(found.diagnostic);
    return "unanswered";
  }
  const { provider } = found;
  try {
    const answer = await provider.transactional?.abort(scopeOf(opening), tokens, options);
    // That the group was aborted is what was asked for, not a mistake.
    return answer?.kind ?? "aborted";
  } finally {
    await provider.close();
  }
}
