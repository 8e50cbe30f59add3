import type { Value } from "./value.ts";

/** One step from a value into it: to an attribute, or to an element by index, key or (in a set) by itself. */
export type PathStep =
  | { readonly kind: "attribute"; readonly name: string }
  | { readonly kind: "index"; readonly key: Value };

/** Steps from the outside in; empty for the value itself. */
export type AttributePath = readonly PathStep[];

/** The step to an attribute of an object. */
export function attributeStep(name: string): PathStep {
  return { kind: "attribute", name };
}

/** The step to an element: a number for lists and tuples, a string for maps, the element itself for sets. */
export function indexStep(key: Value): PathStep {
  return { kind: "index", key };
}
