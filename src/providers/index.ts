export { localProvider, terraformProvider } from "./builtin/index.ts";
export { FLEET_HELD, isOperatorsRelease, kilnProvider } from "./kiln/index.ts";
