export { localProvider, terraformProvider } from "./builtin/index.ts";
export { FLEET_HELD, KILN_SOURCE, kilnProvider } from "./kiln/index.ts";
export type { FleetSurroundings, KilnProviderOptions } from "./kiln/index.ts";
