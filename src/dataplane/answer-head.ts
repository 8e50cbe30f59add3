import { readFields, refusal } from "./fields.ts";
import type { Refusal } from "./fields.ts";
import { CHUNKED, NO_BODY } from "./request-head.ts";
import type { Framing } from "./request-head.ts";
import type { Limits } from "./limits.ts";

/** An answer's head that was understood whole. */
export interface AnswerHead {
  readonly refused: false;
  readonly status: number;
  /** `200 OK` as it came. */
  readonly statusText: string;
  readonly framing: Framing;
  /** Content-Length as declared, also where there is no body (HEAD, 304); absent: not declared. */
  readonly declaredLength: number | undefined;
  readonly declaredChunked: boolean;
  /** The instance keeps its connection open. */
  readonly persistent: boolean;
  /** Seconds for which it does; absent: it did not say. */
  readonly keepAliveTimeout: number | undefined;
  readonly upgrade: string | undefined;
  readonly eventStream: boolean;
  /** Field lines to pass on, each with its CRLF. */
  readonly fields: string;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;

/** Reads an answer's head strictly (RFC 9112 4, 6.3): `text` ends with the empty line. */
export function readAnswerHead(text: string, method: string, limits: Limits): AnswerHead | Refusal {
  const lineEnd = text.indexOf("\r\n");
  const line = STATUS_LINE.exec(text.slice(0, lineEnd));
  if (line === null) return refusal(502, "the status line is malformed");
  const status = Number(line[2]);
  const fields = readFields(text.slice(lineEnd + 2, text.length - 2), "answer", limits.fields);
  if (fields.refused) return fields;
  const old = line[1] === "0";
  if (old && fields.chunked) return refusal(502, "Transfer-Encoding is not known to HTTP/1.0");
  const bodyless = status < 200 || status === 204;
  const framing: Framing =
    bodyless || method === "HEAD" || status === 304 || fields.contentLength === 0
      ? NO_BODY
      : fields.chunked
        ? CHUNKED
        : fields.contentLength === undefined
          ? { kind: "close" }
          : { kind: "length", length: fields.contentLength };
  return {
    refused: false,
    status,
    statusText: `${status} ${line[3] ?? ""}`,
    framing,
    declaredLength: bodyless ? undefined : fields.contentLength,
    declaredChunked: !bodyless && fields.chunked,
    persistent: (old ? fields.keepAlive : true) && !fields.close && framing.kind !== "close",
    keepAliveTimeout: fields.keepAliveTimeout,
    upgrade: fields.upgrade,
    eventStream: fields.eventStream,
    fields: fields.kept,
  };
}

/** How an answer goes out: whether the connection stays, and how the body is framed. */
export interface AnswerManner {
  /** HTTP/1.1 clients read chunks. */
  readonly clientMinorVersion: number;
  readonly persistent: boolean;
}

/** The head as a client gets it: framing written anew, nothing added but Via. */
export function writeAnswerHead(head: AnswerHead, manner: AnswerManner): string {
  const framing =
    head.declaredLength !== undefined
      ? `Content-Length: ${head.declaredLength}\r\n`
      : head.declaredChunked && manner.clientMinorVersion === 1
        ? "Transfer-Encoding: chunked\r\n"
        : "";
  const connection = !manner.persistent
    ? "Connection: close\r\n"
    : manner.clientMinorVersion === 0
      ? "Connection: keep-alive\r\n"
      : "";
  return `HTTP/1.1 ${head.statusText}\r\n${head.fields}Via: 1.1 kiln\r\n${connection}${framing}\r\n`;
}

/** A 1xx as a client gets it; 101 with its upgrade. */
export function writeInterimHead(head: AnswerHead): string {
  const upgrade = head.status === 101 ? `Connection: upgrade\r\nUpgrade: ${head.upgrade ?? ""}\r\n` : "";
  return `HTTP/1.1 ${head.statusText}\r\n${head.fields}Via: 1.1 kiln\r\n${upgrade}\r\n`;
}

/** An answer of the proxy's own: a short text. */
export function writeOwnAnswer(
  status: number,
  text: string,
  options: { readonly persistent: boolean; readonly extra?: string; readonly bodyless?: boolean },
): string {
  const body = `Kiln: ${text}\n`;
  const connection = options.persistent ? "" : "Connection: close\r\n";
  return (
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}\r\nContent-Type: text/plain; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nVia: 1.1 kiln\r\n${options.extra ?? ""}${connection}\r\n` +
    (options.bodyless === true ? "" : body)
  );
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  405: "Method Not Allowed",
  408: "Request Timeout",
  413: "Content Too Large",
  414: "URI Too Long",
  417: "Expectation Failed",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
};
