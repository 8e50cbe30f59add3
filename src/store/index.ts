export { openControlStore } from "./control-store.ts";
export type { OpenControlStore } from "./control-store.ts";
export { openEngineStore } from "./engine-store.ts";
export type { ControlEvent } from "./event-log.ts";
export { acquireFileLock } from "./lock.ts";
export type { FileLock } from "./lock.ts";
