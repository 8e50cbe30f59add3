import { areFieldLines, filterLines } from "./fields.ts";
import type { Framing } from "./request-head.ts";

const MOST_SIZE_DIGITS = 8;
const MOST_TRAILER_BYTES = 8 * 1024;
/** Chunk extensions and size lines may not outweigh the data by more than this. */
const MOST_OVERHEAD = 16 * 1024;

const SIZE = 0;
const EXTENSION = 1;
const SIZE_LF = 2;
const DATA = 3;
const DATA_CR = 4;
const DATA_LF = 5;
const TRAILERS = 6;

/** Trailers that would change what the head said (RFC 9110 6.5.1). */
const FORBIDDEN_TRAILERS = new Set([
  "authorization",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "kiln-lost-instance",
  "max-forwards",
  "proxy-authenticate",
  "proxy-authorization",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "www-authenticate",
]);

/**
 * Finds the end of a body without looking at its content, and says which bytes of each read are to be passed
 * on. A chunked body is passed on with its framing, extensions and forbidden trailers left out; or, for a peer
 * that knows no chunks, its data alone.
 */
export class BodyReader {
  /** The body is complete. */
  done: boolean;
  /** Pairs of start and end in the bytes last read: what to pass on. */
  readonly ranges: number[] = [];
  /** Text to pass on after the ranges. */
  tail = "";
  private readonly kind: Framing["kind"];
  private readonly unframed: boolean;
  private remaining: number;
  private state = SIZE;
  private digits = 0;
  private size = 0;
  private overhead = 0;
  private trailers = "";

  constructor(framing: Framing, unframed = false) {
    this.kind = framing.kind;
    this.unframed = unframed;
    this.remaining = framing.kind === "length" ? framing.length : 0;
    this.done = framing.kind === "none";
  }

  /** Whether between two chunks, or outside of chunks altogether. */
  get atBoundary(): boolean {
    return this.kind !== "chunked" || (this.state === SIZE && this.digits === 0);
  }

  /** Reads on. Returns where the body ended, or `to`; -1 where it is malformed. */
  read(bytes: Buffer, from: number, to: number): number {
    this.ranges.length = 0;
    this.tail = "";
    switch (this.kind) {
      case "none":
        return from;
      case "close":
        if (to > from) this.ranges.push(from, to);
        return to;
      case "length": {
        const end = Math.min(to, from + this.remaining);
        if (end > from) this.ranges.push(from, end);
        this.remaining -= end - from;
        this.done = this.remaining === 0;
        return end;
      }
      case "chunked":
        return this.readChunks(bytes, from, to);
    }
  }

  private readChunks(bytes: Buffer, from: number, to: number): number {
    const framed = !this.unframed;
    let at = from;
    // Start of what is to be passed on and was not yet; -1 where nothing is.
    let mark = framed && this.state !== EXTENSION && this.state !== TRAILERS ? from : -1;
    const flush = (end: number) => {
      if (mark >= 0 && end > mark) this.ranges.push(mark, end);
      mark = -1;
    };
    while (at < to) {
      if (this.state === DATA) {
        const end = Math.min(to, at + this.remaining);
        if (!framed) this.ranges.push(at, end);
        this.remaining -= end - at;
        this.overhead = Math.max(0, this.overhead - (end - at));
        at = end;
        if (this.remaining === 0) this.state = DATA_CR;
        continue;
      }
      if (this.state === TRAILERS) {
        const end = this.readTrailers(bytes, at, to);
        if (end < 0) return -1;
        return end;
      }
      const code = bytes[at] ?? 0;
      if (++this.overhead > MOST_OVERHEAD) return -1;
      switch (this.state) {
        case SIZE: {
          const digit = hexadecimal(code);
          if (digit >= 0) {
            if (++this.digits > MOST_SIZE_DIGITS) return -1;
            this.size = this.size * 16 + digit;
          } else if (this.digits === 0) return -1;
          else if (code === 0x3b) {
            flush(at);
            this.state = EXTENSION;
          } else if (code === 0x0d) this.state = SIZE_LF;
          else return -1;
          break;
        }
        case EXTENSION:
          if (code === 0x0d) {
            if (framed) mark = at;
            this.state = SIZE_LF;
          } else if ((code < 0x20 && code !== 0x09) || code === 0x7f) return -1;
          break;
        case SIZE_LF:
          if (code !== 0x0a) return -1;
          this.remaining = this.size;
          if (this.size === 0) {
            this.state = TRAILERS;
            flush(at + 1);
          } else this.state = DATA;
          this.size = 0;
          this.digits = 0;
          break;
        case DATA_CR:
          if (code !== 0x0d) return -1;
          this.state = DATA_LF;
          break;
        default:
          if (code !== 0x0a) return -1;
          this.state = SIZE;
      }
      at++;
    }
    flush(to);
    return to;
  }

  /** Trailers are held until they are whole, then passed on without the forbidden ones. */
  private readTrailers(bytes: Buffer, from: number, to: number): number {
    const before = this.trailers.length;
    this.trailers += bytes.toString("latin1", from, Math.min(to, from + MOST_TRAILER_BYTES + 4));
    const empty = this.trailers.startsWith("\r\n");
    const end = empty ? 0 : this.trailers.indexOf("\r\n\r\n") + 2;
    if (!empty && end === 1) {
      return this.trailers.length > MOST_TRAILER_BYTES || /(?:^|[^\r])\n/.test(this.trailers) ? -1 : to;
    }
    const lines = this.trailers.slice(0, end);
    if (end > MOST_TRAILER_BYTES || !areFieldLines(lines)) return -1;
    if (!this.unframed) {
      this.tail = `${filterLines(lines, (name) => !FORBIDDEN_TRAILERS.has(name) && !name.startsWith("x-forwarded-") && !name.includes("_"))}\r\n`;
    }
    this.trailers = "";
    this.done = true;
    return from + end + 2 - before;
  }
}

function hexadecimal(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  const lower = code | 32;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
