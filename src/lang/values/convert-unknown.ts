import { unknownValue } from "./make.ts";
import type { Refinements } from "./refinements.ts";
import { DYNAMIC, isCollectionType, type Type } from "./types.ts";
import type { UnknownValue, Value } from "./value.ts";

/** The unknown value as one of another type, with as much known of it as the conversion keeps. */
export function convertedUnknown(value: UnknownValue, type: Type): Value {
  if (type === DYNAMIC) return value;
  const known = value.refinements;
  const notNull = known.notNull === true ? { notNull: true as const } : {};
  return unknownValue(
    type,
    isCollectionType(type) ? { ...notNull, ...lengths(value.type, known, type.kind) } : notNull,
  );
}

function lengths(from: Type, known: Refinements, to: "list" | "set" | "map"): Refinements {
  const exact =
    from.kind === "tuple" ? from.elements.length : from.kind === "object" ? from.names.length : undefined;
  const least = exact ?? known.minimumLength;
  const most = exact ?? known.maximumLength;
  // Elements of a set may turn out to be equal.
  const merged = to === "set" && from.kind !== "set" && least !== undefined ? Math.min(1, least) : least;
  return {
    ...(merged === undefined ? {} : { minimumLength: merged }),
    ...(most === undefined ? {} : { maximumLength: most }),
  };
}
