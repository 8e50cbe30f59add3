/** Kinds of tokens. Plain numbers, since the lexer writes them into a byte array. */
export const Token = {
  EndOfFile: 0,
  Newline: 1,
  Comment: 2,
  Identifier: 3,
  Number: 4,
  OpenQuote: 5,
  CloseQuote: 6,
  OpenHeredoc: 7,
  CloseHeredoc: 8,
  /** Literal text between quotes, with backslash escapes. */
  QuotedText: 9,
  /** Literal text of a heredoc or a bare template: at most one line. */
  PlainText: 10,
  /** `${` or `${~` */
  Interpolation: 11,
  /** `%{` or `%{~` */
  Directive: 12,
  /** The `}` or `~}` of either. */
  SequenceEnd: 13,
  /** A line break between quotes; never valid. */
  QuotedNewline: 14,
  OpenBrace: 15,
  CloseBrace: 16,
  OpenBracket: 17,
  CloseBracket: 18,
  OpenParenthesis: 19,
  CloseParenthesis: 20,
  Comma: 21,
  Dot: 22,
  Ellipsis: 23,
  FatArrow: 24,
  Question: 25,
  Colon: 26,
  DoubleColon: 27,
  Equals: 28,
  Plus: 29,
  Minus: 30,
  Star: 31,
  Slash: 32,
  Percent: 33,
  Equal: 34,
  NotEqual: 35,
  Less: 36,
  LessOrEqual: 37,
  Greater: 38,
  GreaterOrEqual: 39,
  And: 40,
  Or: 41,
  Bang: 42,
  /** Characters that are recognized only to be rejected. */
  Ampersand: 43,
  Pipe: 44,
  Caret: 45,
  Tilde: 46,
  Semicolon: 47,
  Apostrophe: 48,
  Backtick: 49,
  Invalid: 50,
} as const;

export type TokenKind = (typeof Token)[keyof typeof Token];

/** The tokens of a source, in order, ending with EndOfFile: three parallel arrays. */
export class TokenList {
  count = 0;
  private kinds: Uint8Array;
  private starts: Int32Array;
  private ends: Int32Array;

  constructor(capacity: number) {
    this.kinds = new Uint8Array(capacity);
    this.starts = new Int32Array(capacity);
    this.ends = new Int32Array(capacity);
  }

  push(kind: TokenKind, start: number, end: number): void {
    if (this.count === this.kinds.length) this.grow();
    this.kinds[this.count] = kind;
    this.starts[this.count] = start;
    this.ends[this.count] = end;
    this.count++;
  }

  /** The kind of a token; past the end it is EndOfFile. */
  kind(at: number): TokenKind {
    return (this.kinds[at] ?? Token.EndOfFile) as TokenKind;
  }

  start(at: number): number {
    return this.starts[at] ?? 0;
  }

  end(at: number): number {
    return this.ends[at] ?? 0;
  }

  private grow(): void {
    const capacity = this.kinds.length * 2 + 16;
    const grown = <T extends Uint8Array | Int32Array>(made: T, old: T): T => {
      made.set(old);
      return made;
    };
    this.kinds = grown(new Uint8Array(capacity), this.kinds);
    this.starts = grown(new Int32Array(capacity), this.starts);
    this.ends = grown(new Int32Array(capacity), this.ends);
  }
}
