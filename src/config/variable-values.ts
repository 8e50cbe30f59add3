import type { Diagnostic } from "../kernel/index.ts";
import { applyDefaults, convert, isNull, mark, type Mark, pathText, type Value } from "../lang/index.ts";
import type { Variable } from "./configuration.ts";
import { formatRange, type Located, problemAt } from "./problems.ts";

/**
 * The value that `var.NAME` has: the given one or the default, converted to the declared type, with the marks of its
 * declaration. Undefined, with a diagnostic, where the given value does not fit. `name` is the variable's address,
 * `place` where the value was given; without it the declaration is shown.
 */
export function variableValue(
  variable: Variable,
  given: Value | undefined,
  address: string,
  place: Located | undefined,
  diagnostics: Diagnostic[],
): Value | undefined {
  let value = given;
  if (value === undefined || (isNull(value) && !variable.nullable && variable.default !== undefined)) {
    value = variable.default;
  }
  const declared = formatRange(variable.place);
  if (value === undefined) {
    diagnostics.push(
      problemAt(
        place ?? variable.place,
        "Required variable not set",
        `The variable ${address} declared at ${declared} is required, but is not set.`,
      ),
    );
    return undefined;
  }
  if (isNull(value) && !variable.nullable) {
    diagnostics.push(
      problemAt(
        place ?? variable.place,
        "Invalid value for input variable",
        `The given value is not suitable for ${address} declared at ${declared}: required variable may not be set to null.`,
      ),
    );
    return undefined;
  }
  const filled =
    variable.defaults === undefined || isNull(value) ? value : applyDefaults(value, variable.defaults);
  const converted = convert(filled, variable.type);
  if ("problem" in converted) {
    const at = pathText(converted.path);
    diagnostics.push(
      problemAt(
        place ?? variable.place,
        "Invalid value for input variable",
        `The given value is not suitable for ${address} declared at ${declared}: ${at === "" ? "" : `${at}: `}${converted.problem}.`,
      ),
    );
    return undefined;
  }
  return markDeclared(variable, converted.value);
}

/** A value with the marks that its variable's declaration gives it. */
export function markDeclared(variable: Variable, value: Value): Value {
  const marks: Mark[] = [
    ...(variable.sensitive ? (["sensitive"] as const) : []),
    ...(variable.ephemeral ? (["ephemeral"] as const) : []),
  ];
  return mark(value, marks);
}
