/*
 * The fields of a head, read strictly (RFC 9110 5, RFC 9112 5) in one pass over one latin1 string: what
 * decides framing and routing is taken out, hop-by-hop fields are dropped, the rest is passed on as it came.
 */

/** Why a message is not understood. The text goes to the peer. */
export interface Refusal {
  readonly refused: true;
  readonly status: number;
  readonly reason: string;
}

export function refusal(status: number, reason: string): Refusal {
  return { refused: true, status, reason };
}

export interface Fields {
  readonly refused: false;
  /** The lines to pass on, each with its CRLF. */
  readonly kept: string;
  /** How many Host fields there were, and the last one's value. */
  readonly hosts: number;
  readonly host: string;
  /** Absent: not declared. */
  readonly contentLength: number | undefined;
  readonly chunked: boolean;
  readonly close: boolean;
  readonly keepAlive: boolean;
  /** The protocols of Upgrade, where Connection names it too. */
  readonly upgrade: string | undefined;
  readonly expect: string | undefined;
  /** `Keep-Alive: timeout=N`, in seconds. */
  readonly keepAliveTimeout: number | undefined;
  /** The answer is a stream of server-sent events. */
  readonly eventStream: boolean;
}

// One pass by the regular expression engine; a name is a token, a value has no controls but tab.
const FIELD_LINES = /^(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const DIGITS = /^\d{1,15}$/;
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** What Connection may not name: a client could strip what the proxy, or the application, relies on. */
const NEVER_NAMED = new Set([
  "host",
  "content-length",
  "transfer-encoding",
  "authorization",
  "cookie",
  "set-cookie",
  "forwarded",
  "via",
]);

/** Reads a block of field lines, each with its CRLF, without the empty line. */
export function readFields(block: string, side: "request" | "answer", most: number): Fields | Refusal {
  const bad = side === "request" ? 400 : 502;
  if (!FIELD_LINES.test(block)) return refusal(bad, "a field line is malformed");
  const underscores = side === "request" && block.includes("_");
  let kept = "";
  let keptFrom = 0;
  let count = 0;
  let hosts = 0;
  let host = "";
  let contentLength: number | undefined;
  let chunked = false;
  let close = false;
  let keepAlive = false;
  let named: string[] | undefined;
  let upgradeNamed = false;
  let upgrade: string | undefined;
  let expect: string | undefined;
  let keepAliveTimeout: number | undefined;
  let eventStream = false;
  for (let start = 0; start < block.length;) {
    const end = block.indexOf("\r\n", start);
    const colon = block.indexOf(":", start);
    if (++count > most) return refusal(side === "request" ? 431 : 502, `there are more than ${most} fields`);
    const name = recognizable(block, start, colon) ? block.slice(start, colon).toLowerCase() : "";
    let drop = false;
    switch (name) {
      case "host":
        if (side === "answer") break;
        hosts++;
        host = trimmed(block, colon + 1, end);
        drop = true;
        break;
      case "content-length": {
        const value = trimmed(block, colon + 1, end);
        if (!DIGITS.test(value)) return refusal(bad, "Content-Length is no number");
        const length = Number(value);
        if (contentLength !== undefined && contentLength !== length) {
          return refusal(bad, "Content-Length is there twice and differs");
        }
        contentLength = length;
        drop = true;
        break;
      }
      case "transfer-encoding":
        if (chunked || trimmed(block, colon + 1, end).toLowerCase() !== "chunked") {
          return refusal(bad, "Transfer-Encoding is not exactly `chunked`");
        }
        chunked = true;
        drop = true;
        break;
      case "connection":
        for (const part of block.slice(colon + 1, end).split(",")) {
          const option = trimmed(part, 0, part.length).toLowerCase();
          if (option === "close") close = true;
          else if (option === "keep-alive") keepAlive = true;
          else if (option === "upgrade") upgradeNamed = true;
          else if (option === "") continue;
          else if (!TOKEN.test(option)) return refusal(bad, "Connection is malformed");
          else (named ??= []).push(option);
        }
        drop = true;
        break;
      case "keep-alive":
        keepAliveTimeout = timeoutOf(block.slice(colon + 1, end));
        drop = true;
        break;
      case "upgrade":
        upgrade = trimmed(block, colon + 1, end);
        drop = true;
        break;
      case "expect":
        if (side === "answer") break;
        expect = trimmed(block, colon + 1, end).toLowerCase();
        drop = true;
        break;
      case "te":
        // Only the willingness to receive trailers outlives a hop.
        drop = trimmed(block, colon + 1, end).toLowerCase() !== "trailers";
        break;
      case "content-type":
        eventStream = block
          .slice(colon + 1, end)
          .toLowerCase()
          .includes("text/event-stream");
        break;
      case "proxy-connection":
      case "proxy-authorization":
      case "kiln-lost-instance":
        drop = true;
        break;
      case "forwarded":
      case "x-forwarded-for":
      case "x-forwarded-host":
      case "x-forwarded-port":
      case "x-forwarded-proto":
        drop = side === "request";
        break;
      default:
        // Servers that follow CGI read `X_Forwarded_For` as `X-Forwarded-For`; `Kiln-` is the proxy's to set.
        drop =
          side === "request" &&
          ((underscores && block.slice(start, colon).includes("_")) || name.startsWith("kiln-"));
    }
    if (drop) {
      if (start > keptFrom) kept += block.slice(keptFrom, start);
      keptFrom = end + 2;
    }
    start = end + 2;
  }
  kept = keptFrom === 0 ? block : kept + block.slice(keptFrom);
  if (chunked && contentLength !== undefined) {
    return refusal(bad, "both Transfer-Encoding and Content-Length are there");
  }
  if (named !== undefined) kept = withoutNamed(kept, named);
  return {
    refused: false,
    kept,
    hosts,
    host,
    contentLength,
    chunked,
    close,
    keepAlive,
    upgrade: upgradeNamed && upgrade !== undefined && upgrade !== "" ? upgrade : undefined,
    expect,
    keepAliveTimeout,
    eventStream,
  };
}

/** Whether the name may be one that is looked at: by its length, and by its first letter for `Kiln-`. */
function recognizable(block: string, start: number, colon: number): boolean {
  if ((block.charCodeAt(start) | 32) === 0x6b) return true;
  switch (colon - start) {
    case 2:
    case 4:
    case 6:
    case 7:
    case 9:
    case 10:
    case 12:
    case 14:
    case 15:
    case 16:
    case 17:
    case 19:
      return true;
    default:
      return false;
  }
}

/** The text between, without spaces and tabs around it. `trim` would also take U+00A0, which is data here. */
export function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function timeoutOf(value: string): number | undefined {
  const seconds = /(?:^|[\s,])timeout=(\d{1,6})(?:$|[\s,;])/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}

/** Drops the lines that Connection names (RFC 9110 7.6.1), but for those that it may not. */
export function withoutNamed(lines: string, named: readonly string[]): string {
  const dropped = new Set(named.filter((name) => !NEVER_NAMED.has(name) && !name.startsWith("x-forwarded-")));
  return filterLines(lines, (name) => !dropped.has(name));
}

/** Keeps the lines whose name, in lower case, is wanted. */
export function filterLines(lines: string, wanted: (name: string) => boolean): string {
  let kept = "";
  for (let start = 0; start < lines.length;) {
    const end = lines.indexOf("\r\n", start) + 2;
    if (wanted(lines.slice(start, lines.indexOf(":", start)).toLowerCase())) kept += lines.slice(start, end);
    start = end;
  }
  return kept;
}

/** Whether a block of lines is well formed. */
export function areFieldLines(block: string): boolean {
  return FIELD_LINES.test(block);
}
