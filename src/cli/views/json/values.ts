import {
  hasMark,
  isCompound,
  isNull,
  isNumber,
  isUnknown,
  JsonNumber,
  numberText,
  plainObject,
  unmark,
} from "../../../lang/index.ts";
import type { AttributePath, Json, Value } from "../../../lang/index.ts";

/** A value as Terraform's JSON output has it: attributes that are not known are left out, elements are null. */
export function knownJson(value: Value): Json {
  const { value: bare } = unmark(value);
  if (isNull(bare) || isUnknown(bare)) return null;
  if (typeof bare === "string" || typeof bare === "boolean" || typeof bare === "number") return bare;
  if (isNumber(bare)) return new JsonNumber(numberText(bare));
  if (!isCompound(bare)) throw new TypeError("a value of an unexpected kind");
  const { items } = bare;
  if (bare.kind !== "map" && bare.kind !== "object") return items.map(knownJson);
  return plainObject(
    bare.keys.flatMap((key, index) => {
      const item = items[index];
      return item === undefined || isUnknown(item) ? [] : [[key, knownJson(item)] as const];
    }),
  );
}

/** Where a value is unknown: true, or an object or array of what is inside; what is known is left out of objects. */
export function unknownJson(value: Value): Json {
  return whereJson(value, (part) => isUnknown(part));
}

/** Where a value is sensitive, in the same form. */
export function sensitiveJson(value: Value): Json {
  return whereJson(value, (part) => hasMark(part, "sensitive"));
}

function whereJson(value: Value, holds: (part: Value) => boolean): Json {
  if (holds(value)) return true;
  const { value: bare } = unmark(value);
  if (!isCompound(bare)) return false;
  const { items } = bare;
  if (bare.kind !== "map" && bare.kind !== "object") return items.map((item) => whereJson(item, holds));
  return plainObject(
    bare.keys.flatMap((key, index) => {
      const item = items[index];
      const where = item === undefined ? false : whereJson(item, holds);
      return where === false ? [] : [[key, where] as const];
    }),
  );
}

/** A path as an array of attribute names, keys and indexes. */
export function pathJson(path: AttributePath): Json {
  return path.map((step) => (step.kind === "attribute" ? step.name : knownJson(step.key)));
}
