export { ExecutableCache } from "./executable-cache.ts";
export { resolveExecutable } from "./executable.ts";
export { createProber } from "./prober.ts";
export type { ImageFile, ImageTrees } from "./process/files.ts";
export { createProcessRuntime } from "./process/process-runtime.ts";
