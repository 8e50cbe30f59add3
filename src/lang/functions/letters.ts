import { isAscii } from "../values/index.ts";

/*
 * The language maps single code points to single code points, knows no context, and leaves alone what only whole
 * strings could express ("ß" stays "ß" in capitals).
 */

/** Capitals. */
export function upperText(text: string): string {
  return isAscii(text) ? text.toUpperCase() : mapCharacters(text, upperCharacter);
}

/** Small letters. */
export function lowerText(text: string): string {
  return isAscii(text) ? text.toLowerCase() : mapCharacters(text, lowerCharacter);
}

function mapCharacters(text: string, change: (character: string) => string): string {
  let result = "";
  for (const character of text) result += change(character);
  return result;
}

function upperCharacter(character: string): string {
  const upper = character.toUpperCase();
  if (Array.from(upper).length === 1) return upper;
  const code = character.codePointAt(0) ?? 0;
  // Greek letters with a subscript iota have a single capital, which the full mapping writes as two letters.
  if (code >= 0x1f80 && code <= 0x1faf) return String.fromCodePoint(code | 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  return character;
}

function lowerCharacter(character: string): string {
  const lower = character.toLowerCase();
  return character === "\u0130" ? "i" : Array.from(lower).length === 1 ? lower : character;
}

/** Each letter at the beginning of a word as a capital; words end at all but letters, digits and underscores. */
export function titleText(text: string): string {
  let result = "";
  let previous = " ";
  for (const character of text) {
    result += endsWord(previous) ? (DIGRAPHS.get(character) ?? upperCharacter(character)) : character;
    previous = character;
  }
  return result;
}

/** Letters that are two in one: only the first becomes a capital. */
const DIGRAPHS: ReadonlyMap<string, string> = new Map(
  ["Ǆǅǆ", "Ǉǈǉ", "Ǌǋǌ", "Ǳǲǳ"].flatMap((group) =>
    Array.from(group).map((from) => [from, group.charAt(1)] as const),
  ),
);

function endsWord(character: string): boolean {
  if (isAscii(character)) return !/[A-Za-z0-9_]/.test(character);
  return !/[\p{L}\p{Nd}]/u.test(character) && SPACE.test(character);
}

const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

/** Without Unicode white space at both ends (which U+200B and U+FEFF are not). */
export function trimSpace(text: string): string {
  return trimWhere(text, (character) => SPACE.test(character));
}

/** Without any of the characters of `cutset` at both ends. */
export function trimText(text: string, cutset: string): string {
  const cut = new Set(cutset);
  return trimWhere(text, (character) => cut.has(character));
}

function trimWhere(text: string, cut: (character: string) => boolean): string {
  const characters = Array.from(text);
  let start = 0;
  let end = characters.length;
  while (start < end && cut(characters[start] ?? "")) start++;
  while (end > start && cut(characters[end - 1] ?? "")) end--;
  return characters.slice(start, end).join("");
}
