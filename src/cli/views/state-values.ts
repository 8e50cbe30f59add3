import { impliedType } from "../../engine/index.ts";
import type { InstanceState, ObjectState } from "../../engine/index.ts";
import {
  mark,
  valueFromJson,
  withItems,
  isCompound,
  stepTo,
  unmark,
  identicalValues,
} from "../../lang/index.ts";
import type { AttributePath, PathStep, Value } from "../../lang/index.ts";
import { blockSchemaOf } from "./schemas.ts";
import type { Schemas } from "./schemas.ts";

/** An object of a state as a value, its sensitive parts marked; undefined where its schema is not at hand. */
export function objectValueOf(
  instance: InstanceState,
  object: ObjectState,
  schemas: Schemas,
): Value | undefined {
  const { mode, type } = instance.address;
  const schema = blockSchemaOf(schemas, instance.provider, mode, type);
  if (schema === undefined) return undefined;
  const decoded = valueFromJson(object.attributes, impliedType(schema));
  if (!("value" in decoded)) return undefined;
  return object.sensitivePaths.reduce((value, path) => markAt(value, path), decoded.value);
}

function markAt(value: Value, path: AttributePath): Value {
  const [step, ...rest] = path;
  if (step === undefined) return mark(value, ["sensitive"]);
  const { value: bare, marks } = unmark(value);
  if (!isCompound(bare)) return value;
  const items = bare.items.map((item, index) =>
    sameStep(stepTo(bare, index), step) ? markAt(item, rest) : item,
  );
  return mark(withItems(bare, items), marks);
}

function sameStep(a: PathStep, b: PathStep): boolean {
  const key = (step: PathStep): Value => (step.kind === "attribute" ? step.name : step.key);
  return identicalValues(key(a), key(b));
}
