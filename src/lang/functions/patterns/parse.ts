import {
  type CharacterSet,
  complement,
  ignoringCase,
  NAMED_CLASSES,
  PERL_CLASSES,
  ranges,
  unicodeClass,
  union,
} from "./characters.ts";
import type { Assertion, Node } from "./nodes.ts";

/** A pattern taken apart, and the names of its groups in order (empty where unnamed). */
export interface Pattern {
  readonly node: Node;
  readonly groups: readonly string[];
}

/** What is wrong with a pattern, and the part of it that is. */
export interface PatternProblem {
  readonly problem: string;
  readonly fragment: string;
}

interface Flags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
  readonly swapGreed: boolean;
}

/** Most repetitions that a pattern may ask for, also multiplied through nesting. */
const MOST_REPETITIONS = 1000;
/** Deepest nesting of groups. */
const DEEPEST = 1000;

class Malformed extends Error {
  readonly fragment: string;
  constructor(problem: string, fragment: string) {
    super(problem);
    this.fragment = fragment;
  }
}

/** Parses a pattern in the syntax of RE2. */
export function parsePattern(source: string): Pattern | PatternProblem {
  const parser = new Parser(source);
  try {
    return { node: parser.whole(), groups: parser.groups };
  } catch (error) {
    if (error instanceof Malformed) return { problem: error.message, fragment: error.fragment };
    throw error;
  }
}

class Parser {
  readonly groups: string[] = [];
  private readonly source: string;
  private at = 0;
  private depth = 0;
  private flags: Flags = { ignoreCase: false, multiline: false, dotAll: false, swapGreed: false };

  constructor(source: string) {
    this.source = source;
  }

  whole(): Node {
    const node = this.choice();
    if (this.at < this.source.length) throw new Malformed("unexpected )", this.source);
    return node;
  }

  private choice(): Node {
    const before = this.flags;
    const arms = [this.sequence()];
    while (this.skip("|")) arms.push(this.sequence());
    this.flags = before;
    return arms.length === 1 ? (arms[0] ?? { kind: "empty" }) : { kind: "choice", arms };
  }

  private skip(text: string): boolean {
    if (!this.source.startsWith(text, this.at)) return false;
    this.at += text.length;
    return true;
  }

  private sequence(): Node {
    const parts: Node[] = [];
    let repeatStart: number | undefined;
    while (this.at < this.source.length && !/[|)]/.test(this.source.charAt(this.at))) {
      const start = this.at;
      const repeat = this.repetition();
      if (repeat === undefined) {
        const node = this.atom();
        repeatStart = undefined;
        if (node !== undefined) parts.push(...node);
        continue;
      }
      const body = parts.pop();
      if (body === undefined)
        throw new Malformed("missing argument to repetition operator", this.from(start));
      if (repeatStart !== undefined) {
        throw new Malformed("invalid nested repetition operator", this.from(repeatStart));
      }
      repeatStart = start;
      const node: Node = { kind: "repeat", body, ...repeat };
      if (repetitions(node) > MOST_REPETITIONS) throw new Malformed("invalid repeat count", this.from(start));
      parts.push(node);
    }
    return parts.length === 1 ? (parts[0] ?? { kind: "empty" }) : { kind: "sequence", parts };
  }

  private from(start: number): string {
    return this.source.slice(start, this.at);
  }

  private repetition(): { least: number; most: number; greedy: boolean } | undefined {
    const start = this.at;
    const operator = /(?:[*+?]|\{(\d+)(,?)(\d*)\})/y;
    operator.lastIndex = this.at;
    const match = operator.exec(this.source);
    if (match === null) return undefined;
    const [text, low, comma, high] = match;
    this.at += text.length;
    let least = text === "+" ? 1 : 0;
    let most = text === "?" ? 1 : Infinity;
    if (low !== undefined) {
      least = Number(low);
      most = comma === "" ? least : high === "" ? Infinity : Number(high);
      const tooMuch = least > MOST_REPETITIONS || (most !== Infinity && most > MOST_REPETITIONS);
      if (tooMuch || least > most) throw new Malformed("invalid repeat count", this.from(start));
    }
    const lazy = this.skip("?");
    return { least, most, greedy: lazy === this.flags.swapGreed };
  }

  /** Nodes to append; undefined where only flags changed. */
  private atom(): readonly Node[] | undefined {
    switch (this.source.charAt(this.at)) {
      case "(":
        return this.group();
      case "[":
        return [this.character(this.bracketed())];
      case ".":
        this.at++;
        return [{ kind: "character", set: this.flags.dotAll ? () => true : (code) => code !== 10 }];
      case "^":
        this.at++;
        return [assertion(this.flags.multiline ? "line_start" : "text_start")];
      case "$":
        this.at++;
        return [assertion(this.flags.multiline ? "line_end" : "text_end")];
      case "\\":
        return this.escape();
      default:
        return [this.literal(this.next())];
    }
  }

  private next(): number {
    const code = this.source.codePointAt(this.at) ?? 0;
    this.at += code > 0xffff ? 2 : 1;
    return code;
  }

  private literal(code: number): Node {
    return this.character(ranges([code, code]));
  }

  private character(set: CharacterSet): Node {
    return { kind: "character", set: this.flags.ignoreCase ? ignoringCase(set) : set };
  }

  private group(): readonly Node[] | undefined {
    if (++this.depth > DEEPEST) throw new Malformed("expression nests too deeply", this.source);
    const start = this.at++;
    const before = this.flags;
    let index: number | undefined;
    if (this.source.startsWith("?<", this.at) || this.source.startsWith("?P<", this.at)) {
      index = this.groups.push(this.groupName(start));
    } else if (this.skip("?")) {
      if (this.groupFlags(start)) {
        this.depth--;
        return undefined;
      }
    } else index = this.groups.push("");
    const body = this.choice();
    if (!this.skip(")")) throw new Malformed("missing closing )", this.source);
    this.flags = before;
    this.depth--;
    return [index === undefined ? body : { kind: "group", index, body }];
  }

  private groupName(start: number): string {
    const end = this.source.indexOf(">", this.at);
    if (end < 0) throw new Malformed("invalid named capture", this.source.slice(start));
    const name = this.source.slice(this.source.indexOf("<", this.at) + 1, end);
    this.at = end + 1;
    if (!/^[A-Za-z0-9_]+$/.test(name)) {
      // What looks like looking behind is shown as a whole.
      throw new Malformed("invalid named capture", this.from(start));
    }
    return name;
  }

  /** Whether the flags are set for what follows, and not for a group of their own. */
  private groupFlags(start: number): boolean {
    const next = { ...this.flags };
    let on = true;
    let any = false;
    for (;;) {
      const letter = this.source.charAt(this.at++);
      const name = FLAG_NAMES.get(letter);
      if (name !== undefined) {
        next[name] = on;
        any = true;
      } else if (letter === "-" && on) {
        on = false;
        any = false;
      } else if ((letter === ":" || letter === ")") && (on || any)) {
        this.flags = next;
        return letter === ")";
      } else {
        throw new Malformed("invalid or unsupported Perl syntax", this.from(start));
      }
    }
  }

  private escape(): readonly Node[] {
    const start = this.at++;
    const letter = this.source.charAt(this.at);
    if (letter === "") throw new Malformed("trailing backslash at end of expression", "");
    const assertionName = ASSERTIONS.get(letter);
    if (assertionName !== undefined) {
      this.at++;
      return [assertion(assertionName)];
    }
    if (letter === "Q") {
      const end = this.source.indexOf("\\E", this.at);
      const text = this.source.slice(this.at + 1, end < 0 ? undefined : end);
      this.at = end < 0 ? this.source.length : end + 2;
      return Array.from(text, (each) => this.literal(each.codePointAt(0) ?? 0));
    }
    const set = this.classEscape(start);
    return [set === undefined ? this.literal(this.codeEscape(start)) : this.character(set)];
  }

  /** `\d`, `\pL`, `\p{Greek}` and the like; undefined where the escape is of one character. */
  private classEscape(start: number): CharacterSet | undefined {
    const letter = this.source.charAt(this.at);
    const perl = PERL_CLASSES.get(letter.toLowerCase());
    if (perl !== undefined) {
      this.at++;
      return letter === letter.toLowerCase() ? perl : complement(perl);
    }
    if (letter !== "p" && letter !== "P") return undefined;
    const named = /\{(\^?)([^}]*)\}|()([^{])/uy;
    named.lastIndex = this.at + 1;
    const match = named.exec(this.source);
    this.at = match === null ? this.source.length : named.lastIndex;
    const set = unicodeClass(match?.[2] ?? match?.[4] ?? "");
    if (set === undefined) throw new Malformed("invalid character class range", this.from(start));
    return (letter === "P") !== (match?.[1] === "^") ? complement(set) : set;
  }

  private codeEscape(start: number): number {
    const escape =
      /x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2})|([afnrtv])|([!-/:-@[-`{-~])/y;
    escape.lastIndex = this.at;
    const match = escape.exec(this.source);
    const hexadecimal = Number.parseInt(match?.[1] ?? match?.[2] ?? "0", 16);
    if (match === null || hexadecimal > 0x10ffff) {
      this.next();
      throw new Malformed("invalid escape sequence", this.from(start));
    }
    this.at = escape.lastIndex;
    const [, , , octal, control, punctuation] = match;
    if (octal !== undefined) return Number.parseInt(octal, 8);
    if (control !== undefined) return CONTROLS.get(control) ?? 0;
    return punctuation === undefined ? hexadecimal : punctuation.charCodeAt(0);
  }

  private bracketed(): CharacterSet {
    const start = this.at++;
    const negated = this.skip("^");
    const sets: CharacterSet[] = [];
    let first = true;
    while (first || this.source.charAt(this.at) !== "]") {
      if (this.at >= this.source.length) throw new Malformed("missing closing ]", this.source.slice(start));
      first = false;
      sets.push(this.bracketItem(start));
    }
    this.at++;
    const set = this.flags.ignoreCase ? ignoringCase(union(sets)) : union(sets);
    return negated ? complement(set) : set;
  }

  private bracketItem(bracket: number): CharacterSet {
    const start = this.at;
    const named = /\[:(\^?)([^\]]*?):\]/y;
    named.lastIndex = this.at;
    const match = named.exec(this.source);
    if (match !== null) {
      this.at = named.lastIndex;
      const set = NAMED_CLASSES.get(match[2] ?? "");
      if (set === undefined) throw new Malformed("invalid character class range", this.from(start));
      return match[1] === "^" ? complement(set) : set;
    }
    if (this.source.charAt(this.at) === "\\") {
      this.at++;
      const set = this.classEscape(start);
      if (set !== undefined) return set;
      this.at = start;
    }
    const low = this.bracketCharacter(bracket);
    if (this.source.charAt(this.at) !== "-" || /^-(?:\]|$)/.test(this.source.slice(this.at, this.at + 2))) {
      return ranges([low, low]);
    }
    this.at++;
    const high = this.bracketCharacter(bracket);
    if (high < low) throw new Malformed("invalid character class range", this.from(start));
    return ranges([low, high]);
  }

  private bracketCharacter(bracket: number): number {
    if (this.at >= this.source.length) throw new Malformed("missing closing ]", this.source.slice(bracket));
    if (this.source.charAt(this.at) !== "\\") return this.next();
    const start = this.at++;
    if (this.at >= this.source.length) throw new Malformed("trailing backslash at end of expression", "");
    return this.codeEscape(start);
  }
}

function assertion(name: Assertion): Node {
  return { kind: "assertion", assertion: name };
}

const ASSERTIONS: ReadonlyMap<string, Assertion> = new Map([
  ["A", "text_start"],
  ["z", "text_end"],
  ["b", "boundary"],
  ["B", "no_boundary"],
]);

const FLAG_NAMES: ReadonlyMap<string, keyof Flags> = new Map([
  ["i", "ignoreCase"],
  ["m", "multiline"],
  ["s", "dotAll"],
  ["U", "swapGreed"],
]);

const CONTROLS: ReadonlyMap<string, number> = new Map([
  ["a", 7],
  ["f", 12],
  ["n", 10],
  ["r", 13],
  ["t", 9],
  ["v", 11],
]);

/** How many times over the innermost part of a node is repeated, where that is counted. */
function repetitions(node: Node): number {
  switch (node.kind) {
    case "repeat": {
      const count = node.most === Infinity ? node.least : node.most;
      return Math.max(1, count) * repetitions(node.body);
    }
    case "group":
      return repetitions(node.body);
    case "sequence":
      return Math.max(1, ...node.parts.map(repetitions));
    case "choice":
      return Math.max(1, ...node.arms.map(repetitions));
    default:
      return 1;
  }
}
