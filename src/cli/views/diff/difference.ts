import { longestCommonSubsequence } from "./subsequence.ts";
import { DYNAMIC_SHAPE, sameContent, sameShown } from "./shown.ts";
import type { Shape, Shown } from "./shown.ts";

/** What happens to one attribute, or to a part of one. */
export type DifferenceAction = "none" | "create" | "update" | "delete";

/** Steps into a value: attribute names and keys, or indexes. */
export type ReplacePath = readonly (string | number)[];

/** A comparison of two values as the plan shows it. */
export type Difference = {
  readonly action: DifferenceAction;
  /** This change forces the replacement of the whole object. */
  readonly replace: boolean;
} & (
  | { readonly kind: "leaf"; readonly before: Shown | undefined; readonly after: Shown | undefined }
  | { readonly kind: "unknown"; readonly before: Difference | undefined }
  | { readonly kind: "sensitive"; readonly warning: "becomes" | "ceases" | undefined; readonly same: boolean }
  | { readonly kind: "type"; readonly before: Difference; readonly after: Difference }
  | { readonly kind: "sequence"; readonly ordered: boolean; readonly items: readonly Difference[] }
  | { readonly kind: "record"; readonly entries: readonly (readonly [string, Difference])[] }
);

const absent = (value: Shown | undefined) => value === undefined || value.kind === "null";

/**
 * Compares two values of an attribute. Undefined is absence; at this level null is the same. `replacing` holds the
 * paths below this value whose change forces a replacement.
 */
export function difference(
  before: Shown | undefined,
  after: Shown | undefined,
  shape: Shape,
  replacing: readonly ReplacePath[] = [],
): Difference {
  return compare(
    absent(before) ? undefined : before,
    absent(after) ? undefined : after,
    shape,
    // As Terraform: what has no type in the schema carries no note about replacement.
    shape.kind === "dynamic" ? [] : replacing,
  );
}

function compare(
  before: Shown | undefined,
  after: Shown | undefined,
  shape: Shape,
  replacing: readonly ReplacePath[],
): Difference {
  const replace = replacing.some((path) => path.length === 0);
  const action = actionOf(before, after);
  if (before?.sensitive === true || after?.sensitive === true) {
    const both = before !== undefined && after !== undefined;
    const warning =
      both && before.sensitive !== after.sensitive ? (after.sensitive ? "becomes" : "ceases") : undefined;
    return {
      kind: "sensitive",
      action: warning === undefined ? action : "update",
      replace,
      warning,
      same: both && sameContent(before, after),
    };
  }
  if (after?.kind === "unknown") {
    const was = before === undefined ? undefined : compare(before, undefined, shape, []);
    return { kind: "unknown", action, replace, before: was };
  }
  const either = after ?? before;
  if (before !== undefined && after !== undefined && composite(before) !== composite(after)) {
    return {
      kind: "type",
      action,
      replace,
      before: compare(before, undefined, shape, []),
      after: compare(undefined, after, shape, []),
    };
  }
  if (either?.kind === "sequence") {
    const items = compareItems(itemsOf(before), itemsOf(after), either.ordered, shape, replacing);
    return { kind: "sequence", ordered: either.ordered, items, action: whole(action, items), replace };
  }
  if (either?.kind === "record") {
    const entries = compareEntries(entriesOf(before), entriesOf(after), shape, replacing);
    const parts = entries.map(([, part]) => part);
    return { kind: "record", entries, action: whole(action, parts), replace };
  }
  return { kind: "leaf", before, after, action, replace };
}

function actionOf(before: Shown | undefined, after: Shown | undefined): DifferenceAction {
  if (before === undefined) return after === undefined ? "none" : "create";
  if (after === undefined) return "delete";
  return sameShown(before, after) ? "none" : "update";
}

/** A container with changed parts is updated, also where the parts differ in sensitivity alone. */
function whole(action: DifferenceAction, parts: readonly Difference[]): DifferenceAction {
  return action === "none" && parts.some((part) => part.action !== "none") ? "update" : action;
}

/** Values of different kinds here cannot be compared part by part. */
function composite(value: Shown): "sequence" | "record" | "leaf" {
  return value.kind === "sequence" || value.kind === "record" ? value.kind : "leaf";
}

function itemsOf(value: Shown | undefined): readonly Shown[] {
  return value?.kind === "sequence" ? value.items : [];
}

function entriesOf(value: Shown | undefined): ReadonlyMap<string, Shown> {
  return value?.kind === "record" ? value.entries : new Map();
}

/** What is not typed further is compared as what it is in. */
function inherited(shape: Shape): Shape {
  return shape.kind === "json" ? shape : DYNAMIC_SHAPE;
}

function below(replacing: readonly ReplacePath[], step: string | number): readonly ReplacePath[] {
  return replacing.filter((path) => path[0] === step).map((path) => path.slice(1));
}

function compareItems(
  before: readonly Shown[],
  after: readonly Shown[],
  ordered: boolean,
  shape: Shape,
  replacing: readonly ReplacePath[],
): Difference[] {
  const element = shape.kind === "sequence" ? shape.element : inherited(shape);
  if (shape.kind === "dynamic") {
    return Array.from({ length: Math.max(before.length, after.length) }, (_, index) =>
      compare(before[index], after[index], element, []),
    );
  }
  if (!ordered) return compareSet(before, after, element);
  const result: Difference[] = [];
  const common = longestCommonSubsequence(before, after, sameShown);
  let left = 0;
  let right = 0;
  for (const [commonLeft, commonRight] of [...common, [before.length, after.length] as const]) {
    while (left < commonLeft) {
      // Two objects that stand in the same place are shown as one that changed.
      const pair = before[left]?.kind === "record" && right < commonRight && after[right]?.kind === "record";
      if (pair) {
        result.push(compare(before[left], after[right], element, below(replacing, right)));
        right++;
      } else {
        result.push(compare(before[left], undefined, element, below(replacing, left)));
      }
      left++;
    }
    for (; right < commonRight; right++) {
      result.push(compare(undefined, after[right], element, below(replacing, right)));
    }
    if (left < before.length && right < after.length) {
      result.push(compare(before[left], after[right], element, []));
      left++;
      right++;
    }
  }
  return result;
}

function compareSet(before: readonly Shown[], after: readonly Shown[], element: Shape): Difference[] {
  const gone = before
    .filter((item) => !after.some((other) => sameShown(item, other)))
    .map((item) => compare(item, undefined, element, []));
  return [
    ...gone,
    ...after.map((item) =>
      compare(
        before.find((other) => sameShown(item, other)),
        item,
        element,
        [],
      ),
    ),
  ];
}

function compareEntries(
  before: ReadonlyMap<string, Shown>,
  after: ReadonlyMap<string, Shown>,
  shape: Shape,
  replacing: readonly ReplacePath[],
): [string, Difference][] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  const entries: [string, Difference][] = [];
  for (const key of keys) {
    const inner = below(replacing, key);
    if (shape.kind === "object") {
      const was = before.get(key);
      const will = after.get(key);
      // Attributes that are null before and after say nothing.
      if (absent(was) && absent(will)) continue;
      entries.push([key, difference(was, will, shape.attributes.get(key) ?? DYNAMIC_SHAPE, inner)]);
    } else {
      const element = shape.kind === "map" ? shape.element : inherited(shape);
      entries.push([key, compare(before.get(key), after.get(key), element, inner)]);
    }
  }
  return entries;
}
