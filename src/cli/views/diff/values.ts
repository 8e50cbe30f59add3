import type { BlockSchema, NestedBlockSchema } from "../../../engine/index.ts";
import { hasMark, isCompound, isNumber, isNull, isUnknown, numberText, unmark } from "../../../lang/index.ts";
import type { Type, Value } from "../../../lang/index.ts";
import { DYNAMIC_SHAPE } from "./shown.ts";
import type { Shape, Shown } from "./shown.ts";

/** A value of the language as people see it. `sensitive` hides it on top of its own marks. */
export function shownOf(value: Value, sensitive = false): Shown {
  const { value: bare } = unmark(value);
  const hidden = sensitive || hasMark(value, "sensitive");
  if (isNull(bare)) return { kind: "null", sensitive: hidden };
  if (isUnknown(bare)) return { kind: "unknown", sensitive: hidden };
  if (typeof bare === "boolean") return { kind: "boolean", value: bare, sensitive: hidden };
  if (typeof bare === "string") return { kind: "string", value: bare, sensitive: hidden };
  if (isNumber(bare)) return { kind: "number", text: numberText(bare), sensitive: hidden };
  if (!isCompound(bare)) throw new TypeError("a value of an unexpected kind");
  if (bare.kind === "map" || bare.kind === "object") {
    const { items } = bare;
    return {
      kind: "record",
      entries: new Map(
        bare.keys.flatMap((key, index) => {
          const item = items[index];
          return item === undefined ? [] : [[key, shownOf(item)] as const];
        }),
      ),
      sensitive: hidden,
    };
  }
  return {
    kind: "sequence",
    ordered: bare.kind !== "set",
    items: bare.items.map((item) => shownOf(item)),
    sensitive: hidden,
  };
}

/** How values of a type are compared. */
export function shapeOf(type: Type): Shape {
  switch (type.kind) {
    case "dynamic":
      return DYNAMIC_SHAPE;
    case "list":
    case "set":
      return { kind: "sequence", element: shapeOf(type.element) };
    case "map":
      return { kind: "map", element: shapeOf(type.element) };
    case "tuple":
      return DYNAMIC_SHAPE;
    case "object":
      return {
        kind: "object",
        attributes: new Map(type.names.map((name, index) => [name, shapeOf(type.types[index] ?? type)])),
      };
    default:
      return { kind: "leaf" };
  }
}

/** A resource's schema as the plan view needs it. */
export interface ShownBlockShape {
  readonly attributes: ReadonlyMap<string, { readonly shape: Shape; readonly sensitive: boolean }>;
  readonly blocks: ReadonlyMap<
    string,
    { readonly nesting: NestedBlockSchema["nesting"]; readonly shape: ShownBlockShape }
  >;
}

export function blockShapeOf(schema: BlockSchema): ShownBlockShape {
  return {
    attributes: new Map(
      Object.entries(schema.attributes).map(([name, attribute]) => [
        name,
        { shape: shapeOf(attribute.type), sensitive: attribute.sensitive === true },
      ]),
    ),
    blocks: new Map(
      Object.entries(schema.blocks).map(([name, nested]) => [
        name,
        { nesting: nested.nesting, shape: blockShapeOf(nested.block) },
      ]),
    ),
  };
}
