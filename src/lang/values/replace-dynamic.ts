import {
  attributeType,
  type CollectionType,
  DYNAMIC,
  isCollectionType,
  listType,
  mapType,
  objectType,
  setType,
  tupleType,
  type Type,
} from "./types.ts";

type Unify = (types: readonly Type[]) => Type | undefined;

/** The type with each `dynamic` replaced by what stands there in the type that a value comes from. */
export function replaceDynamic(from: Type, to: Type, unify: Unify): Type {
  if (to === DYNAMIC) return from;
  if (from === DYNAMIC) return to;
  if (isCollectionType(to)) {
    const element = isCollectionType(from)
      ? replaceDynamic(from.element, to.element, unify)
      : to.element === DYNAMIC && (from.kind === "tuple" || from.kind === "object")
        ? (unify(from.kind === "tuple" ? from.elements : from.types) ?? DYNAMIC)
        : to.element;
    return collectionType(to.kind, element);
  }
  if (to.kind === "tuple" && from.kind === "tuple") {
    return tupleType(
      to.elements.map((element, at) => replaceDynamic(from.elements[at] ?? DYNAMIC, element, unify)),
    );
  }
  if (to.kind === "object" && from.kind === "object") {
    return objectType(
      to.names.map((name, at) => {
        const wanted = to.types[at] ?? DYNAMIC;
        return [name, replaceDynamic(attributeType(from, name) ?? wanted, wanted, unify)] as const;
      }),
    );
  }
  return to;
}

function collectionType(kind: CollectionType["kind"], element: Type): Type {
  return kind === "list" ? listType(element) : kind === "set" ? setType(element) : mapType(element);
}
