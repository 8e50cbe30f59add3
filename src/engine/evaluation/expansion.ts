import { type InstanceKey, problemAt, type Repetition } from "../../config/index.ts";
import type { Diagnostic } from "../../kernel/index.ts";
import {
  convert,
  DYNAMIC,
  elementsOf,
  type Expression,
  hasMark,
  isNull,
  isUnknown,
  NUMBER,
  STRING,
  typeName,
  typeOf,
  unmark,
  type Value,
} from "../../lang/index.ts";

/** The instances of a block, with `each.value` where there is one. */
export interface Expansion {
  /** `unknown` while validating: there is one stand-in, whose key is none. */
  readonly kind: "single" | "count" | "for_each" | "unknown";
  readonly keys: readonly InstanceKey[];
  /** By key; of `for_each` only. */
  readonly values: ReadonlyMap<InstanceKey, Value>;
}

/** A block that is not repeated. */
export const SINGLE: Expansion = { kind: "single", keys: [undefined], values: new Map() };
/** The stand-in of a repeated block while validating. */
export const UNKNOWN_EXPANSION: Expansion = { kind: "unknown", keys: [undefined], values: new Map() };

/** No computer runs more instances of one block than this; it is a mistake in the count. */
const MOST_INSTANCES = 1_000_000;

/**
 * Decides the instances from the value of `count` or `for_each`. Undefined, with a diagnostic, where the value is
 * unfit; while validating an unknown value is fine.
 */
export function expand(
  repetition: Repetition,
  value: Value | undefined,
  validating: boolean,
  diagnostics: Diagnostic[],
): Expansion | undefined {
  if (repetition.kind === "single") return SINGLE;
  if (value === undefined) return undefined;
  const expansion =
    repetition.kind === "count"
      ? expandCount(repetition.expression, value, validating, diagnostics)
      : expandForEach(repetition.expression, value, validating, diagnostics);
  return validating && expansion !== undefined ? UNKNOWN_EXPANSION : expansion;
}

function expandCount(
  expression: Expression,
  value: Value,
  validating: boolean,
  diagnostics: Diagnostic[],
): Expansion | undefined {
  const refuse = (detail: string, summary = "Invalid count argument"): undefined => {
    diagnostics.push(problemAt(expression, summary, detail));
    return undefined;
  };
  if (isNull(value)) return refuse('The given "count" argument value is null. An integer is required.');
  const bare = unmark(value).value;
  const converted = convert(bare, NUMBER);
  if ("problem" in converted)
    return refuse(`Invalid expression value: ${converted.problem}.`, "Incorrect value type");
  const count = converted.value;
  if (isUnknown(count)) {
    if (validating) return UNKNOWN_EXPANSION;
    return refuse(
      'The "count" value depends on resource attributes that cannot be determined until apply, so Kiln cannot predict how many instances will be created.',
    );
  }
  if (typeof count !== "number") {
    return refuse(
      'The given "count" argument value is unsuitable: value must be a whole number, between -9223372036854775808 and 9223372036854775807.',
    );
  }
  if (count < 0) {
    return refuse('The given "count" argument value is unsuitable: must be greater than or equal to zero.');
  }
  if (count > MOST_INSTANCES) {
    return refuse(`The given "count" argument value is unsuitable: ${count} is more than ${MOST_INSTANCES}.`);
  }
  return { kind: "count", keys: Array.from({ length: count }, (_, index) => index), values: new Map() };
}

function expandForEach(
  expression: Expression,
  value: Value,
  validating: boolean,
  diagnostics: Diagnostic[],
): Expansion | undefined {
  const unsuitable = 'The given "for_each" argument value is unsuitable:';
  const refuse = (detail: string, summary = "Invalid for_each argument"): undefined => {
    diagnostics.push(problemAt(expression, summary, detail));
    return undefined;
  };
  if (hasMark(value, "sensitive")) {
    return refuse(
      "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.",
    );
  }
  if (hasMark(value, "ephemeral")) {
    return refuse(
      "Ephemeral values, or values derived from ephemeral values, cannot be used as for_each arguments, because an instance's key must last.",
    );
  }
  if (isNull(value)) {
    return refuse(
      `${unsuitable} the given "for_each" argument value is null. A map, or set of strings is allowed.`,
    );
  }
  const type = typeOf(value);
  const isSet = type.kind === "set";
  const fits = type === DYNAMIC || isSet || type.kind === "map" || type.kind === "object";
  if (!fits) {
    return refuse(
      `${unsuitable} the "for_each" argument must be a map, or set of strings, and you have provided a value of type ${typeName(type)}.`,
    );
  }
  if (isSet && type.element !== STRING && type.element !== DYNAMIC) {
    return refuse(
      `${unsuitable} "for_each" supports maps and sets of strings, but you have provided a set containing type ${typeName(type.element)}.`,
      "Invalid for_each set argument",
    );
  }
  const elements = elementsOf(value);
  const anyUnknown = elements === undefined || (isSet && elements.some((each) => isUnknown(each.value)));
  if (anyUnknown) {
    if (validating) return UNKNOWN_EXPANSION;
    return refuse(
      isSet
        ? 'The "for_each" set includes values derived from resource attributes that cannot be determined until apply, and so Kiln cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with unknown values in for_each, it\'s better to use a map value where the keys are defined statically in your configuration and where only the values contain apply-time results.'
        : 'The "for_each" map includes keys derived from resource attributes that cannot be determined until apply, and so Kiln cannot determine the full set of keys that will identify the instances of this resource.\n\nWhen working with unknown values in for_each, it\'s better to define the map keys statically in your configuration and place apply-time results only in the map values.',
    );
  }
  if (isSet && elements.some((each) => isNull(each.value))) {
    return refuse(
      `${unsuitable} "for_each" sets must not contain null values.`,
      "Invalid for_each set argument",
    );
  }
  const values = new Map<InstanceKey, Value>();
  for (const each of elements) {
    const key = unmark(isSet ? each.value : each.key).value;
    if (typeof key === "string") values.set(key, each.value);
  }
  return { kind: "for_each", keys: [...values.keys()], values };
}
