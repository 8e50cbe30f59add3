import { readFields, refusal } from "./fields.ts";
import type { Refusal } from "./fields.ts";
import type { Limits } from "./limits.ts";

/** How long a body is. */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  /** An answer that lasts until its connection ends. */
  | { readonly kind: "close" };

export const NO_BODY: Framing = { kind: "none" };
export const CHUNKED: Framing = { kind: "chunked" };

/** A request head that was understood whole. */
export interface RequestHead {
  readonly refused: false;
  readonly method: string;
  /** In origin form, or `*`. */
  readonly target: string;
  readonly host: string;
  /** 0 or 1. */
  readonly minorVersion: number;
  readonly framing: Framing;
  /** The client keeps its connection open. */
  readonly persistent: boolean;
  readonly expectsContinue: boolean;
  /** The protocol that the client asks to change to, where it is one that is passed on. */
  readonly upgrade: string | undefined;
  /** Field lines to pass on, each with its CRLF. */
  readonly fields: string;
}

const METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}$/;
// RFC 3986's characters, and those that browsers leave as they are in paths and queries ([]^`{|}).
const TARGET = /^[!$-;=?-[\]-~]+$/;
const HOST = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[-._~!$&'()*+,;=%0-9A-Za-z]{1,255})(?::\d{1,5})?$/;
const UPGRADE = /^[-!#$%&'*+.^_`|~0-9A-Za-z/]{1,64}$/;

/**
 * Reads a request head strictly (RFC 9112 3, 5, 6): `text` ends with the empty line. What is ambiguous is
 * refused, since two readers that disagree about it are how requests are smuggled.
 */
export function readRequestHead(text: string, limits: Limits, listen: string): RequestHead | Refusal {
  const lineEnd = text.indexOf("\r\n");
  if (lineEnd > limits.requestLine) return refusal(414, "the request line is too long");
  const line = text.slice(0, lineEnd);
  const first = line.indexOf(" ");
  const last = line.lastIndexOf(" ");
  if (first <= 0 || last === first) return refusal(400, "the request line is malformed");
  const method = line.slice(0, first);
  const version = line.slice(last + 1);
  if (!METHOD.test(method)) return refusal(400, "the method is malformed");
  if (version !== "HTTP/1.1" && version !== "HTTP/1.0") {
    return /^HTTP\/\d\.\d$/.test(version)
      ? refusal(505, "the version is not supported")
      : refusal(400, "the request line is malformed");
  }
  const minorVersion = version === "HTTP/1.1" ? 1 : 0;
  if (method === "CONNECT") return refusal(501, "CONNECT is not supported");
  if (method === "TRACE") return refusal(405, "TRACE is not allowed");

  const fields = readFields(text.slice(lineEnd + 2, text.length - 2), "request", limits.fields);
  if (fields.refused) return fields;
  if (fields.hosts > 1) return refusal(400, "there is more than one Host");
  if (fields.hosts === 0 && minorVersion === 1) return refusal(400, "Host is missing");
  if (fields.hosts === 1 && !HOST.test(fields.host)) return refusal(400, "Host is malformed");
  if (fields.chunked && minorVersion === 0) return refusal(400, "Transfer-Encoding is not known to HTTP/1.0");

  const target = readTarget(line.slice(first + 1, last), method);
  if (target === undefined) return refusal(400, "the target is malformed");
  const expects = minorVersion === 1 ? fields.expect : undefined;
  if (expects !== undefined && expects !== "100-continue") return refusal(417, "Expect is not understood");
  const framing: Framing = fields.chunked
    ? CHUNKED
    : fields.contentLength === undefined || fields.contentLength === 0
      ? NO_BODY
      : { kind: "length", length: fields.contentLength };
  return {
    refused: false,
    method,
    target: target.path,
    host: target.authority ?? (fields.hosts === 1 ? fields.host : listen),
    minorVersion,
    framing,
    persistent: minorVersion === 1 ? !fields.close : fields.keepAlive && !fields.close,
    expectsContinue: expects !== undefined && framing.kind !== "none",
    upgrade: upgradeOf(fields.upgrade, method, framing, minorVersion),
    // A POST without a body still says so.
    fields: fields.contentLength === 0 ? `${fields.kept}Content-Length: 0\r\n` : fields.kept,
  };
}

/** The path and, in absolute form, the authority that replaces Host (RFC 9112 3.2.2). */
function readTarget(target: string, method: string): { path: string; authority?: string } | undefined {
  if (!TARGET.test(target)) return undefined;
  if (target.startsWith("/")) return { path: target };
  if (target === "*") return method === "OPTIONS" ? { path: target } : undefined;
  const absolute = /^https?:\/\/([^/?]*)(.*)$/i.exec(target);
  const authority = absolute?.[1] ?? "";
  const path = absolute?.[2] ?? "";
  if (!HOST.test(authority)) return undefined;
  if (path === "" && method === "OPTIONS") return { path: "*", authority };
  return { path: path.startsWith("/") ? path : `/${path}`, authority };
}

/** Any upgrade is passed on but h2c, which would change the rules behind the proxy's back. */
function upgradeOf(
  upgrade: string | undefined,
  method: string,
  framing: Framing,
  minorVersion: number,
): string | undefined {
  if (upgrade === undefined || minorVersion === 0 || method !== "GET" || framing.kind !== "none") {
    return undefined;
  }
  return UPGRADE.test(upgrade) && !/^h2c?$/i.test(upgrade) ? upgrade : undefined;
}

/** Whether an unfinished head can still become a good one. */
export function refuseUnfinished(text: string, limits: Limits): Refusal | undefined {
  if (/(?:^|[^\r])\n/.test(text)) return refusal(400, "a line ends without CR");
  if (!text.includes("\r\n") && text.length > limits.requestLine) {
    return refusal(414, "the request line is too long");
  }
  if (text.length > limits.head) return refusal(431, "the head is too large");
  return undefined;
}

/** What of a client's connection is told to instances; the same for all its requests. */
export interface Forwarded {
  readonly lines: string;
}

export function forwardedFor(address: string, port: number): Forwarded {
  return {
    lines: `Via: 1.1 kiln\r\nX-Forwarded-For: ${address}\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Port: ${port}\r\n`,
  };
}

/** The head as an instance gets it: framing written anew, never copied. */
export function writeRequestHead(head: RequestHead, forwarded: Forwarded): string {
  const framing =
    head.framing.kind === "length"
      ? `Content-Length: ${head.framing.length}\r\n`
      : head.framing.kind === "chunked"
        ? "Transfer-Encoding: chunked\r\n"
        : "";
  const expect = head.expectsContinue ? "Expect: 100-continue\r\n" : "";
  const upgrade = head.upgrade === undefined ? "" : `Connection: upgrade\r\nUpgrade: ${head.upgrade}\r\n`;
  return (
    `${head.method} ${head.target} HTTP/1.1\r\nHost: ${head.host}\r\n${head.fields}${forwarded.lines}` +
    `X-Forwarded-Host: ${head.host}\r\n${framing}${expect}${upgrade}\r\n`
  );
}
