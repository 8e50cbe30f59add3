import type { BlockDifference } from "../plan-view.ts";
import { difference } from "./difference.ts";
import type { Difference, DifferenceAction, ReplacePath } from "./difference.ts";
import { draw, drawEntries, hiddenNote, margin, symbolOf } from "./draw.ts";
import type { DrawOptions } from "./draw.ts";
import { longestCommonSubsequence } from "./subsequence.ts";
import { sameShown } from "./shown.ts";
import type { Shown } from "./shown.ts";
import type { ShownBlockShape } from "./values.ts";

type NestedBlock = BlockDifference["blocks"][number];

/** Compares two bodies of a block; undefined is absence. */
export function blockDifference(
  before: Shown | undefined,
  after: Shown | undefined,
  shape: ShownBlockShape,
  replacing: readonly ReplacePath[],
): BlockDifference {
  const attributes: (readonly [string, Difference])[] = [];
  for (const [name, { shape: inner, sensitive }] of [...shape.attributes].toSorted(byName)) {
    const was = hide(memberOf(before, name), sensitive);
    const will = hide(memberOf(after, name), sensitive);
    if (isEmpty(was) && isEmpty(will)) continue;
    attributes.push([name, difference(was, will, inner, below(replacing, name))]);
  }
  const blocks = [...shape.blocks]
    .toSorted(byName)
    .flatMap(([type, nested]) =>
      nestedDifferences(type, nested, memberOf(before, type), memberOf(after, type), below(replacing, type)),
    );
  return {
    action: actionOf(before, after, attributes, blocks),
    replace: replacing.some((path) => path.length === 0),
    attributes,
    blocks,
  };
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function below(replacing: readonly ReplacePath[], step: string | number): ReplacePath[] {
  return replacing.filter((path) => path[0] === step).map((path) => path.slice(1));
}

function memberOf(value: Shown | undefined, name: string): Shown | undefined {
  return value?.kind === "record" ? value.entries.get(name) : undefined;
}

/** An attribute that the schema says is sensitive, and the empty text, which old providers mean absence by. */
function hide(value: Shown | undefined, sensitive: boolean): Shown | undefined {
  if (value === undefined || (value.kind === "string" && value.value === "")) return undefined;
  return sensitive && value.kind !== "null" ? { ...value, sensitive: true } : value;
}

function isEmpty(value: Shown | undefined): boolean {
  return value === undefined || value.kind === "null";
}

function actionOf(
  before: Shown | undefined,
  after: Shown | undefined,
  attributes: BlockDifference["attributes"],
  blocks: readonly NestedBlock[],
): DifferenceAction {
  if (isEmpty(before)) return isEmpty(after) ? "none" : "create";
  if (isEmpty(after)) return "delete";
  const changed =
    attributes.some(([, change]) => change.action !== "none") ||
    blocks.some(({ block }) => block.action !== "none");
  return changed ? "update" : "none";
}

function nestedDifferences(
  type: string,
  nested: { readonly nesting: string; readonly shape: ShownBlockShape },
  before: Shown | undefined,
  after: Shown | undefined,
  replacing: readonly ReplacePath[],
): NestedBlock[] {
  const compareOne = (was: Shown | undefined, will: Shown | undefined, step?: string | number) =>
    blockDifference(was, will, nested.shape, step === undefined ? replacing : below(replacing, step));
  if (nested.nesting === "single" || nested.nesting === "group") {
    return isEmpty(before) && isEmpty(after) ? [] : [{ type, block: compareOne(before, after) }];
  }
  if (nested.nesting === "map") {
    const keys = new Set([...entriesOf(before).keys(), ...entriesOf(after).keys()]);
    return [...keys].toSorted().map((key) => ({
      type,
      key,
      block: compareOne(entriesOf(before).get(key), entriesOf(after).get(key), key),
    }));
  }
  const was = itemsOf(before);
  const will = itemsOf(after);
  if (nested.nesting === "list") {
    // Blocks of a list are told apart by their places, with the common ones in place.
    return pairs(was, will).map(([left, right, index]) => ({ type, block: compareOne(left, right, index) }));
  }
  const gone = was.filter((item) => !will.some((other) => sameShown(item, other)));
  return [
    ...will.map((item) => ({
      type,
      block: compareOne(
        was.find((other) => sameShown(item, other)),
        item,
      ),
    })),
    ...gone.map((item) => ({ type, block: compareOne(item, undefined) })),
  ];
}

function pairs(
  before: readonly Shown[],
  after: readonly Shown[],
): (readonly [Shown | undefined, Shown | undefined, number])[] {
  const result: (readonly [Shown | undefined, Shown | undefined, number])[] = [];
  let left = 0;
  let right = 0;
  const common = longestCommonSubsequence(before, after, sameShown);
  for (const [commonLeft, commonRight] of [...common, [before.length, after.length] as const]) {
    while (left < commonLeft || right < commonRight) {
      const was = left < commonLeft ? before[left++] : undefined;
      const will = right < commonRight ? after[right] : undefined;
      result.push([was, will, right]);
      if (right < commonRight) right++;
    }
    if (left < before.length && right < after.length) result.push([before[left++], after[right], right++]);
  }
  return result;
}

function itemsOf(value: Shown | undefined): readonly Shown[] {
  return value?.kind === "sequence" ? value.items : [];
}

function entriesOf(value: Shown | undefined): ReadonlyMap<string, Shown> {
  return value?.kind === "record" ? value.entries : new Map();
}

/** Draws a block's body from its brace on. */
export function drawBlock(block: BlockDifference, indent: number, options: DrawOptions): string {
  const forced = block.replace ? options.style.red(" # forces replacement") : "";
  let text = `{${forced}\n${drawEntries(block.attributes, indent, options)}`;
  let hidden = 0;
  let previous: string | undefined;
  for (const { type, key, block: nested } of block.blocks) {
    if (nested.action === "none" && options.showUnchanged !== true) {
      hidden++;
      continue;
    }
    if (previous !== type && (block.attributes.length > 0 || previous !== undefined)) text += "\n";
    previous = type;
    const label = key === undefined ? "" : ` ${JSON.stringify(key)}`;
    text += `${margin(indent + 1)}${symbolOf(nested.action, options)}${type}${label} ${drawBlock(nested, indent + 1, options)}\n`;
  }
  if (hidden > 0) {
    text += `\n${margin(indent + 1)}${symbolOf("none", options)}${hiddenNote("block", hidden, options.style)}\n`;
  }
  return `${text}${margin(indent)}${symbolOf("none", options)}}`;
}

/** The lines of output values: `+ name = value`. */
export function drawOutputs(
  outputs: readonly (readonly [string, Difference])[],
  options: DrawOptions,
): string[] {
  const changed = outputs.filter(([, change]) => change.action !== "none" || options.showUnchanged === true);
  const width = Math.max(0, ...changed.map(([name]) => name.length));
  return changed.map(
    ([name, change]) =>
      `${symbolOf(change.action, options)}${name.padEnd(width)} = ${draw(change, 0, options)}`,
  );
}
