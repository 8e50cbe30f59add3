import { type Diagnostic, DiagnosticError, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { blockOf } from "../plan/planning.ts";
import type { Answer, CommitResult, Transactional } from "../provider.ts";
import { type Applying, keep, type Prepared } from "./applying.ts";

/** How the group ended; `none` where nothing was prepared, `open` where a person has to speak first. */
export type GroupOutcome = CommitResult["kind"] | "none" | "open";

type Members = ReadonlyMap<Transactional, readonly Prepared[]>;

function membersOf(prepared: readonly Prepared[]): Members {
  const members = new Map<Transactional, Prepared[]>();
  for (const each of prepared) {
    const list = members.get(each.transactional);
    if (list === undefined) members.set(each.transactional, [each]);
    else list.push(each);
  }
  return members;
}

/** Decides all that was prepared, once everything before the cut is durably done (rule F5). */
export async function commitGroup(applying: Applying, diagnostics: Diagnostic[]): Promise<GroupOutcome> {
  const { scope, session, prepared } = applying;
  if (prepared.length === 0) return "none";
  await Promise.all(applying.pendingWrites);
  if (applying.waiting) {
    for (const [transactional, list] of membersOf(prepared)) {
      const answer = await call(() => transactional.handover(scope, tokens(list), session.context));
      diagnostics.push(...answer.diagnostics);
    }
    return "open";
  }
  for (const { change } of prepared) {
    session.context.events({ kind: "operation_started", address: change.text, action: "commit" });
  }
  const begun = applying.options.surroundings.clock.now();
  const outcome = await decide(applying, (transactional, list) =>
    transactional.commit(scope, tokens(list), session.context),
  );
  diagnostics.push(...outcome.diagnostics);
  // No answer is no decision: whoever wants to abort writes it, and obeys what stands (rule F1).
  if (outcome.kind === "unanswered") return await abortGroup(applying, diagnostics);
  const elapsed = applying.options.surroundings.clock.now() - begun;
  const kind = outcome.kind === "kept" ? "operation_done" : "operation_failed";
  for (const { change } of prepared) {
    session.context.events({ kind, address: change.text, action: "commit", elapsed });
  }
  if (outcome.kind !== "kept" && !hasErrors(outcome.diagnostics)) {
    diagnostics.push(
      errorDiagnostic(
        outcome.kind === "switched_back" ? "Switched back" : "Not switched",
        "The group was not kept; what served before serves on.",
      ),
    );
  }
  if (outcome.kind === "kept") keepPrepared(applying);
  return outcome.kind;
}

/** Takes back all that was prepared, and obeys what stands where it was decided already. */
export async function abortGroup(applying: Applying, diagnostics: Diagnostic[]): Promise<GroupOutcome> {
  const { scope, session, prepared } = applying;
  if (prepared.length === 0) return await abortUnanswered(applying);
  const outcome = await decide(applying, (transactional, list) =>
    transactional.abort(scope, tokens(list), session.context),
  );
  diagnostics.push(...outcome.diagnostics);
  if (outcome.kind === "kept") keepPrepared(applying);
  // Nobody knows what stands: the generation stays open, and the next command asks again.
  return outcome.kind === "unanswered" ? "open" : outcome.kind;
}

/**
 * A preparation whose answer was lost may still be under way: it ends now, not when the lease does. Where nobody
 * answers this either, the lease has to do.
 */
async function abortUnanswered({ asked, scope, session }: Applying): Promise<"none"> {
  for (const transactional of asked) {
    try {
      await transactional.abort(scope, [], session.context);
      // Nothing was switched, so that nothing depends on the record from here on.
      await transactional.settled(scope, session.context);
    } catch {
      // The other side is away, as it was for the preparation, which is what the user is told of.
    }
  }
  return "none";
}

/** One decision for all transactional providers; the worst of their answers. */
async function decide(
  applying: Applying,
  ask: (transactional: Transactional, list: readonly Prepared[]) => Promise<CommitResult>,
): Promise<{
  readonly kind: CommitResult["kind"] | "unanswered";
  readonly diagnostics: readonly Diagnostic[];
}> {
  const diagnostics: Diagnostic[] = [];
  let kind: CommitResult["kind"] | "unanswered" = "kept";
  for (const [transactional, list] of membersOf(applying.prepared)) {
    try {
      const answer = await ask(transactional, list);
      diagnostics.push(...answer.diagnostics);
      if (answer.kind !== "kept") kind = answer.kind;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      diagnostics.push(errorDiagnostic("No answer about the decision", `${reason}.`));
      kind = "unanswered";
    }
  }
  return { kind, diagnostics };
}

function tokens(list: readonly Prepared[]) {
  return list.map(({ token }) => token);
}

async function call(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof DiagnosticError) return { diagnostics: error.diagnostics };
    const reason = error instanceof Error ? error.message : String(error);
    return { diagnostics: [errorDiagnostic("Provider broke off", `${reason}.`)] };
  }
}

/** The group is kept: what was prepared is what there is. */
function keepPrepared(applying: Applying): void {
  for (const { change, result } of applying.prepared) {
    const base = { address: change.address, provider: change.provider };
    const old = applying.instances.get(change.text)?.current;
    if (change.action === "replace" && old !== undefined) {
      const deposed = Buffer.from(applying.options.surroundings.random.bytes(4)).toString("hex");
      applying.deposedKeys.set(change.text, deposed);
      keep(applying, { ...base, slot: { deposed }, object: old });
    }
    keep(applying, result);
    applying.lasting++;
    if (change.action === "update") applying.counts.changed++;
    else applying.counts.added++;
  }
}

/**
 * Before what an old release uses is destroyed, it must be no rollback target any more (rule F12). Whether it may be
 * destroyed.
 */
export async function grantDestroy(
  applying: Applying,
  change: ResourceChange,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const block = blockOf(change.address);
  const users = applying.prepared.filter(
    (prepared) => prepared.change.action !== "create" && prepared.change.dependencies.includes(block),
  );
  for (const [transactional, list] of membersOf(users)) {
    const answer = await call(() =>
      transactional.grant(applying.scope, tokens(list), applying.session.context),
    );
    diagnostics.push(...answer.diagnostics);
    if (hasErrors(answer.diagnostics)) return false;
  }
  return true;
}

/** The generation is closed: the other side may forget its records. */
export async function settleGroup(applying: Applying): Promise<Answer> {
  const diagnostics: Diagnostic[] = [];
  for (const transactional of membersOf(applying.prepared).keys()) {
    const answer = await call(() => transactional.settled(applying.scope, applying.session.context));
    diagnostics.push(...answer.diagnostics);
  }
  return { diagnostics };
}
