export * from "./client.ts";
export { hasEnded } from "./ending.ts";
export { prepareHome } from "./home.ts";
export * from "./messages.ts";
export * from "./start.ts";
export { DaemonUnreachable } from "./transport.ts";
