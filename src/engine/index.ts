/*
 * The door of the engine: configuration + state + providers -> plan -> apply.
 */
export { apply } from "./apply/apply.ts";
export type { ApplyResult } from "./apply/options.ts";
export { foldJournal, recover } from "./apply/recover.ts";
export { acquireLock } from "./backend/acquire-lock.ts";
export type { Backend, HeldLock } from "./backend/backend.ts";
export { localBackend } from "./backend/local.ts";
export type { CheckResult } from "./evaluation/checks.ts";
export { impliedType } from "./objects/implied-type.ts";
export { plan } from "./plan/make-plan.ts";
export { openPlan, savePlan } from "./plan/plan-file.ts";
export * from "./plan/plan.ts";
export * from "./provider.ts";
export * from "./schema.ts";
export type { SessionOptions, Surroundings } from "./session.ts";
export { newLineage } from "./state/lineage.ts";
export { parseState } from "./state/state-file.ts";
export * from "./state/state.ts";
export * from "./stores.ts";
export { validate } from "./validate.ts";
