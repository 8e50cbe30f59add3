export { wellBehaved } from "./behaviour.ts";
export type { Behaviour, CallFault, RuntimeCall } from "./behaviour.ts";
export { createSimulatedRuntime } from "./runtime.ts";
export type { SimulatedRuntime } from "./runtime.ts";
