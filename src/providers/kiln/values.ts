import { isCompound, isNull, isUnknown, unmark } from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute } from "../resource-provider.ts";

/** The texts of a list attribute; undefined where it is null or unknown. Unknown elements are left out. */
export function textsOf(object: Value | undefined, name: string): string[] | undefined {
  const items = itemsOf(object, name);
  return items?.flatMap((item) => (typeof item === "string" ? [item] : []));
}

/** The elements of a list or set, such as the blocks of a type; undefined where it is null or unknown. */
export function itemsOf(object: Value | undefined, name: string): readonly Value[] | undefined {
  const value = object === undefined ? undefined : attribute(object, name);
  if (value === undefined || isNull(value) || isUnknown(value)) return undefined;
  const { value: bare } = unmark(value);
  return isCompound(bare) ? bare.items : undefined;
}

/** The texts of a map attribute; undefined where it is null or unknown. Unknown elements are left out. */
export function textMapOf(object: Value | undefined, name: string): Record<string, string> | undefined {
  const value = object === undefined ? undefined : attribute(object, name);
  if (value === undefined || isNull(value) || isUnknown(value)) return undefined;
  const { value: bare } = unmark(value);
  if (!isCompound(bare) || (bare.kind !== "map" && bare.kind !== "object")) return undefined;
  return Object.fromEntries(
    bare.keys.flatMap((key, index) => {
      const item = bare.items[index];
      return typeof item === "string" ? [[key, item] as const] : [];
    }),
  );
}
