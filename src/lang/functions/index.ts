import { CONVERSION_FUNCTIONS } from "./conversions.ts";
import type { FunctionDefinition } from "./definition.ts";
import { TABLE_FUNCTIONS } from "./csv.ts";
import { DATE_FUNCTIONS } from "./dates.ts";
import { ENCODING_FUNCTIONS } from "./encodings.ts";
import { FILE_FUNCTIONS } from "./files.ts";
import { FORMAT_FUNCTIONS } from "./format.ts";
import { LIST_FUNCTIONS } from "./lists.ts";
import { MAP_FUNCTIONS } from "./maps.ts";
import { NETWORK_FUNCTIONS } from "./network.ts";
import { NUMBER_FUNCTIONS } from "./numeric.ts";
import { PICK_FUNCTIONS } from "./picks.ts";
import { PATTERN_FUNCTIONS } from "./regex.ts";
import { SET_FUNCTIONS } from "./sets.ts";
import { STRING_FUNCTIONS } from "./strings.ts";
import { UUID_FUNCTIONS } from "./uuid.ts";
import { templatestring } from "./template-string.ts";

export { systemFiles } from "./system-files.ts";
export { callFunction } from "./call.ts";
export { type FunctionContext, type FunctionDefinition, type FunctionFiles } from "./definition.ts";

/**
 * All functions by name, apart from `try` and `can`, which take expressions and so belong to the evaluator.
 */
export const FUNCTIONS: ReadonlyMap<string, FunctionDefinition> = new Map(
  [
    ...STRING_FUNCTIONS,
    ...NUMBER_FUNCTIONS,
    ...LIST_FUNCTIONS,
    ...PICK_FUNCTIONS,
    ...MAP_FUNCTIONS,
    ...SET_FUNCTIONS,
    ...CONVERSION_FUNCTIONS,
    ...ENCODING_FUNCTIONS,
    ...FILE_FUNCTIONS,
    templatestring,
    ...DATE_FUNCTIONS,
    ...NETWORK_FUNCTIONS,
    ...FORMAT_FUNCTIONS,
    ...PATTERN_FUNCTIONS,
    ...TABLE_FUNCTIONS,
    ...UUID_FUNCTIONS,
  ].map((definition) => [definition.name, definition] as const),
);
