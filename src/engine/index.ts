/*
 * The door of the engine: configuration + state + providers -> plan -> apply.
 */
export { apply } from "./apply/apply.ts";
export type { ApplyOptions, ApplyResult } from "./apply/options.ts";
export { foldJournal, type Folded, recover, type RecoverOptions } from "./apply/recover.ts";
export { acquireLock } from "./backend/acquire-lock.ts";
export type { Backend, HeldLock, LockInfo, LockResult, ReadResult } from "./backend/backend.ts";
export { localBackend, type LocalBackendOptions } from "./backend/local.ts";
export { decodeObject, sensitiveSchemaPaths } from "./objects/encode.ts";
export { emptyObject, impliedType } from "./objects/implied-type.ts";
export { plan } from "./plan/make-plan.ts";
export type { PlanOptions } from "./plan/options.ts";
export { outputValue } from "./plan/output-changes.ts";
export { openPlan, planDigest, savePlan } from "./plan/plan-file.ts";
export * from "./plan/plan.ts";
export * from "./provider.ts";
export * from "./schema.ts";
export { DEFAULT_PARALLELISM, type SessionOptions, type Surroundings } from "./session.ts";
export { newLineage } from "./state/lineage.ts";
export { parseState, printState } from "./state/state-file.ts";
export * from "./state/state.ts";
export * from "./stores.ts";
export { validate } from "./validate.ts";
