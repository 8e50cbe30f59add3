import type { SourcePosition, SourceRange } from "../../kernel/index.ts";

const BYTE_ORDER_MARK = 0xfeff;
const NOT_ASCII = /[^\u0000-\u007f]/; // oxlint-disable-line no-control-regex

/** The header of a top-level block, for saying where a diagnostic is. */
export interface BlockOutline {
  readonly start: number;
  readonly end: number;
  /** As `resource "kiln_fleet" "web"`. */
  readonly header: string;
}

/**
 * The text of one file. Nodes and tokens count in UTF-16 code units from its start; lines, columns (grapheme
 * clusters) and bytes are worked out only where a range is asked for.
 */
export class Source {
  readonly filename: string;
  readonly text: string;
  /** Offset of the first byte sequence that is not UTF-8; absent: there is none. */
  readonly malformedAt: number | undefined;
  /** The top-level blocks, in order; empty until the file was parsed. */
  outline: readonly BlockOutline[] = [];
  private lineStarts: Int32Array | undefined;
  private lineBytes: Int32Array | undefined;
  private ascii: boolean | undefined;

  constructor(filename: string, content: string | Uint8Array) {
    this.filename = filename;
    const { text, malformedAt } = typeof content === "string" ? { text: content } : decode(content);
    this.text = text;
    this.malformedAt = malformedAt;
  }

  /** Where the language begins: behind a byte order mark. */
  get contentStart(): number {
    return this.text.charCodeAt(0) === BYTE_ORDER_MARK ? 1 : 0;
  }

  /** The position of a code-unit offset; an offset outside the text is taken for its nearest end. */
  position(offset: number): SourcePosition {
    const at = Math.max(0, Math.min(offset, this.text.length));
    const starts = this.lines();
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    const lineStart = starts[low] ?? 0;
    const before = this.text.slice(low === 0 ? Math.min(this.contentStart, at) : lineStart, at);
    if (this.isAscii()) return { line: low + 1, column: before.length + 1, byte: at };
    const byte = (this.byteStarts()[low] ?? 0) + Buffer.byteLength(this.text.slice(lineStart, at));
    return { line: low + 1, column: countGraphemes(before) + 1, byte };
  }

  /** The range between two code-unit offsets. */
  range(start: number, end: number): SourceRange {
    return { filename: this.filename, start: this.position(start), end: this.position(end) };
  }

  /** Offset of the first character of the line that an offset lies in. */
  lineStart(offset: number): number {
    return this.text.lastIndexOf("\n", offset - 1) + 1;
  }

  private lines(): Int32Array {
    if (this.lineStarts !== undefined) return this.lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) starts.push(at + 1);
    this.lineStarts = Int32Array.from(starts);
    return this.lineStarts;
  }

  private byteStarts(): Int32Array {
    if (this.lineBytes !== undefined) return this.lineBytes;
    const starts = this.lines();
    const bytes = new Int32Array(starts.length);
    for (let line = 1; line < starts.length; line++) {
      const previous = starts[line - 1] ?? 0;
      bytes[line] = (bytes[line - 1] ?? 0) + Buffer.byteLength(this.text.slice(previous, starts[line]));
    }
    this.lineBytes = bytes;
    return bytes;
  }

  private isAscii(): boolean {
    this.ascii ??= !NOT_ASCII.test(this.text);
    return this.ascii;
  }
}

/** The number of extended grapheme clusters in a text. */
export function countGraphemes(text: string): number {
  if (!NOT_ASCII.test(text) && !text.includes("\r")) return text.length;
  let count = 0;
  for (const _ of new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(text)) count++;
  return count;
}

function decode(bytes: Uint8Array): { readonly text: string; readonly malformedAt?: number } {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
  const again = Buffer.from(text, "utf8");
  if (again.length === bytes.length && again.equals(bytes)) return { text };
  let at = 0;
  while (at < bytes.length && at < again.length && bytes[at] === again[at]) at++;
  // Back to the start of the character that differs, so that its whole prefix is well formed.
  while (at > 0 && ((again[at] ?? 0) & 0xc0) === 0x80) at--;
  return { text, malformedAt: again.toString("utf8", 0, at).length };
}
