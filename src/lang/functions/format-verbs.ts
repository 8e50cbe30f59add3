import { quoteText } from "./quote.ts";

/** One verb of a format string, such as `%-5.2f`. */
export interface Verb {
  readonly mode: string;
  /** As it is written. */
  readonly raw: string;
  /** Offset in bytes of UTF-8. */
  readonly offset: number;
  /** Which argument, from 1. */
  readonly argument: number;
  readonly flags: ReadonlySet<string>;
  readonly width?: number;
  readonly precision?: number;
}

/** What is wrong with the rest of a format string; reported when formatting gets there. */
export interface Malformed {
  readonly problem: string;
}

/** A format string in parts: texts and verbs, and at the end perhaps what is no verb. */
export type FormatParts = readonly (string | Verb | Malformed)[];

const VERB = /%([ +#0-]*)([1-9]\d*)?(?:\.(\d+))?(?:\[([1-9]\d*)\])?([A-Za-z])/y;

/** Widest field, and most digits. */
const WIDEST = 1_000_000;

/** Takes a format string apart. */
export function parseFormat(format: string): FormatParts {
  const parts: (string | Verb | Malformed)[] = [];
  let at = 0;
  let next = 1;
  while (at < format.length) {
    const percent = format.indexOf("%", at);
    if (percent < 0) break;
    if (percent > at) parts.push(format.slice(at, percent));
    if (format[percent + 1] === "%") {
      parts.push("%");
      at = percent + 2;
      continue;
    }
    VERB.lastIndex = percent;
    const match = VERB.exec(format);
    if (match === null) return [...parts, { problem: malformed(format, percent) }];
    const [raw, flags = "", width, precision, index, mode = ""] = match;
    const argument = index === undefined ? next : Number(index);
    if (Number(width ?? 0) > WIDEST || Number(precision ?? 0) > WIDEST) {
      return [...parts, { problem: `the field ${quoteText(raw)} is too wide` }];
    }
    next = argument + 1;
    parts.push({
      mode,
      raw,
      offset: Buffer.byteLength(format.slice(0, percent)),
      argument,
      flags: new Set(flags),
      ...(width === undefined ? {} : { width: Number(width) }),
      ...(precision === undefined ? {} : { precision: Number(precision) }),
    });
    at = percent + raw.length;
  }
  if (at < format.length) parts.push(format.slice(at));
  return parts;
}

function malformed(format: string, percent: number): string {
  const begun =
    /^%[ +#0-]*(?:[1-9]\d*)?(?:\.\d*)?(?:\[(?:[1-9]\d*)?\]?)?/.exec(format.slice(percent))?.[0] ?? "%";
  const end = percent + begun.length;
  const offset = Buffer.byteLength(format.slice(0, end));
  const wrong = format.codePointAt(end);
  return wrong === undefined
    ? `invalid format string starting at offset ${offset}`
    : `unrecognized format character '${String.fromCodePoint(wrong)}' at offset ${offset}`;
}
