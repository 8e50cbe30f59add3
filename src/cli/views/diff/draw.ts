import type { Style } from "../style.ts";
import { difference } from "./difference.ts";
import type { Difference, DifferenceAction } from "./difference.ts";
import { JSON_SHAPE, shownOfJson } from "./shown.ts";
import type { Shown } from "./shown.ts";
import { longestCommonSubsequence } from "./subsequence.ts";

/** How a difference is drawn. */
export interface DrawOptions {
  readonly style: Style;
  /** Draw values alone, without `+`, `~` and `-`: for states. */
  readonly withoutSymbols?: boolean;
  /** Draw what did not change as well. */
  readonly showUnchanged?: boolean;
  /** Inside of something deleted, `-> null` is not said again. */
  readonly withoutNullSuffix?: boolean;
}

/** Attributes that say which object it is: drawn also where they do not change. */
const IDENTIFYING: ReadonlySet<string> = new Set(["id", "name", "tags"]);

/** Columns of one level. */
const INDENT = "    ";

export function symbolOf(action: DifferenceAction, options: DrawOptions): string {
  if (options.withoutSymbols === true) return "";
  const { style } = options;
  switch (action) {
    case "none":
      return "    ";
    case "create":
      return `  ${style.green("+")} `;
    case "update":
      return `  ${style.yellow("~")} `;
    case "delete":
      return `  ${style.red("-")} `;
  }
}

export function margin(indent: number): string {
  return INDENT.repeat(indent);
}

/** `# (3 unchanged attributes hidden)`. */
export function hiddenNote(noun: string, count: number, style: Style): string {
  return style.dim(`# (${count} unchanged ${noun}${count === 1 ? "" : "s"} hidden)`);
}

export function forcesReplacement(change: Difference, options: DrawOptions): string {
  return change.replace ? options.style.red(" # forces replacement") : "";
}

function nullSuffix(action: DifferenceAction, options: DrawOptions): string {
  return action === "delete" && options.withoutNullSuffix !== true ? options.style.dim(" -> null") : "";
}

/** Draws a difference from where its value begins; further lines are indented by `indent` levels. */
export function draw(change: Difference, indent: number, options: DrawOptions): string {
  const inner = { ...options, withoutNullSuffix: true };
  switch (change.kind) {
    case "sensitive":
      return `(sensitive value)${nullSuffix(change.action, options)}${forcesReplacement(change, options)}`;
    case "unknown": {
      const later = `(known after apply)${forcesReplacement(change, options)}`;
      return change.before === undefined ? later : `${draw(change.before, indent, inner)} -> ${later}`;
    }
    case "type":
      return `${draw(change.before, indent, inner)} -> ${draw(change.after, indent, options)}${forcesReplacement(change, options)}`;
    case "leaf":
      return drawLeaf(change, indent, options);
    case "sequence":
      return drawSequence(change, indent, options);
    case "record":
      return drawRecord(change, indent, options);
  }
}

type Of<Kind extends Difference["kind"]> = Extract<Difference, { kind: Kind }>;

function drawLeaf(change: Of<"leaf">, indent: number, options: DrawOptions): string {
  const { before, after } = change;
  if (before?.kind === "string" || after?.kind === "string") {
    const text = drawText(change, indent, options);
    if (text !== undefined) return text;
  }
  const end = `${nullSuffix(change.action, options)}${forcesReplacement(change, options)}`;
  if (change.action === "update") return `${leafText(before)} -> ${leafText(after)}${end}`;
  return `${leafText(change.action === "delete" ? before : after)}${end}`;
}

function leafText(value: Shown | undefined): string {
  switch (value?.kind) {
    case "boolean":
      return String(value.value);
    case "number":
      return value.text;
    case "string":
      return JSON.stringify(value.value);
    case "unknown":
      return "(known after apply)";
    default:
      return "null";
  }
}

/** Texts of several lines and texts that hold JSON have forms of their own; undefined for all others. */
function drawText(change: Of<"leaf">, indent: number, options: DrawOptions): string | undefined {
  const before = textOf(change.before);
  const after = textOf(change.after);
  const json = drawJson(change, before, after, indent, options);
  if (json !== undefined) return json;
  if (!(before ?? "").includes("\n") && !(after ?? "").includes("\n")) return undefined;
  // Null to text of several lines within a typed place is a change of a leaf, not of lines.
  if (
    (change.before !== undefined && before === undefined) ||
    (change.after !== undefined && after === undefined)
  ) {
    return undefined;
  }
  const lines = lineChanges(before, after).map(([action, line]) =>
    `${margin(indent + 1)}${symbolOf(action, options)}${line}`.trimEnd(),
  );
  const close = `${margin(indent)}${symbolOf("none", options)}EOT`;
  const head = `<<-EOT${forcesReplacement(change, options)}`;
  return `${[head, ...lines, close].join("\n")}${nullSuffix(change.action, options)}`;
}

function textOf(value: Shown | undefined): string | undefined {
  return value?.kind === "string" ? value.value : undefined;
}

function lineChanges(
  before: string | undefined,
  after: string | undefined,
): (readonly [DifferenceAction, string])[] {
  // Only changes carry symbols: what comes or goes as a whole is drawn as it stands.
  if (before === undefined || after === undefined || before === after) {
    const text = (after ?? before ?? "").replace(/\n$/, "");
    return text.split("\n").map((line) => ["none", line] as const);
  }
  const left = before.replace(/\n$/, "").split("\n");
  const right = after.replace(/\n$/, "").split("\n");
  const changes: (readonly [DifferenceAction, string])[] = [];
  let from = 0;
  let to = 0;
  const common = longestCommonSubsequence(left, right, (a, b) => a === b);
  for (const [commonLeft, commonRight] of [...common, [left.length, right.length] as const]) {
    for (; from < commonLeft; from++) changes.push(["delete", left[from] ?? ""]);
    for (; to < commonRight; to++) changes.push(["create", right[to] ?? ""]);
    if (from < left.length) changes.push(["none", left[from] ?? ""]);
    from++;
    to++;
  }
  return changes;
}

function drawJson(
  change: Of<"leaf">,
  before: string | undefined,
  after: string | undefined,
  indent: number,
  options: DrawOptions,
): string | undefined {
  if (
    (change.before !== undefined && before === undefined) ||
    (change.after !== undefined && after === undefined)
  ) {
    return undefined;
  }
  const was = before === undefined ? undefined : parsedContainer(before);
  const will = after === undefined ? undefined : parsedContainer(after);
  if ((before !== undefined && was === undefined) || (after !== undefined && will === undefined))
    return undefined;
  const inner = difference(was, will, JSON_SHAPE);
  const spaceOnly = inner.action === "none" && change.action === "update";
  const drawn = draw(inner, indent + 1, { ...options, withoutNullSuffix: true, showUnchanged: spaceOnly });
  const note = spaceOnly ? " # whitespace changes" : "";
  return [
    `jsonencode(${note}${forcesReplacement(change, options)}`,
    `${margin(indent + 1)}${symbolOf(inner.action === "update" ? "update" : "none", options)}${drawn}`,
    `${margin(indent)}${symbolOf("none", options)})${nullSuffix(change.action, options)}`,
  ].join("\n");
}

function parsedContainer(text: string): Shown | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const shown = shownOfJson(JSON.parse(text));
    return shown.kind === "sequence" || shown.kind === "record" ? shown : undefined;
  } catch {
    // No JSON: shown as the text that it is.
    return undefined;
  }
}

function drawSequence(change: Of<"sequence">, indent: number, options: DrawOptions): string {
  const suffix = nullSuffix(change.action, options);
  if (change.items.length === 0) return `[]${suffix}${forcesReplacement(change, options)}`;
  const inner = { ...options, withoutNullSuffix: true };
  const unchanged = { ...inner, showUnchanged: true };
  const lines = [`[${forcesReplacement(change, options)}`];
  const push = (item: Difference, how: DrawOptions) => {
    lines.push(...warningLines(item, indent + 1, how));
    lines.push(`${margin(indent + 1)}${symbolOf(item.action, how)}${draw(item, indent + 1, how)},`);
  };
  const note = (count: number) =>
    lines.push(
      `${margin(indent + 1)}${symbolOf("none", options)}${hiddenNote("element", count, options.style)}`,
    );
  let hidden: Difference[] = [];
  let showNext = false;
  for (const item of change.items) {
    if (item.action === "none" && !showNext && options.showUnchanged !== true) {
      hidden.push(item);
      continue;
    }
    showNext = false;
    if (change.ordered) {
      // Where order matters, the neighbours on both sides of a change say where it is.
      if (hidden.length > 1) note(hidden.length - 1);
      const last = hidden.at(-1);
      if (last !== undefined) push(last, unchanged);
      hidden = [];
      showNext = item.action !== "none";
    }
    push(item, item.action === "none" ? unchanged : inner);
  }
  if (hidden.length > 0) note(hidden.length);
  return `${lines.join("\n")}\n${margin(indent)}${symbolOf("none", options)}]${suffix}`;
}

function drawRecord(change: Of<"record">, indent: number, options: DrawOptions): string {
  const suffix = nullSuffix(change.action, options);
  if (change.entries.length === 0) return `{}${suffix}${forcesReplacement(change, options)}`;
  const body = drawEntries(change.entries, indent, { ...options, withoutNullSuffix: true });
  return `{${forcesReplacement(change, options)}\n${body}${margin(indent)}${symbolOf("none", options)}}${suffix}`;
}

/** The aligned lines `key = value` of an object, a map or a block, each with its newline. */
export function drawEntries(
  entries: readonly (readonly [string, Difference])[],
  indent: number,
  options: DrawOptions,
): string {
  const names = entries.map(([key]) => keyText(key));
  const width = Math.max(0, ...names.map((name) => name.length));
  let hidden = 0;
  let text = "";
  entries.forEach(([key, part], index) => {
    if (part.action === "none" && options.showUnchanged !== true && !IDENTIFYING.has(key)) {
      hidden++;
      return;
    }
    const how = part.action === "none" ? { ...options, showUnchanged: true } : options;
    for (const line of warningLines(part, indent + 1, how)) text += `${line}\n`;
    const name = (names[index] ?? key).padEnd(width);
    text += `${margin(indent + 1)}${symbolOf(part.action, how)}${name} = ${draw(part, indent + 1, how)}\n`;
  });
  if (hidden > 0) {
    text += `${margin(indent + 1)}${symbolOf("none", options)}${hiddenNote("attribute", hidden, options.style)}\n`;
  }
  return text;
}

function keyText(key: string): string {
  return /^[\p{ID_Start}_][\p{ID_Continue}-]*$/u.test(key) ? key : JSON.stringify(key);
}

function warningLines(change: Difference, indent: number, options: DrawOptions): string[] {
  if (change.kind !== "sensitive" || change.warning === undefined) return [];
  const start = `${margin(indent)}  `;
  const head = `${start}${options.style.yellow("# Warning:")} this attribute value`;
  const same = change.same ? " The value is unchanged." : "";
  return change.warning === "becomes"
    ? [
        `${head} will be marked as sensitive and will not`,
        `${start}# display in UI output after applying this change.${same}`,
      ]
    : [`${head} will no longer be marked as sensitive`, `${start}# after applying this change.${same}`];
}
