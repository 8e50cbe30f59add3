/*
 * The configuration room: HCL blocks become a typed `Configuration`, or diagnostics.
 */
export * from "./addresses.ts";
export { parseModuleInstance, parseResourceInstance } from "./address-parser.ts";
export { collectVariables, type VariableInput } from "./collect-variables.ts";
export * from "./configuration.ts";
export { providerKey } from "./decode-call.ts";
export { checkReferences } from "./check-references.ts";
export { loadBlocks, loadConfiguration } from "./load.ts";
export { didYouMean, formatRange, type Located, located, problemAt } from "./problems.ts";
export { type Reference, referenceOf, referencesIn, type ReferenceTarget } from "./references.ts";
export { variableValue } from "./variable-values.ts";
export { meetsConstraint } from "./versions.ts";
