/** One HTTP/1.1 answer, read from a connection's bytes: whole, or a reason why it is none. */
export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

export type ReadResult =
  | { readonly kind: "more" }
  | { readonly kind: "answer"; readonly answer: Answer; readonly rest: Buffer }
  | { readonly kind: "malformed"; readonly reason: string };

/**
 * Reads an answer from all bytes that came so far; `ended` says that no more will come. It knows just what the
 * load needs, and shares no code with the proxy, so that it cannot share its mistakes.
 */
export function readAnswer(bytes: Buffer, ended: boolean): ReadResult {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return { kind: "more" };
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return { kind: "malformed", reason: `status line ${statusLine}` };
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon <= 0) return { kind: "malformed", reason: `field line ${line}` };
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const from = headEnd + 4;
  if (status < 200) return readAnswer(bytes.subarray(from), ended);
  if (fields.get("transfer-encoding") === "chunked") return readChunks(bytes, from, status, fields);
  const declared = fields.get("content-length");
  if (declared === undefined) {
    if (!ended) return { kind: "more" };
    return { kind: "answer", answer: { status, fields, body: bytes.subarray(from) }, rest: Buffer.alloc(0) };
  }
  const end = from + Number(declared);
  if (bytes.length < end) return { kind: "more" };
  return {
    kind: "answer",
    answer: { status, fields, body: bytes.subarray(from, end) },
    rest: bytes.subarray(end),
  };
}

function readChunks(
  bytes: Buffer,
  start: number,
  status: number,
  fields: ReadonlyMap<string, string>,
): ReadResult {
  const pieces: Buffer[] = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return { kind: "more" };
    const line = bytes.toString("latin1", at, lineEnd);
    if (!/^[0-9a-f]+$/i.test(line)) return { kind: "malformed", reason: `chunk size ${line}` };
    const size = Number.parseInt(line, 16);
    const dataEnd = lineEnd + 2 + size;
    if (bytes.length < dataEnd + 2) return { kind: "more" };
    if (bytes[dataEnd] !== 0x0d || bytes[dataEnd + 1] !== 0x0a) {
      return { kind: "malformed", reason: "no CRLF after a chunk" };
    }
    if (size === 0) {
      const body = Buffer.concat(pieces);
      return { kind: "answer", answer: { status, fields, body }, rest: bytes.subarray(dataEnd + 2) };
    }
    pieces.push(bytes.subarray(lineEnd + 2, dataEnd));
    at = dataEnd + 2;
  }
}
