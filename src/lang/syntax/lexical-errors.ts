import { BROKEN_LINE, type Problem } from "./problem.ts";
import type { Source } from "./source.ts";
import { Token, type TokenKind, type TokenList } from "./tokens.ts";

/** Garbage has thousands of characters that belong nowhere, and of lines that break in strings; so many are named. */
const MOST_INVALID_CHARACTERS = 10;
const MOST_BROKEN_LINES = 10;

const CURLY_QUOTES = "\u201c\u201d\u2018\u2019\u201e\u201f";
const REPLACEMENT = "\ufffd";

/** Reports characters that belong nowhere: most kinds once in a file. */
export function lexicalErrors(source: Source, tokens: TokenList): Problem[] {
  const problems: Problem[] = [];
  const told = new Set<TokenKind | "bitwise">();
  let invalid = 0;
  let brokenLines = 0;
  if (source.malformedAt !== undefined) problems.push(badEncoding(source.malformedAt));
  for (let at = 0; at < tokens.count; at++) {
    const kind = tokens.kind(at);
    if (kind !== Token.QuotedNewline && kind < Token.Ampersand) continue;
    const start = tokens.start(at);
    const end = tokens.end(at);
    if (kind === Token.Invalid) {
      const character = source.text.slice(start, end);
      if (source.malformedAt !== undefined && character === REPLACEMENT) continue;
      if (++invalid <= MOST_INVALID_CHARACTERS) problems.push({ ...invalidCharacter(character), start, end });
      continue;
    }
    const once = kind <= Token.Tilde && kind !== Token.QuotedNewline ? "bitwise" : kind;
    if (told.has(once)) continue;
    if (kind === Token.QuotedNewline && ++brokenLines > MOST_BROKEN_LINES) continue;
    if (kind !== Token.QuotedNewline) told.add(once);
    problems.push({ ...rejected(kind), start, end });
  }
  return problems;
}

type Message = Pick<Problem, "summary" | "detail">;

function badEncoding(at: number): Problem {
  return {
    summary: "Invalid character encoding",
    detail: "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
    start: at,
    end: at + 1,
  };
}

function invalidCharacter(character: string): Message {
  if (CURLY_QUOTES.includes(character)) {
    return {
      summary: "Invalid character",
      detail:
        '"Curly quotes" are not valid here. These can sometimes be inadvertently introduced when sharing code via documents or discussion forums. It might help to replace the character with a "straight quote".',
    };
  }
  return { summary: "Invalid character", detail: "This character is not used within the language." };
}

function rejected(kind: TokenKind): Message {
  switch (kind) {
    case Token.Ampersand:
      return bitwise(' Did you mean boolean AND ("&&")?');
    case Token.Pipe:
      return bitwise(' Did you mean boolean OR ("||")?');
    case Token.Tilde:
      return bitwise(' Did you mean boolean NOT ("!")?');
    case Token.Caret:
      return bitwise("");
    case Token.Semicolon:
      return character(
        'The ";" character is not valid. Use newlines to separate arguments and blocks, and commas to separate items in collection values.',
      );
    case Token.Apostrophe:
      return character('Single quotes are not valid. Use double quotes (") to enclose strings.');
    case Token.Backtick:
      return character(
        'The "`" character is not valid. To create a multi-line string, use the "heredoc" syntax, like "<<EOT".',
      );
    default:
      return {
        summary: BROKEN_LINE,
        detail:
          'Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \\n escape to represent a newline character or use the "heredoc" multi-line template syntax.',
      };
  }
}

function bitwise(hint: string): Message {
  return { summary: "Unsupported operator", detail: `Bitwise operators are not supported.${hint}` };
}

function character(detail: string): Message {
  return { summary: "Invalid character", detail };
}
