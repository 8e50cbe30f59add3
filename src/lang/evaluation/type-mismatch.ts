import { attributeType, DYNAMIC, isCollectionType, type Type, typeName } from "../values/index.ts";

/** Why two types have none in common, naming the first attribute or element that differs. Without full stop. */
export function describeMismatch(yes: Type, no: Type): string {
  if (yes.kind === "object" && no.kind === "object") {
    for (const name of yes.names) {
      const other = attributeType(no, name);
      if (other === undefined) {
        return `The 'true' value includes object attribute "${name}", which is absent in the 'false' value`;
      }
      const own = attributeType(yes, name) ?? DYNAMIC;
      if (own !== other)
        return `Type mismatch for object attribute "${name}": ${describeMismatch(own, other)}`;
    }
    const surplus = no.names.find((name) => !yes.index.has(name));
    if (surplus !== undefined) {
      return `The 'false' value includes object attribute "${surplus}", which is absent in the 'true' value`;
    }
  }
  if (yes.kind === "tuple" && no.kind === "tuple") {
    if (yes.elements.length !== no.elements.length) {
      return `The 'true' tuple has length ${yes.elements.length}, but the 'false' tuple has length ${no.elements.length}`;
    }
    for (const [at, own] of yes.elements.entries()) {
      const other = no.elements[at] ?? DYNAMIC;
      if (own !== other) return `Type mismatch for tuple element ${at}: ${describeMismatch(own, other)}`;
    }
  }
  if (isCollectionType(yes) && isCollectionType(no) && yes.kind === no.kind) {
    const structural = yes.element.kind === "object" || yes.element.kind === "tuple";
    if (structural && yes.element.kind === no.element.kind) {
      return `Mismatched ${yes.kind} element types: ${describeMismatch(yes.element, no.element)}`;
    }
  }
  if (typeName(yes) === typeName(no)) {
    return "At least one deeply-nested attribute or element is not compatible across both the 'true' and the 'false' value";
  }
  return `The 'true' value is ${typeName(yes)}, but the 'false' value is ${typeName(no)}`;
}
