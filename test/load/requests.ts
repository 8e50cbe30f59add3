import { createHash, randomBytes } from "node:crypto";
import type { Answer } from "./answer.ts";

/*
 * What the load asks, and what an application under load answers:
 *
 *   GET /?nonce=X       200, JSON {"version": N, "instance": ID, "pid": P, "nonce": X}
 *   POST /echo?nonce=X  the same with "length" and "sha256" (hexadecimal) of the request's body
 *
 * The nonce makes a wrong answer visible: one that belongs to another request.
 */

/** A request as bytes, and what its answer must be. */
export interface LoadRequest {
  readonly bytes: Buffer;
  readonly nonce: string;
  readonly body: LoadBody | undefined;
}

interface LoadBody {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Bodies to choose from: hashing each anew would be the client's main work. */
const BODIES = 64;
const LONGEST_BODY = 8 * 1024;
/** One POST in five declares no length. */
const CHUNKED_SHARE = 0.2;

export function makeBodies(): readonly LoadBody[] {
  return Array.from({ length: BODIES }, (_, index) => {
    const bytes = randomBytes(index === 0 ? 0 : Math.ceil((LONGEST_BODY * index) / BODIES));
    return { bytes, sha256: createHash("sha256").update(bytes).digest("hex") };
  });
}

/** A GET. */
export function getRequest(host: string, nonce: string, close: boolean): LoadRequest {
  return {
    bytes: Buffer.from(`${head("GET", `/?nonce=${nonce}`, host, close)}\r\n`),
    nonce,
    body: undefined,
  };
}

/** A POST with a body of declared length or in two chunks. */
export function postRequest(host: string, nonce: string, close: boolean, body: LoadBody): LoadRequest {
  const text = head("POST", `/echo?nonce=${nonce}`, host, close);
  const { bytes } = body;
  if (bytes.length > 1 && Math.random() < CHUNKED_SHARE) {
    const half = bytes.length >> 1;
    const chunk = (piece: Buffer) => [
      Buffer.from(`${piece.length.toString(16)}\r\n`),
      piece,
      Buffer.from("\r\n"),
    ];
    const pieces = [
      Buffer.from(`${text}Transfer-Encoding: chunked\r\n\r\n`),
      ...chunk(bytes.subarray(0, half)),
      ...chunk(bytes.subarray(half)),
      Buffer.from("0\r\n\r\n"),
    ];
    return { bytes: Buffer.concat(pieces), nonce, body };
  }
  return {
    bytes: Buffer.concat([Buffer.from(`${text}Content-Length: ${bytes.length}\r\n\r\n`), bytes]),
    nonce,
    body,
  };
}

/** A request whose answer cannot be what is expected: the failure that `-break` plants. */
export function brokenRequest(host: string, nonce: string): LoadRequest {
  return { ...getRequest(host, "planted", false), nonce };
}

function head(method: string, target: string, host: string, close: boolean): string {
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: kiln-load\r\n${close ? "Connection: close\r\n" : ""}`;
}

/** The version that a right answer names, or why it is wrong. */
export function checkAnswer(
  request: LoadRequest,
  answer: Answer,
): { readonly version: string } | { readonly wrong: string } {
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(answer.body.toString("utf8")) as Record<string, unknown>;
  } catch {
    // Whatever it is, it is not what an application answers.
    return { wrong: `no JSON: ${answer.body.toString("latin1", 0, 100)}` };
  }
  if (value["nonce"] !== request.nonce)
    return { wrong: `nonce ${String(value["nonce"])}, not ${request.nonce}` };
  if (request.body !== undefined) {
    if (value["length"] !== request.body.bytes.length) {
      return { wrong: `length ${String(value["length"])}, not ${request.body.bytes.length}` };
    }
    if (value["sha256"] !== request.body.sha256) return { wrong: "sha256 of the body differs" };
  }
  const version = value["version"];
  if (typeof version !== "number" && typeof version !== "string") return { wrong: "no version" };
  return { version: String(version) };
}
