import { identifierLength, isDigit, trimEnd, trimStart } from "./characters.ts";
import type { Source } from "./source.ts";
import { Token, type TokenKind, TokenList } from "./tokens.ts";

/** What a text is lexed as: a configuration or expression, or a template without quotes. */
export type LexerMode = "main" | "template";

/** Turns a source into tokens. Never fails: what belongs nowhere becomes tokens that the parser rejects. */
export function tokenize(source: Source, mode: LexerMode): TokenList {
  return new Lexer(source, mode).run();
}

/** Most tokens are longer than this many characters, spaces included. */
const CHARACTERS_A_TOKEN = 3;

/** Where the lexer is: in the main language, with its open braces, or in the text of a template. */
interface Frame {
  readonly mode: "main" | "quoted" | "heredoc" | "bare";
  /** Open braces of a main frame. */
  braces: number;
  /** The end marker of a heredoc. */
  readonly marker: string;
  /** Whether the heredoc is at the start of a line, where its marker counts. */
  lineStart: boolean;
}

const SINGLE: ReadonlyMap<number, TokenKind> = new Map<number, TokenKind>([
  [40, Token.OpenParenthesis],
  [41, Token.CloseParenthesis],
  [91, Token.OpenBracket],
  [93, Token.CloseBracket],
  [44, Token.Comma],
  [46, Token.Dot],
  [63, Token.Question],
  [58, Token.Colon],
  [61, Token.Equals],
  [43, Token.Plus],
  [45, Token.Minus],
  [42, Token.Star],
  [47, Token.Slash],
  [37, Token.Percent],
  [60, Token.Less],
  [62, Token.Greater],
  [33, Token.Bang],
  [38, Token.Ampersand],
  [124, Token.Pipe],
  [94, Token.Caret],
  [126, Token.Tilde],
  [59, Token.Semicolon],
  [39, Token.Apostrophe],
  [96, Token.Backtick],
]);

/** The kind of each ASCII character that is a token by itself, by code; Invalid for all others. */
const singleKinds = Uint8Array.from({ length: 128 }, (_, code) => SINGLE.get(code) ?? Token.Invalid);

class Lexer {
  private readonly text: string;
  private readonly tokens: TokenList;
  private readonly frames: Frame[] = [];
  private frame: Frame;
  private at: number;

  constructor(source: Source, mode: LexerMode) {
    this.text = source.text;
    this.at = source.contentStart;
    this.tokens = new TokenList(Math.ceil(this.text.length / CHARACTERS_A_TOKEN) + 16);
    this.frame = newFrame(mode === "main" ? "main" : "bare");
  }

  run(): TokenList {
    const length = this.text.length;
    while (this.at < length) {
      switch (this.frame.mode) {
        case "main":
          this.main();
          break;
        case "quoted":
          this.quoted();
          break;
        default:
          this.plain();
      }
    }
    this.tokens.push(Token.EndOfFile, length, length);
    return this.tokens;
  }

  private enter(frame: Frame): void {
    this.frames.push(this.frame);
    this.frame = frame;
  }

  private leave(): void {
    this.frame = this.frames.pop() ?? newFrame("main");
  }

  private emit(kind: TokenKind, length: number): void {
    this.tokens.push(kind, this.at, this.at + length);
    this.at += length;
  }

  /** Reads tokens of the main language until the frame changes or the text ends. */
  private main(): void {
    const text = this.text;
    const frame = this.frame;
    while (this.at < text.length && this.frame === frame) {
      const code = text.charCodeAt(this.at);
      if (code === 32 || code === 9) {
        this.at++;
      } else if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) {
        this.emit(Token.Identifier, identifierLength(text, this.at));
      } else if (code === 10) {
        this.emit(Token.Newline, 1);
      } else if (code >= 48 && code <= 57) {
        this.emit(Token.Number, this.numberLength());
      } else if (code >= 128) {
        const length = identifierLength(text, this.at);
        if (length > 0) this.emit(Token.Identifier, length);
        else this.emit(Token.Invalid, (text.codePointAt(this.at) ?? 0) > 0xffff ? 2 : 1);
      } else {
        this.symbol(code, text.charCodeAt(this.at + 1));
      }
    }
  }

  private symbol(code: number, next: number): void {
    switch (code) {
      case 34:
        this.emit(Token.OpenQuote, 1);
        this.enter(newFrame("quoted"));
        return;
      case 123:
        this.frame.braces++;
        this.emit(Token.OpenBrace, 1);
        return;
      case 125:
        this.closeBrace(1);
        return;
      case 126:
        if (next === 125) this.closeBrace(2);
        else this.emit(Token.Tilde, 1);
        return;
      case 35:
        this.lineComment();
        return;
      case 47:
        if (next === 47) this.lineComment();
        else if (next === 42) this.blockComment();
        else this.emit(Token.Slash, 1);
        return;
      case 60:
        if (next === 60 && this.heredoc()) return;
        if (next === 61) this.emit(Token.LessOrEqual, 2);
        else this.emit(Token.Less, 1);
        return;
      case 13:
        if (next === 10) this.emit(Token.Newline, 2);
        else this.emit(Token.Invalid, 1);
        return;
      default:
        this.operator(code, next);
    }
  }

  private operator(code: number, next: number): void {
    if (next === 61) {
      if (code === 61) return this.emit(Token.Equal, 2);
      if (code === 33) return this.emit(Token.NotEqual, 2);
      if (code === 62) return this.emit(Token.GreaterOrEqual, 2);
    }
    if (code === next) {
      if (code === 38) return this.emit(Token.And, 2);
      if (code === 124) return this.emit(Token.Or, 2);
      if (code === 58) return this.emit(Token.DoubleColon, 2);
      if (code === 46 && this.text.charCodeAt(this.at + 2) === 46) return this.emit(Token.Ellipsis, 3);
    }
    if (code === 61 && next === 62) return this.emit(Token.FatArrow, 2);
    return this.emit((singleKinds[code] ?? Token.Invalid) as TokenKind, 1);
  }

  /** `}` and `~}`: the end of a template sequence where no brace is open since its start. */
  private closeBrace(length: number): void {
    if (this.frame.braces > 0) {
      this.frame.braces--;
      this.emit(length === 1 ? Token.CloseBrace : Token.SequenceEnd, length);
    } else if (this.frames.length > 0) {
      this.emit(Token.SequenceEnd, length);
      this.leave();
    } else {
      this.emit(length === 1 ? Token.CloseBrace : Token.SequenceEnd, length);
    }
  }

  /** To the end of the line, its newline included. */
  private lineComment(): void {
    const newline = this.text.indexOf("\n", this.at);
    this.emit(Token.Comment, (newline < 0 ? this.text.length : newline + 1) - this.at);
  }

  private blockComment(): void {
    const end = this.text.indexOf("*/", this.at + 2);
    if (end < 0) this.emit(Token.Slash, 1);
    else this.emit(Token.Comment, end + 2 - this.at);
  }

  /** Digits, dots and exponents, as many as there are, but no dot at the end. */
  private numberLength(): number {
    const text = this.text;
    let at = this.at;
    let end = at;
    for (;;) {
      const code = text.charCodeAt(at);
      if (isDigit(code)) {
        end = ++at;
      } else if (code === 46) {
        at++;
      } else if (code === 101 || code === 69) {
        const sign = text.charCodeAt(at + 1);
        const digit = at + (sign === 43 || sign === 45 ? 2 : 1);
        if (!isDigit(text.charCodeAt(digit))) break;
        end = at = digit + 1;
      } else {
        break;
      }
    }
    return end - this.at;
  }

  /** `<<NAME` or `<<-NAME` and a newline; false where that is not what follows. */
  private heredoc(): boolean {
    const text = this.text;
    const nameStart = this.at + (text.charCodeAt(this.at + 2) === 45 ? 3 : 2);
    const nameLength = identifierLength(text, nameStart);
    let end = nameStart + nameLength;
    if (nameLength === 0) return false;
    if (text.charCodeAt(end) === 13) end++;
    if (text.charCodeAt(end) !== 10) return false;
    const marker = text.slice(nameStart, nameStart + nameLength);
    this.emit(Token.OpenHeredoc, end + 1 - this.at);
    this.enter({ mode: "heredoc", braces: 0, marker, lineStart: true });
    return true;
  }

  /** The length of the opener of a template sequence at an offset, or 0. `$${` is none. */
  private sequenceLength(at: number): number {
    if (this.text.charCodeAt(at + 1) !== 123) return 0;
    return this.text.charCodeAt(at + 2) === 126 ? 3 : 2;
  }

  private openSequence(length: number): void {
    const dollar = this.text.charCodeAt(this.at) === 36;
    this.emit(dollar ? Token.Interpolation : Token.Directive, length);
    this.frame.lineStart = false;
    this.enter(newFrame("main"));
  }

  /** Reads text between quotes up to a sequence, a line break or the closing quote. */
  private quoted(): void {
    const text = this.text;
    const start = this.at;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 34 || code === 10 || code === 13) break;
      if (code === 92) {
        const next = text.charCodeAt(at + 1);
        if (at + 1 < text.length && next !== 10 && next !== 13) at++;
      } else if (code === 36 || code === 37) {
        if (this.sequenceLength(at) > 0) break;
        at = skipEscape(text, at, code);
      }
    }
    if (at > start) this.emit(Token.QuotedText, at - start);
    if (at >= text.length) return;
    const code = text.charCodeAt(at);
    if (code === 34) {
      this.emit(Token.CloseQuote, 1);
      this.leave();
    } else if (code === 10 || code === 13) {
      let end = at;
      while (text.charCodeAt(end) === 10 || text.charCodeAt(end) === 13) end++;
      this.emit(Token.QuotedNewline, end - at);
    } else {
      this.openSequence(this.sequenceLength(at));
    }
  }

  /** Reads text of a heredoc or bare template: up to a sequence or the end of the line, newline included. */
  private plain(): void {
    const text = this.text;
    const start = this.at;
    let at = start;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 10) {
        this.endLine(at + 1);
        return;
      }
      if (code === 36 || code === 37) {
        if (this.sequenceLength(at) > 0) break;
        at = skipEscape(text, at, code);
      }
    }
    if (at >= text.length) {
      this.endLine(text.length);
      return;
    }
    if (at > start) this.emit(Token.PlainText, at - start);
    this.openSequence(this.sequenceLength(at));
  }

  /** Ends a line of text, which in a heredoc may be its marker. */
  private endLine(end: number): void {
    const frame = this.frame;
    if (frame.mode === "heredoc" && frame.lineStart) {
      const line = this.text.slice(this.at, end);
      if (trimEnd(trimStart(line)) === frame.marker) {
        const newline = line.endsWith("\r\n") ? 2 : line.endsWith("\n") ? 1 : 0;
        this.emit(Token.CloseHeredoc, line.length - newline);
        if (newline > 0) this.emit(Token.Newline, newline);
        this.leave();
        return;
      }
    }
    frame.lineStart = true;
    this.emit(Token.PlainText, end - this.at);
  }
}

function newFrame(mode: Frame["mode"]): Frame {
  return { mode, braces: 0, marker: "", lineStart: true };
}

/** At a `$` or `%` that opens nothing: the last offset of `$${` where that is what stands here, else the same. */
function skipEscape(text: string, at: number, code: number): number {
  return text.charCodeAt(at + 1) === code && text.charCodeAt(at + 2) === 123 ? at + 2 : at;
}
