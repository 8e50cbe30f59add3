import type { CharacterSet } from "./characters.ts";
import { type Assertion, canBeEmpty, type Node } from "./nodes.ts";

/** One instruction; targets are positions in the program. */
export type Instruction =
  | { readonly kind: "character"; readonly set: CharacterSet }
  | { readonly kind: "assertion"; readonly assertion: Assertion }
  /** Tries `first`, and `second` where that fails. */
  | { readonly kind: "split"; readonly first: number; readonly second: number }
  | { readonly kind: "jump"; readonly to: number }
  /** Remembers the position in a slot: two of them a group. */
  | { readonly kind: "save"; readonly slot: number }
  | { readonly kind: "match" };

/** Longest program. */
const LONGEST = 100_000;

/** The pattern as a program, or undefined where it would be too long. */
export function compilePattern(node: Node): readonly Instruction[] | undefined {
  const program: Instruction[] = [];
  if (!emit({ kind: "group", index: 0, body: node }, program)) return undefined;
  program.push({ kind: "match" });
  return program;
}

/** False where the program grew too long. */
function emit(node: Node, program: Instruction[]): boolean {
  if (program.length > LONGEST) return false;
  switch (node.kind) {
    case "empty":
      return true;
    case "character":
    case "assertion":
      program.push(node);
      return true;
    case "group": {
      program.push({ kind: "save", slot: node.index * 2 });
      const fits = emit(node.body, program);
      program.push({ kind: "save", slot: node.index * 2 + 1 });
      return fits;
    }
    case "sequence":
      return node.parts.every((part) => emit(part, program));
    case "choice":
      return emitChoice(node.arms, program);
    case "repeat":
      return emitRepeat(node, program);
  }
}

function emitChoice(arms: readonly Node[], program: Instruction[]): boolean {
  const jumps: number[] = [];
  for (const [at, arm] of arms.entries()) {
    const split = program.length;
    const last = at === arms.length - 1;
    if (!last) program.push({ kind: "jump", to: split + 1 });
    if (!emit(arm, program)) return false;
    if (last) continue;
    jumps.push(program.length);
    program.push({ kind: "jump", to: 0 });
    program[split] = { kind: "split", first: split + 1, second: program.length };
  }
  for (const jump of jumps) program[jump] = { kind: "jump", to: program.length };
  return true;
}

function emitRepeat(node: Node & { kind: "repeat" }, program: Instruction[]): boolean {
  const { body, least, most, greedy } = node;
  for (let count = 0; count < least - (most === Infinity ? 1 : 0); count++) {
    if (!emit(body, program)) return false;
  }
  const split = (first: number, second: number): Instruction => ({
    kind: "split",
    first: greedy ? first : second,
    second: greedy ? second : first,
  });
  if (most !== Infinity) {
    const splits: number[] = [];
    for (let count = least; count < most; count++) {
      splits.push(program.length);
      program.push({ kind: "jump", to: 0 });
      if (!emit(body, program)) return false;
    }
    for (const at of splits) program[at] = split(at + 1, program.length);
    return true;
  }
  // What can be empty is tried once before it may be left out, so that its groups are set.
  const optional = least === 0;
  const once = optional && canBeEmpty(body);
  const entry = program.length;
  if (optional) program.push({ kind: "jump", to: 0 });
  const start = program.length;
  if (!emit(body, program)) return false;
  if (optional && !once) program.push({ kind: "jump", to: entry });
  else program.push(split(start, program.length + 1));
  if (optional) program[entry] = split(entry + 1, program.length);
  return true;
}
