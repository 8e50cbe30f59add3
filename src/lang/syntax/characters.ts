const ID_START = /^[\p{ID_Start}_]/u;
const ID_CONTINUE = /^[\p{ID_Continue}-]/u;
const SPACE = /^\p{White_Space}$/u;

/** Whether an ASCII digit. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The length in code units of the identifier that begins at an offset; 0: none does. */
export function identifierLength(text: string, start: number): number {
  let at = start;
  for (;;) {
    const code = text.charCodeAt(at);
    if ((code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95) {
      at++;
    } else if ((code >= 48 && code <= 57) || code === 45) {
      if (at === start) return 0;
      at++;
    } else if (code >= 128) {
      const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
      if (!(at === start ? ID_START : ID_CONTINUE).test(character)) return at - start;
      at += character.length;
    } else {
      return at - start;
    }
  }
}

/** White space as Unicode has it, of one code unit: also no-break space and U+0085. */
export function isSpace(code: number): boolean {
  if (code < 128) return code === 32 || (code >= 9 && code <= 13);
  return SPACE.test(String.fromCharCode(code));
}

/** The text without white space at its start. */
export function trimStart(text: string): string {
  let at = 0;
  while (at < text.length && isSpace(text.charCodeAt(at))) at++;
  return text.slice(at);
}

/** The text without white space at its end. */
export function trimEnd(text: string): string {
  let at = text.length;
  while (at > 0 && isSpace(text.charCodeAt(at - 1))) at--;
  return text.slice(0, at);
}
