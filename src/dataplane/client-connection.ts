import type { Socket } from "node:net";
import type { Milliseconds } from "../kernel/index.ts";
import { writeOwnAnswer } from "./answer-head.ts";
import type { ActiveRoute } from "./balancer.ts";
import { BodyReader } from "./body-reader.ts";
import { Exchange } from "./exchange.ts";
import type { ClientSide, ExchangeContext } from "./exchange-context.ts";
import { refusal } from "./fields.ts";
import type { Refusal } from "./fields.ts";
import { forwardedFor, readRequestHead, refuseUnfinished } from "./request-head.ts";
import type { Forwarded } from "./request-head.ts";

/** What a connection needs of its listener. */
export interface ClientHost {
  readonly route: ActiveRoute | undefined;
  /** `127.0.0.1:8080`: the host of a request that names none. */
  readonly authority: string;
  readonly port: number;
}

type State =
  /** Between requests, or within a head. */
  | "head"
  | "exchange"
  | "tunnel"
  /** The last answer is out; what still comes is read and dropped (RFC 9112 9.6). */
  | "lingering"
  | "closed";

/** One client's connection: its requests one after the other, each answered before the next is looked at. */
export class ClientConnection implements ClientSide {
  readonly socket: Socket;
  readonly forwarded: Forwarded;
  leaving = false;
  private idleTime: Milliseconds;
  private readonly host: ClientHost;
  private readonly context: ExchangeContext;
  private state: State = "head";
  /** Bytes that were not looked at yet. */
  private input: Buffer | undefined;
  private exchange: Exchange | undefined;
  private body: BodyReader | undefined;
  private bodyPaused = false;
  private advancing = false;
  private inputEnded = false;
  /** When the state's clock began: idle, first byte of a head, lingering. */
  private since: Milliseconds;
  private headBegun = false;
  private windowSince: Milliseconds = 0;
  private windowBytes = 0;

  constructor(socket: Socket, host: ClientHost, context: ExchangeContext) {
    this.socket = socket;
    this.host = host;
    this.context = context;
    this.since = context.now();
    this.idleTime = context.limits.idleTime;
    this.forwarded = forwardedFor(socket.remoteAddress ?? "unknown", host.port);
    socket.on("data", (chunk: Buffer) => this.received(chunk));
    socket.on("end", () => this.ended());
    socket.on("drain", () => this.exchange?.clientDrained());
    socket.on("error", () => this.gone());
    socket.on("close", () => this.gone());
  }

  get route(): ActiveRoute | undefined {
    return this.host.route;
  }

  send(data: string | Buffer): boolean {
    return typeof data === "string" ? this.socket.write(data, "latin1") : this.socket.write(data);
  }

  pauseBody(): void {
    if (this.bodyPaused) return;
    this.bodyPaused = true;
    this.socket.pause();
  }

  resumeBody(): void {
    if (!this.bodyPaused) return;
    this.bodyPaused = false;
    this.windowSince = this.context.now();
    this.windowBytes = 0;
    this.socket.resume();
  }

  finished(persistent: boolean): void {
    this.exchange = undefined;
    this.body = undefined;
    this.bodyPaused = false;
    if (!persistent) {
      this.linger();
      return;
    }
    this.state = "head";
    this.since = this.context.now();
    this.headBegun = false;
    if (this.socket.isPaused()) this.socket.resume();
    if (!this.advancing) this.advance();
  }

  tunnelled(): void {
    this.state = "tunnel";
    const early = this.input;
    this.input = undefined;
    if (early !== undefined) this.exchange?.fromTunnel(early);
    if (this.inputEnded) this.exchange?.tunnelEnded();
  }

  cut(): void {
    // A reset, since the mere end would look like the end of an answer without a length.
    // (libuv refuses to reset what is being shut down, and the handle would leak.)
    if (this.socket.writableEnded) this.socket.destroy();
    else this.socket.resetAndDestroy();
  }

  /** The listener or the proxy ends: the next answer is the last, and without a request it ends after `idleTime`. */
  leave(idleTime: Milliseconds): void {
    this.leaving = true;
    this.idleTime = Math.min(this.idleTime, idleTime);
  }

  /** Looks at the clock. */
  tick(now: Milliseconds): void {
    const { limits } = this.context;
    const age = now - this.since;
    switch (this.state) {
      case "head":
        if (this.headBegun) {
          if (age > limits.headTime) this.refuse(refusal(408, "the request's head took too long"));
        } else if (age > this.idleTime) this.linger();
        break;
      case "exchange":
        this.checkRate(now);
        this.exchange?.tick(now);
        break;
      case "tunnel":
        this.exchange?.tick(now);
        break;
      case "lingering":
        if (!this.socket.writableFinished && age < limits.betweenBytesTime) break;
        if (age > limits.lingerTime) this.socket.destroy();
        break;
      case "closed":
    }
  }

  private received(chunk: Buffer): void {
    switch (this.state) {
      case "head":
        this.input = this.input === undefined ? chunk : Buffer.concat([this.input, chunk]);
        this.advance();
        break;
      case "exchange":
        if (this.body !== undefined) this.readBody(chunk);
        else this.wait(chunk);
        break;
      case "tunnel":
        this.exchange?.fromTunnel(chunk);
        break;
      case "lingering":
      case "closed":
    }
  }

  /** Starts as many requests as are there, one at a time. */
  private advance(): void {
    this.advancing = true;
    while (this.state === "head" && this.input !== undefined) {
      if (!this.readHead(this.input)) break;
    }
    this.advancing = false;
    if (this.state === "head" && this.inputEnded) this.linger();
  }

  /** Reads a head and starts its exchange. Returns false where more bytes are needed, or none are wanted. */
  private readHead(input: Buffer): boolean {
    const { limits } = this.context;
    // One empty line before a request is ignored (RFC 9112 2.2).
    const from = input[0] === 0x0d && input[1] === 0x0a ? 2 : 0;
    const text = input.toString("latin1", from, Math.min(input.length, from + limits.head + 4));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) {
      const refused = refuseUnfinished(text, limits);
      if (refused !== undefined) this.refuse(refused);
      else if (!this.headBegun) {
        this.headBegun = true;
        this.since = this.context.now();
      }
      return false;
    }
    const head = readRequestHead(text.slice(0, end + 4), limits, this.host.authority);
    if (head.refused) {
      this.refuse(head);
      return false;
    }
    const bodyFrom = from + end + 4;
    this.input = undefined;
    this.state = "exchange";
    const exchange = new Exchange(head, this, this.context);
    this.exchange = exchange;
    if (head.framing.kind !== "none") {
      this.body = new BodyReader(head.framing);
      this.windowSince = head.expectsContinue ? Number.POSITIVE_INFINITY : this.context.now();
      this.windowBytes = 0;
    }
    if (bodyFrom < input.length) {
      const rest = input.subarray(bodyFrom);
      if (this.body === undefined) this.input = rest;
      else this.readBody(rest);
    }
    // A body that breaks the rules has ended it already.
    if (this.exchange === exchange) exchange.start();
    return true;
  }

  private readBody(chunk: Buffer): void {
    const { body, exchange } = this;
    if (body === undefined || exchange === undefined) return;
    if (this.windowSince === Number.POSITIVE_INFINITY) this.windowSince = this.context.now();
    this.windowBytes += chunk.length;
    const end = body.read(chunk, 0, chunk.length);
    if (end < 0) {
      this.abandon(refusal(400, "the body's chunks are malformed"));
      return;
    }
    const { ranges, tail } = body;
    if (body.done) {
      this.body = undefined;
      exchange.bodyEnded();
      if (end < chunk.length) this.wait(chunk.subarray(end));
    }
    for (let index = 0; index < ranges.length; index += 2) {
      exchange.body(chunk.subarray(ranges[index], ranges[index + 1]));
    }
    if (tail !== "") exchange.body(Buffer.from(tail, "latin1"));
  }

  /** Keeps what a client sends ahead; when it is much, the client is not read. */
  private wait(chunk: Buffer): void {
    const { limits } = this.context;
    this.input = this.input === undefined ? chunk : Buffer.concat([this.input, chunk]);
    if (this.input.length > limits.buffered || countHeads(this.input, limits.pipelined) >= limits.pipelined) {
      this.socket.pause();
    }
  }

  private checkRate(now: Milliseconds): void {
    const { limits } = this.context;
    if (this.body === undefined || this.bodyPaused) return;
    const elapsed = now - this.windowSince;
    if (elapsed < limits.uploadWindow) return;
    if (this.windowBytes < (limits.uploadRate * elapsed) / 1000) {
      this.abandon(refusal(408, "the request's body comes too slowly"));
      return;
    }
    this.windowSince = now;
    this.windowBytes = 0;
  }

  /** Ends an exchange for the client's fault. */
  private abandon(refused: Refusal): void {
    const { exchange } = this;
    const begun = exchange?.answerBegun === true;
    this.exchange = undefined;
    this.body = undefined;
    exchange?.clientGone();
    if (begun) this.cut();
    else this.refuse(refused);
  }

  private refuse(refused: Refusal): void {
    this.send(writeOwnAnswer(refused.status, refused.reason, { persistent: false }));
    this.linger();
  }

  /** Half-closes, and reads on for a while: a reset could take the answer with it that was not read yet. */
  private linger(): void {
    if (this.state === "closed") return;
    this.state = "lingering";
    this.since = this.context.now();
    this.input = undefined;
    this.socket.end(() => {
      this.since = this.context.now();
    });
    if (this.socket.isPaused()) this.socket.resume();
  }

  private ended(): void {
    this.inputEnded = true;
    switch (this.state) {
      case "head":
        this.linger();
        break;
      case "exchange":
        // A client may close its side after a whole request and still read the answer.
        if (this.body !== undefined) this.cut();
        break;
      case "tunnel":
        this.exchange?.tunnelEnded();
        break;
      case "lingering":
      case "closed":
    }
  }

  private gone(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.socket.destroy();
    const { exchange } = this;
    this.exchange = undefined;
    exchange?.clientGone();
  }
}

function countHeads(input: Buffer, most: number): number {
  let count = 0;
  for (let at = input.indexOf("\r\n\r\n"); at >= 0 && count < most; at = input.indexOf("\r\n\r\n", at + 4))
    count++;
  return count;
}
