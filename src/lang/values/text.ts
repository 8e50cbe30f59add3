/** Compares by Unicode code point, which is the order of the texts' UTF-8 bytes. Negative, zero or positive. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left === right) continue;
    // Surrogates stand for code points above every other code unit.
    const leftHigh = left >= 0xd800 && left <= 0xdfff;
    const rightHigh = right >= 0xd800 && right <= 0xdfff;
    if (leftHigh !== rightHigh) return leftHigh ? 1 : -1;
    return left - right;
  }
  return a.length - b.length;
}

const NOT_ASCII = /[^\u0000-\u007f]/; // oxlint-disable-line no-control-regex

/** Whether every character is ASCII. */
export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/** The text as a string value: in normalization form C. Lone surrogates become U+FFFD, as in UTF-8. */
export function stringValue(text: string): string {
  return isAscii(text) ? text : text.toWellFormed().normalize("NFC");
}
