import type { CharacterSet } from "./characters.ts";

/** What holds at a position: text and line ends, word boundaries. */
export type Assertion = "text_start" | "text_end" | "line_start" | "line_end" | "boundary" | "no_boundary";

/** A parsed pattern. */
export type Node =
  | { readonly kind: "empty" }
  | { readonly kind: "character"; readonly set: CharacterSet }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  | { readonly kind: "group"; readonly index: number; readonly body: Node }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly arms: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly body: Node;
      readonly least: number;
      /** Infinity for no limit. */
      readonly most: number;
      readonly greedy: boolean;
    };

/** Whether the node can match without consuming anything. */
export function canBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case "character":
      return false;
    case "group":
      return canBeEmpty(node.body);
    case "sequence":
      return node.parts.every(canBeEmpty);
    case "choice":
      return node.arms.some(canBeEmpty);
    case "repeat":
      return node.least === 0 || canBeEmpty(node.body);
    default:
      return true;
  }
}
