import type { Expression, MissingExpression, Span } from "./ast.ts";
import type { Problem } from "./problem.ts";
import type { Source } from "./source.ts";
import { Token, type TokenKind, type TokenList } from "./tokens.ts";

/** Nesting beyond this is a mistake, and would end in an overflow of the stack. */
export const DEEPEST_NESTING = 400;

/**
 * Reads tokens one after the other, leaving out comments and, inside brackets, newlines. Keeps what was wrong and
 * whether a recovery took place: from then on generic errors are not reported, since they may follow from it.
 */
export class Cursor {
  readonly source: Source;
  readonly problems: Problem[] = [];
  /** Parses an expression at this cursor; given from outside, since the parts of the grammar call each other. */
  readonly expression: () => Expression;
  recovering = false;
  private readonly tokens: TokenList;
  private readonly newlines: boolean[];
  private at = 0;
  private last = -1;
  private depth = 0;

  constructor(
    source: Source,
    tokens: TokenList,
    newlines: boolean,
    parseExpression: (cursor: Cursor) => Expression,
  ) {
    this.source = source;
    this.tokens = tokens;
    this.newlines = [newlines];
    this.expression = () => parseExpression(this);
    this.settle();
  }

  /** The kind of the next token. */
  next(): TokenKind {
    const kind = this.tokens.kind(this.at);
    // A comment to the end of its line stands for the newline that it contains.
    return kind === Token.Comment ? Token.Newline : kind;
  }

  /** Whether the next two tokens are these. */
  follows(first: TokenKind, second: TokenKind): boolean {
    return this.tokens.kind(this.at) === first && this.tokens.kind(this.at + 1) === second;
  }

  get start(): number {
    return this.tokens.start(this.at);
  }

  get end(): number {
    return this.tokens.end(this.at);
  }

  /** The next token's place. */
  get span(): Span {
    return { start: this.start, end: this.end };
  }

  /** The place of the token that was read last. */
  get previous(): Span {
    return this.last < 0
      ? { start: 0, end: 0 }
      : { start: this.tokens.start(this.last), end: this.tokens.end(this.last) };
  }

  get previousEnd(): number {
    return this.last < 0 ? 0 : this.tokens.end(this.last);
  }

  /** The next token's text. */
  get text(): string {
    return this.source.text.slice(this.start, this.end);
  }

  /** Takes the next token; at the end of the file it stays there. */
  read(): TokenKind {
    const kind = this.next();
    this.last = this.at;
    if (kind !== Token.EndOfFile) {
      this.at++;
      this.settle();
    }
    return kind;
  }

  /** Whether the next token is this keyword. */
  isKeyword(word: string): boolean {
    return this.next() === Token.Identifier && this.end - this.start === word.length && this.text === word;
  }

  /** Says whether newlines are tokens from here on. */
  pushNewlines(count: boolean): void {
    this.newlines.push(count);
    this.rewind();
  }

  popNewlines(): void {
    this.newlines.pop();
    this.rewind();
  }

  /** What was skipped as white space may be a newline that counts now, and the other way round. */
  private rewind(): void {
    this.at = Math.min(this.last + 1, this.tokens.count - 1);
    this.settle();
  }

  /** Moves on to the next token that counts. */
  private settle(): void {
    const newlines = this.newlines.at(-1) === true;
    for (;;) {
      const kind = this.tokens.kind(this.at);
      if (kind === Token.Comment) {
        if (newlines && this.endsLine(this.at)) return;
      } else if (kind !== Token.Newline || newlines) {
        return;
      }
      this.at++;
    }
  }

  private endsLine(at: number): boolean {
    const code = this.source.text.charCodeAt(this.tokens.start(at) + 1);
    // A block comment begins with a slash and a star.
    return code !== 42 || this.source.text.charCodeAt(this.tokens.start(at)) === 35;
  }

  /** Reports an error. */
  problem(summary: string, detail: string, { start, end }: Span, contextStart?: number): void {
    const context = contextStart === undefined ? {} : { context: { start: contextStart, end } };
    this.problems.push({ summary, detail, start, end, ...context });
  }

  /** Reports an error unless it may follow from an earlier one. */
  genericProblem(summary: string, detail: string, span: Span, contextStart?: number): void {
    if (!this.recovering) this.problem(summary, detail, span, contextStart);
  }

  /** Whether errors were reported since `count` of them were known, and the cursor may be anywhere. */
  lost(count: number): boolean {
    return this.recovering && this.problems.length > count;
  }

  /** Goes one level deeper into an expression or body, or reports that this is too deep. */
  descend(): boolean {
    if (this.depth < DEEPEST_NESTING) {
      this.depth++;
      return true;
    }
    this.genericProblem(
      "Expression nested too deeply",
      `Brackets, operators and blocks may be nested at most ${DEEPEST_NESTING} levels deep.`,
      this.span,
    );
    this.recovering = true;
    return false;
  }

  ascend(): void {
    this.depth--;
  }

  /** A placeholder between two offsets. */
  missing(start: number, end: number): MissingExpression {
    return { kind: "missing", source: this.source, start, end };
  }

  /** Skips to behind the closer, counting nested brackets of its kind, and returns the closer's place. */
  recover(closer: TokenKind): Span {
    const opener = opposite(closer);
    this.recovering = true;
    let nested = 0;
    for (;;) {
      let kind = this.read();
      if (closer === Token.SequenceEnd && kind === Token.Directive) kind = Token.Interpolation;
      if (kind === Token.EndOfFile) return this.previous;
      if (kind === opener) nested++;
      else if (kind === closer && nested-- === 0) return this.previous;
    }
  }

  /** Skips to the next opener, and to behind its closer. */
  recoverOver(opener: TokenKind): void {
    this.recovering = true;
    for (;;) {
      const kind = this.read();
      if (kind === Token.EndOfFile) return;
      if (kind === opener) break;
    }
    this.recover(opposite(opener));
  }

  /** Skips to behind the next newline outside brackets. */
  recoverAfterItem(): void {
    this.recovering = true;
    const open: TokenKind[] = [];
    for (;;) {
      const kind = this.read();
      if (kind === Token.EndOfFile || (kind === Token.Newline && open.length === 0)) return;
      if (OPENERS.has(kind)) {
        open.push(kind);
      } else if (CLOSERS.has(kind)) {
        const opener = opposite(kind);
        const matches = (candidate: TokenKind | undefined) =>
          candidate === opener || (kind === Token.SequenceEnd && candidate === Token.Directive);
        while (open.length > 0 && !matches(open.at(-1))) open.pop();
        open.pop();
      }
    }
  }
}

const PAIRS: readonly (readonly [TokenKind, TokenKind])[] = [
  [Token.OpenBrace, Token.CloseBrace],
  [Token.OpenBracket, Token.CloseBracket],
  [Token.OpenParenthesis, Token.CloseParenthesis],
  [Token.OpenQuote, Token.CloseQuote],
  [Token.OpenHeredoc, Token.CloseHeredoc],
  [Token.Interpolation, Token.SequenceEnd],
];

const OPENERS: ReadonlySet<TokenKind> = new Set([...PAIRS.map(([opener]) => opener), Token.Directive]);
const CLOSERS: ReadonlySet<TokenKind> = new Set(PAIRS.map(([, closer]) => closer));
const OPPOSITES: ReadonlyMap<TokenKind, TokenKind> = new Map([
  ...PAIRS,
  ...PAIRS.map(([opener, closer]) => [closer, opener] as const),
  [Token.Directive, Token.SequenceEnd],
  [Token.EndOfFile, Token.EndOfFile],
]);

/** The bracket that goes with a bracket. */
export function opposite(kind: TokenKind): TokenKind {
  return OPPOSITES.get(kind) ?? Token.EndOfFile;
}
