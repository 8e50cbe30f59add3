import { stringValue } from "../values/index.ts";
import { nearestName } from "../text/nearest-name.ts";
import type { Expression, Span } from "./ast.ts";
import { trimEnd, trimStart } from "./characters.ts";
import { type Cursor, opposite } from "./cursor.ts";
import { parseForNames } from "./parse-for.ts";
import { quotedText, plainText } from "./string-text.ts";
import { UNCLOSED_SEQUENCE } from "./problem.ts";
import { assemble } from "./template-tree.ts";
import { joinTexts, removeIndentation, type TemplatePart } from "./template-parts.ts";
import { Token, type TokenKind } from "./tokens.ts";

/** Parses a quoted string or a heredoc from its opener on. */
export function parseQuoted(cursor: Cursor): Expression {
  const { source, start } = cursor;
  const opener = cursor.next();
  const flush = opener === Token.OpenHeredoc && source.text.charCodeAt(start + 2) === 45;
  cursor.read();
  if (opener === Token.OpenQuote && cursor.follows(Token.QuotedText, Token.CloseQuote))
    return plainString(cursor, start);
  const parts = new PartReader(cursor, opposite(opener)).read();
  if (flush) removeIndentation(parts);
  return templateOf(cursor, parts, { start, end: cursor.previousEnd });
}

/** A string without sequences, which most are, from behind its opening quote. */
function plainString(cursor: Cursor, start: number): Expression {
  const { source } = cursor;
  const from = cursor.start;
  const to = cursor.end;
  const value = stringValue(quotedText(cursor, { start: from, end: to }));
  cursor.read();
  const { end } = cursor;
  cursor.read();
  const part: Expression = { kind: "literal", source, start: from, end: to, value };
  return { kind: "template", source, start, end, parts: [part] };
}

/** Parses a whole source as a template without quotes. */
export function parseBare(cursor: Cursor): Expression {
  const { start } = cursor;
  const parts = new PartReader(cursor, Token.EndOfFile).read();
  return templateOf(cursor, parts, { start, end: cursor.previousEnd });
}

function templateOf(cursor: Cursor, read: readonly TemplatePart[], span: Span): Expression {
  const { source } = cursor;
  const [first, second] = read;
  // A lone interpolation keeps the type of its value. The second part is the end.
  if (first?.kind === "interpolation" && second?.kind === "end") {
    return { kind: "wrap", source, ...span, inner: first.expression };
  }
  return { kind: "template", source, ...span, parts: assemble(cursor, joinTexts(read)) };
}

/** Reads the pieces of one template up to its closer. */
class PartReader {
  private readonly cursor: Cursor;
  private readonly closer: TokenKind;
  private readonly start: number;
  private readonly parts: TemplatePart[] = [];
  /** Whether the last sequence ended in `~}`, so that the next text loses its leading white space. */
  private trimNext = false;

  constructor(cursor: Cursor, closer: TokenKind) {
    this.cursor = cursor;
    this.closer = closer;
    this.start = cursor.start;
  }

  read(): TemplatePart[] {
    const { cursor, parts } = this;
    let end: Span;
    for (;;) {
      const span = cursor.span;
      const kind = cursor.read();
      if (kind === this.closer) {
        end = span;
        break;
      }
      const trim = this.trimNext;
      this.trimNext = false;
      if (kind === Token.QuotedText || kind === Token.PlainText) {
        this.text(kind, span, trim);
      } else if (kind === Token.Interpolation) {
        this.trimLast(span);
        this.interpolation(span);
      } else if (kind === Token.Directive) {
        this.trimLast(span);
        cursor.pushNewlines(false);
        this.directive(span);
        cursor.popNewlines();
      } else {
        const detail = "No closing marker was found for the string.";
        cursor.genericProblem("Unterminated template string", detail, span, this.start);
        end = cursor.recover(this.closer);
        break;
      }
    }
    if (parts.length === 0) parts.push({ kind: "text", text: "", start: end.end, end: end.end });
    parts.push({ kind: "end", ...end });
    return parts;
  }

  private text(kind: TokenKind, span: Span, trim: boolean): void {
    const { cursor } = this;
    const text = kind === Token.QuotedText ? quotedText(cursor, span) : plainText(cursor.source.text, span);
    this.parts.push({ kind: "text", text: trim ? trimStart(text) : text, ...span });
  }

  /** `${~` and `%{~` strip the text directly before them. */
  private trimLast({ start, end }: Span): void {
    const last = this.parts.at(-1);
    if (end - start === 3 && last?.kind === "text") last.text = trimEnd(last.text);
  }

  private interpolation(open: Span): void {
    const { cursor } = this;
    cursor.pushNewlines(false);
    const expression = cursor.expression();
    const close = cursor.span;
    this.close(() => this.reportExtra(close));
    cursor.popNewlines();
    this.parts.push({ kind: "interpolation", expression, start: open.start, end: close.end });
  }

  /** Reads the sequence's end, or reports what stands there instead and skips to the end. */
  private close(report: () => void): void {
    const { cursor } = this;
    if (cursor.next() === Token.SequenceEnd) {
      this.trimNext = cursor.end - cursor.start === 2;
      cursor.read();
    } else {
      if (!cursor.recovering) report();
      cursor.recover(Token.SequenceEnd);
    }
  }

  private reportExtra(found: Span): void {
    const { cursor } = this;
    const kind = cursor.next();
    const quote = kind === Token.OpenQuote || kind === Token.CloseQuote;
    if (kind === Token.EndOfFile || (quote && this.closer === Token.CloseQuote)) {
      const where = kind === Token.EndOfFile ? "file" : "quoted template";
      cursor.problem(
        UNCLOSED_SEQUENCE,
        `There is no closing brace for this interpolation sequence before the end of the ${where}. This might be caused by incorrect nesting inside the given expression.`,
        { start: this.start, end: found.start },
      );
      return;
    }
    const detail =
      kind === Token.Colon
        ? 'Template interpolation doesn\'t expect a colon at this location. Did you intend this to be a literal sequence to be processed as part of another language? If so, you can escape it by starting with "$${" instead of just "${".'
        : 'Expected a closing brace to end the interpolation expression, but found extra characters.\n\nThis can happen when you include interpolation syntax for another language, such as shell scripting, but forget to escape the interpolation start token. If this is an embedded sequence for another language, escape it by starting with "$${" instead of just "${".';
    cursor.problem("Extra characters after interpolation expression", detail, found, this.start);
  }

  private directive(open: Span): void {
    const { cursor } = this;
    const keyword = cursor.text;
    const found = cursor.span;
    if (cursor.next() !== Token.Identifier) {
      cursor.genericProblem(
        "Invalid template directive",
        'A template directive keyword ("if", "for", etc) is expected at the beginning of a %{ sequence.',
        found,
        open.start,
      );
      cursor.recover(Token.SequenceEnd);
      return;
    }
    cursor.read();
    const part = this.directivePart(keyword, found, open);
    if (part === undefined) {
      cursor.recover(Token.SequenceEnd);
      return;
    }
    const end = cursor.end;
    this.close(() =>
      cursor.problem(
        `Extra characters in ${keyword} marker`,
        "Expected a closing brace to end the sequence, but found extra characters.",
        cursor.span,
        this.start,
      ),
    );
    this.parts.push({ ...part, start: open.start, end });
  }

  /** What a directive says, with a place to be filled in; undefined, and reported, where it is broken. */
  private directivePart(keyword: string, found: Span, open: Span): TemplatePart | undefined {
    const { cursor } = this;
    switch (keyword) {
      case "if":
        return { kind: "if", condition: cursor.expression(), ...open };
      case "else":
      case "endif":
      case "endfor":
        return { kind: keyword, ...open };
      case "for": {
        const names = parseForNames(cursor, "Invalid 'for' directive", DIRECTIVE_WORDS);
        return names === undefined
          ? undefined
          : { kind: "for", ...names, collection: cursor.expression(), ...open };
      }
      default: {
        const nearest = nearestName(keyword, KEYWORDS);
        const hint = nearest === undefined ? "" : ` Did you mean "${nearest}"?`;
        cursor.genericProblem(
          "Invalid template control keyword",
          `"${keyword}" is not a valid template control keyword.${hint}`,
          found,
          open.start,
        );
        return undefined;
      }
    }
  }
}

const KEYWORDS = ["if", "for", "else", "endif", "endfor"];

const DIRECTIVE_WORDS = {
  name: "For directive requires variable name after 'for'.",
  second: "For directive requires value variable name after comma.",
  keyword: "For directive requires 'in' keyword after names.",
};
