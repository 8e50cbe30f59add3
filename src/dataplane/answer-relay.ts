import { readAnswerHead, writeAnswerHead, writeInterimHead } from "./answer-head.ts";
import { BodyReader } from "./body-reader.ts";
import type { Limits } from "./limits.ts";
import type { Framing, RequestHead } from "./request-head.ts";

/** Where an answer goes. */
interface AnswerSink {
  readonly leaving: boolean;
  send(data: string | Buffer): boolean;
}

/** What reading on led to. */
export type RelayResult =
  | "more"
  /** The client should catch up first. */
  | "full"
  | "complete"
  /** The answer breaks the rules; if nothing was passed on, another answer can be given. */
  | "malformed"
  /** 101: what follows belongs to the new protocol; `rest` has what came already. */
  | "upgraded";

/** Above this size an answer that came whole goes out as bytes, below as one string. */
const LONGEST_STRING = 8 * 1024;
const MOST_INTERIM = 32;

/** Passes one answer on: reads its head, then counts its body's bytes. */
export class AnswerRelay {
  /** Bytes of the final answer have gone to the client. */
  begun = false;
  /** The instance's connection can carry another request. */
  reusable = false;
  /** The client's connection can. */
  persistent = false;
  keepAliveTimeout: number | undefined;
  /** Status of a final head that was just read; the reader takes it away. */
  newHead: number | undefined;
  rest: Buffer | undefined;
  private readonly request: RequestHead;
  private readonly sink: AnswerSink;
  private readonly limits: Limits;
  private text = "";
  private body: BodyReader | undefined;
  private framing: Framing["kind"] = "none";
  private eventStream = false;
  private leaving = false;
  /** The last bytes that were passed on of a stream of events. */
  private last = "";
  private interim = 0;

  constructor(request: RequestHead, sink: AnswerSink, limits: Limits) {
    this.request = request;
    this.sink = sink;
    this.limits = limits;
  }

  /** The end of the connection is the end of the answer. */
  get endsWithConnection(): boolean {
    return this.body !== undefined && this.framing === "close";
  }

  read(bytes: Buffer, length: number, requestDone: boolean): RelayResult {
    if (this.body !== undefined) return this.pass("", this.body, bytes, 0, length);
    let from = 0;
    while (from < length) {
      const before = this.text.length;
      this.text += bytes.toString("latin1", from, Math.min(length, from + this.limits.head + 4));
      const end = this.text.indexOf("\r\n\r\n", Math.max(0, before - 3));
      if (end < 0 || end > this.limits.head) {
        return this.text.length > this.limits.head || /(?:^|[^\r])\n/.test(this.text) ? "malformed" : "more";
      }
      const head = readAnswerHead(this.text.slice(0, end + 4), this.request.method, this.limits);
      this.text = "";
      from += end + 4 - before;
      if (head.refused) return "malformed";
      if (head.status === 101) {
        if (head.upgrade === undefined || this.request.upgrade === undefined) return "malformed";
        this.begun = true;
        this.newHead = head.status;
        this.rest = from < length ? Buffer.from(bytes.subarray(from, length)) : undefined;
        this.sink.send(writeInterimHead(head));
        return "upgraded";
      }
      if (head.status < 200) {
        if (++this.interim > MOST_INTERIM) return "malformed";
        if (this.request.minorVersion === 1) this.sink.send(writeInterimHead(head));
        continue;
      }
      const clientMinorVersion = this.request.minorVersion;
      this.framing = head.framing.kind;
      this.persistent =
        this.request.persistent &&
        requestDone &&
        !this.sink.leaving &&
        this.framing !== "close" &&
        (clientMinorVersion === 1 || head.framing.kind !== "chunked");
      this.reusable = head.persistent;
      this.keepAliveTimeout = head.keepAliveTimeout;
      this.newHead = head.status;
      this.eventStream = head.eventStream && head.framing.kind !== "length";
      this.body = new BodyReader(head.framing, clientMinorVersion === 0);
      const text = writeAnswerHead(head, { clientMinorVersion, persistent: this.persistent });
      return this.pass(text, this.body, bytes, from, length);
    }
    return "more";
  }

  /** Ends a stream of events at an event's end, now or as soon as there is one. Returns whether it has. */
  leave(): boolean {
    this.leaving = true;
    if (!this.eventStream || this.body === undefined || !this.atEventBoundary(this.body)) return false;
    if (this.framing === "chunked" && this.request.minorVersion === 1) this.sink.send("0\r\n\r\n");
    this.reusable = false;
    return true;
  }

  private pass(head: string, body: BodyReader, bytes: Buffer, from: number, to: number): RelayResult {
    const end = body.read(bytes, from, to);
    if (end < 0) return "malformed";
    const data = assemble(head, bytes, body);
    // Bytes after an answer belong to none: the connection is not used again.
    if (end < to) this.reusable = false;
    let room = true;
    if (data.length > 0) {
      this.begun = true;
      room = this.sink.send(data);
      if (this.eventStream) {
        const from = Math.max(head.length, data.length - 6);
        const text = typeof data === "string" ? data.slice(from) : data.toString("latin1", from);
        this.last = (this.last + text).slice(-6);
      }
    }
    if (body.done) return "complete";
    if (this.leaving && this.leave()) return "complete";
    return room ? "more" : "full";
  }

  private atEventBoundary(body: BodyReader): boolean {
    if (!body.atBoundary) return false;
    if (this.last === "") return true;
    // With chunks the last thing that was passed on is the CRLF that ends one.
    const framed = this.framing === "chunked" && this.request.minorVersion === 1;
    return framed ? /(?:\n\n|\r\r|\r\n\r\n)\r\n$/.test(this.last) : /(?:\n\n|\r\r|\r\n\r\n)$/.test(this.last);
  }
}

/** Head and what came of the body in one piece, so that a short answer goes out in one write. */
function assemble(head: string, bytes: Buffer, body: BodyReader): string | Buffer {
  const { ranges, tail } = body;
  let size = 0;
  for (let index = 0; index < ranges.length; index += 2) {
    size += (ranges[index + 1] ?? 0) - (ranges[index] ?? 0);
  }
  if (size <= LONGEST_STRING) {
    let text = head;
    for (let index = 0; index < ranges.length; index += 2) {
      text += bytes.toString("latin1", ranges[index], ranges[index + 1]);
    }
    return tail === "" ? text : text + tail;
  }
  const whole = Buffer.allocUnsafe(head.length + size + tail.length);
  let at = whole.write(head, 0, "latin1");
  for (let index = 0; index < ranges.length; index += 2) {
    at += bytes.copy(whole, at, ranges[index], ranges[index + 1]);
  }
  whole.write(tail, at, "latin1");
  return whole;
}
