import { isDigit } from "./characters.ts";
import type { Cursor } from "./cursor.ts";
import type { Span } from "./ast.ts";

/** The text of a token of a quoted string: escapes are resolved, and the wrong ones reported and kept as written. */
export function quotedText(cursor: Cursor, { start, end }: Span): string {
  const text = cursor.source.text;
  let result = "";
  let from = start;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 92) {
      const length = escapeLength(text, at, end);
      result += text.slice(from, at) + escaped(cursor, at, at + length);
      from = at + length;
      at = from - 1;
    } else if (isDoubled(text, at, end, code)) {
      result += text.slice(from, at);
      from = at + 1;
      at += 2;
    }
  }
  return result === "" && from === start ? text.slice(start, end) : result + text.slice(from, end);
}

/** The text of a token of a heredoc or bare template: `$${` is `${`, and nothing else is escaped. */
export function plainText(text: string, { start, end }: Span): string {
  let result = "";
  let from = start;
  for (let at = start; at < end; at++) {
    const code = text.charCodeAt(at);
    if (!isDoubled(text, at, end, code)) continue;
    result += text.slice(from, at);
    from = at + 1;
    at += 2;
  }
  return from === start ? text.slice(start, end) : result + text.slice(from, end);
}

function isDoubled(text: string, at: number, end: number, code: number): boolean {
  return (
    (code === 36 || code === 37) &&
    at + 2 < end &&
    text.charCodeAt(at + 1) === code &&
    text.charCodeAt(at + 2) === 123
  );
}

const SIMPLE: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ['"', '"'],
  ["\\", "\\"],
]);

function escapeLength(text: string, at: number, end: number): number {
  const selector = text.charCodeAt(at + 1);
  const wanted = selector === 117 ? 4 : selector === 85 ? 8 : 0;
  if (wanted === 0) return Math.min((text.codePointAt(at + 1) ?? 0) > 0xffff ? 3 : 2, end - at);
  let digits = 0;
  while (digits < wanted && at + 2 + digits < end && isHexadecimal(text.charCodeAt(at + 2 + digits)))
    digits++;
  return digits + 2;
}

function isHexadecimal(code: number): boolean {
  return isDigit(code) || (code >= 65 && code <= 70) || (code >= 97 && code <= 102);
}

function escaped(cursor: Cursor, start: number, end: number): string {
  const written = cursor.source.text.slice(start, end);
  const selector = written.slice(1);
  const simple = SIMPLE.get(selector);
  if (simple !== undefined) return simple;
  const wrong = (detail: string): string => {
    cursor.problem("Invalid escape sequence", detail, { start, end });
    return written;
  };
  const letter = selector.charAt(0);
  if (letter === "") return wrong("Backslash must be followed by an escape sequence selector character.");
  if (letter !== "u" && letter !== "U") {
    return wrong(`The symbol ${JSON.stringify(selector)} is not a valid escape sequence selector.`);
  }
  const digits = selector.slice(1);
  if (digits.length !== (letter === "u" ? 4 : 8)) {
    const wanted = letter === "u" ? "four" : "eight";
    return wrong(`The \\${letter} escape sequence must be followed by ${wanted} hexadecimal digits.`);
  }
  const codePoint = Number.parseInt(digits, 16);
  if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) {
    const shown = codePoint.toString(16).toUpperCase().padStart(4, "0");
    return wrong(`Cannot encode character U+${shown} in UTF-8.`);
  }
  return String.fromCodePoint(codePoint);
}
