import { PERL_CLASSES } from "./characters.ts";
import type { Assertion } from "./nodes.ts";
import { parsePattern, type PatternProblem } from "./parse.ts";
import { compilePattern, type Instruction } from "./program.ts";

/** A compiled pattern. */
export interface Expression {
  readonly program: readonly Instruction[];
  /** Names of the groups in order, empty where unnamed. */
  readonly groups: readonly string[];
}

/** One match: the whole and the groups, as positions of code points; undefined for a group that took no part. */
export type Match = readonly ({ readonly start: number; readonly end: number } | undefined)[];

/** Compiles a pattern of RE2's syntax. */
export function compileExpression(source: string): Expression | PatternProblem {
  const pattern = parsePattern(source);
  if ("problem" in pattern) return pattern;
  const program = compilePattern(pattern.node);
  if (program === undefined) return { problem: "expression too large", fragment: source };
  return { program, groups: pattern.groups };
}

/** The characters of a text as code points. */
export function codePoints(text: string): readonly number[] {
  return Array.from(text, (character) => character.codePointAt(0) ?? 0);
}

type Slots = readonly number[];

interface Thread {
  readonly at: number;
  readonly slots: Slots;
}

/**
 * The leftmost match from a position on, of several there the one that the pattern prefers. In time linear in the
 * text's length, whatever the pattern.
 */
export function findMatch(expression: Expression, text: readonly number[], from: number): Match | undefined {
  const { program } = expression;
  const unset: Slots = Array.from({ length: (expression.groups.length + 1) * 2 }, () => -1);
  let threads: Thread[] = [];
  let best: Slots | undefined;
  const seen = new Int32Array(program.length).fill(-1);
  for (let position = from; position <= text.length; position++) {
    const added: Thread[] = [];
    for (const thread of threads) follow(program, thread, text, position, seen, added);
    if (best === undefined) follow(program, { at: 0, slots: unset }, text, position, seen, added);
    threads = [];
    const code = text[position];
    for (const thread of added) {
      const instruction = program[thread.at];
      if (instruction?.kind === "match") {
        // What follows is liked less.
        best = thread.slots;
        break;
      }
      if (instruction?.kind === "character" && code !== undefined && instruction.set(code)) {
        threads.push({ at: thread.at + 1, slots: thread.slots });
      }
    }
    if (threads.length === 0 && best !== undefined) break;
  }
  return best === undefined ? undefined : matchOf(best);
}

/** Adds the threads that a thread becomes without consuming anything, best first. */
function follow(
  program: readonly Instruction[],
  thread: Thread,
  text: readonly number[],
  position: number,
  seen: Int32Array,
  added: Thread[],
): void {
  const pending: Thread[] = [thread];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { at, slots } = next;
    if (seen[at] === position) continue;
    seen[at] = position;
    const instruction = program[at];
    switch (instruction?.kind) {
      case "jump":
        pending.push({ at: instruction.to, slots });
        break;
      case "split":
        pending.push({ at: instruction.second, slots }, { at: instruction.first, slots });
        break;
      case "save":
        pending.push({ at: at + 1, slots: slots.with(instruction.slot, position) });
        break;
      case "assertion":
        if (holds(instruction.assertion, text, position)) pending.push({ at: at + 1, slots });
        break;
      default:
        added.push(next);
    }
  }
}

const NEWLINE = 10;

function holds(assertion: Assertion, text: readonly number[], position: number): boolean {
  switch (assertion) {
    case "text_start":
      return position === 0;
    case "text_end":
      return position === text.length;
    case "line_start":
      return position === 0 || text[position - 1] === NEWLINE;
    case "line_end":
      return position === text.length || text[position] === NEWLINE;
    case "boundary":
      return isWord(text[position - 1]) !== isWord(text[position]);
    case "no_boundary":
      return isWord(text[position - 1]) === isWord(text[position]);
  }
}

function isWord(code: number | undefined): boolean {
  return code !== undefined && PERL_CLASSES.get("w")?.(code) === true;
}

function matchOf(slots: Slots): Match {
  const match: ({ start: number; end: number } | undefined)[] = [];
  for (let slot = 0; slot < slots.length; slot += 2) {
    const [start = -1, end = -1] = slots.slice(slot, slot + 2);
    match.push(start < 0 || end < 0 ? undefined : { start, end });
  }
  return match;
}

/** All matches that do not overlap; an empty one directly behind another is left out. */
export function findMatches(expression: Expression, text: readonly number[]): readonly Match[] {
  const matches: Match[] = [];
  let previousEnd = -1;
  for (let from = 0; from <= text.length;) {
    const match = findMatch(expression, text, from);
    const whole = match?.[0];
    if (match === undefined || whole === undefined) break;
    if (whole.end > whole.start || whole.start !== previousEnd) matches.push(match);
    previousEnd = whole.end;
    from = whole.end > from ? whole.end : whole.end + 1;
  }
  return matches;
}
