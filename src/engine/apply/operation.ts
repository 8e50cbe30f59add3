import { formatResourceInstance } from "../../config/index.ts";
import {
  type ActionKind,
  type Diagnostic,
  DiagnosticError,
  errorDiagnostic,
  type Milliseconds,
  newId,
  type OperationId,
} from "../../kernel/index.ts";
import type { ResourceTraits } from "../provider.ts";
import type { Applying } from "./applying.ts";
import { type OperationRecord, printRecord } from "./records.ts";

/** How often a call that goes on says so. */
const PROGRESS_INTERVAL: Milliseconds = 10_000;
/** When a call of a provider has surely ended, for whoever reads its intent after a crash. */
const CALL_DEADLINE: Milliseconds = 60 * 60 * 1000;

/** What is done to the world in one call. */
export interface Operation {
  readonly address: string;
  readonly action: ActionKind;
  readonly traits: ResourceTraits;
  /** What finding the effect again needs. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** What a call came to. */
export interface CallOutcome<Answer> {
  readonly answer: Answer;
  /** What the journal keeps; absent: nothing happened. */
  readonly record?: OperationRecord;
  readonly failed: boolean;
  readonly objectId?: string;
}

/**
 * Makes one call with an effect: intent, call, result (law 5). The intent is durable before the call, the result
 * before this resolves. A call without effect outside the state needs no intent of its own: its record only has to be
 * durable before the next outside effect. Undefined, with a diagnostic, where it was not made or nobody can tell how
 * it ended.
 */
export async function perform<Answer>(
  applying: Applying,
  operation: Operation,
  call: (id: OperationId) => Promise<CallOutcome<Answer>>,
  diagnostics: Diagnostic[],
): Promise<Answer | undefined> {
  const { session } = applying;
  return await session.calls.run(async () => {
    const { address, action, traits } = operation;
    const { clock } = applying.options.surroundings;
    const begun = clock.now();
    const id = await intend(applying, operation, diagnostics);
    if (id === undefined) return undefined;
    session.context.events({ kind: "operation_started", address, action });
    const ended = new AbortController();
    const progress = reportProgress(applying, operation, begun, ended.signal);
    let outcome: CallOutcome<Answer> | undefined;
    try {
      outcome = await call(id.operation);
    } catch (error) {
      // A provider's exception says nothing about what it did: the operation stays in doubt, and is shown as such.
      const reason = error instanceof Error ? error.message : String(error);
      if (error instanceof DiagnosticError) {
        diagnostics.push(...error.diagnostics.map((each) => ({ ...each, address })));
      } else
        diagnostics.push(
          errorDiagnostic(
            "Provider broke off",
            `The provider of ${address} broke off while it was to ${action} the object: ${reason}. What it did is not known.`,
            { address, remedy: "Run plan, and compare what it finds with what there is." },
          ),
        );
    } finally {
      ended.abort();
      await progress;
    }
    const elapsed = clock.now() - begun;
    const well = outcome !== undefined && !outcome.failed;
    session.context.events(
      well
        ? {
            kind: "operation_done",
            address,
            action,
            elapsed,
            ...(outcome?.objectId === undefined ? {} : { objectId: outcome.objectId }),
          }
        : { kind: "operation_failed", address, action, elapsed },
    );
    await conclude(applying, id, traits, outcome, diagnostics);
    return outcome?.answer;
  });
}

interface Intended {
  readonly operation: OperationId;
  /** Absent where the journal has no intent yet, as none is needed. */
  readonly journalled: boolean;
}

async function intend(
  applying: Applying,
  { address, action, traits, detail }: Operation,
  diagnostics: Diagnostic[],
): Promise<Intended | undefined> {
  const { store, surroundings } = applying.options;
  if (traits.effect === "none") {
    return { operation: newId(surroundings.clock, surroundings.random), journalled: false };
  }
  try {
    await Promise.all(applying.pendingWrites);
    const operation = await store.journal.append({
      apply: applying.apply,
      address,
      action,
      detail,
      deadline: surroundings.clock.now() + CALL_DEADLINE,
    });
    return { operation, journalled: true };
  } catch (error) {
    loseJournal(applying, error, diagnostics);
    return undefined;
  }
}

async function conclude<Answer>(
  applying: Applying,
  id: Intended,
  traits: ResourceTraits,
  outcome: CallOutcome<Answer> | undefined,
  diagnostics: Diagnostic[],
): Promise<void> {
  const { journal } = applying.options.store;
  if (id.journalled) {
    try {
      await journal.resolve(
        id.operation,
        outcome === undefined
          ? { kind: "in_doubt", reason: "the provider broke off" }
          : outcome.record === undefined
            ? { kind: "nothing_happened", reason: "the provider refused" }
            : { kind: "done", record: printRecord(outcome.record) },
      );
    } catch (error) {
      loseJournal(applying, error, diagnostics);
    }
    return;
  }
  const record = outcome?.record;
  if (record === undefined || traits.effect !== "none") return;
  const writing = journal
    .append({
      apply: applying.apply,
      address: record.token?.address ?? formatResourceInstance(record.change.address),
      action: "record",
      detail: {},
      deadline: applying.options.surroundings.clock.now(),
    })
    .then((operation) => journal.resolve(operation, { kind: "done", record: printRecord(record) }))
    .catch((error: unknown) => loseJournal(applying, error, applying.session.diagnostics))
    .finally(() => applying.pendingWrites.delete(writing));
  applying.pendingWrites.add(writing);
}

/** A result that cannot be written stops the engine, as if it had been killed: nothing new is begun. */
function loseJournal(applying: Applying, error: unknown, diagnostics: Diagnostic[]): void {
  if (!applying.journalLost) {
    diagnostics.push(
      errorDiagnostic(
        "The journal cannot be written",
        `${error instanceof Error ? error.message : String(error)}. Nothing more was begun.`,
        { remedy: "Make room, or make .kiln writable, and apply again." },
      ),
    );
  }
  applying.journalLost = true;
}

async function reportProgress(
  applying: Applying,
  { address, action }: Operation,
  begun: Milliseconds,
  ended: AbortSignal,
): Promise<void> {
  const { clock } = applying.options.surroundings;
  while (!ended.aborted) {
    try {
      await clock.sleep(PROGRESS_INTERVAL, ended);
    } catch {
      // The call has ended.
      return;
    }
    applying.session.context.events({
      kind: "operation_progress",
      address,
      action,
      elapsed: clock.now() - begun,
    });
  }
}
