import { connect } from "node:net";
import type { Socket } from "node:net";
import { readAnswer } from "./answer.ts";
import type { Answer } from "./answer.ts";
import type { FailureKind } from "./tally.ts";

/** How one sending of a request ended. There is never a second. */
export type Outcome =
  | { readonly kind: "answer"; readonly answer: Answer }
  | { readonly kind: "failure"; readonly failure: FailureKind; readonly detail: string };

const EMPTY = Buffer.alloc(0);

/** A connection that carries one request at a time. */
export class LoadConnection {
  /** It can carry another request. */
  usable = true;
  private readonly socket: Socket;
  private bytes: Buffer = EMPTY;
  private done: ((outcome: Outcome) => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(host: string, port: number) {
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on("data", (chunk: Buffer) => this.received(chunk));
    this.socket.on("end", () => {
      this.ended = true;
      this.received(EMPTY);
      this.settle(
        this.bytes.length > 0
          ? { kind: "failure", failure: "truncated", detail: `ended after ${this.bytes.length} bytes` }
          : { kind: "failure", failure: "reset", detail: "closed before a byte of an answer" },
      );
      this.close();
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      const failure =
        this.bytes.length > 0 ? "truncated" : error.code === "ECONNREFUSED" ? "refused" : "reset";
      this.settle({ kind: "failure", failure, detail: error.message });
      this.close();
    });
    this.socket.on("close", () => this.close());
  }

  send(request: Buffer, timeout: number, done: (outcome: Outcome) => void): void {
    this.done = done;
    this.timer = setTimeout(() => {
      this.settle({ kind: "failure", failure: "timedOut", detail: `no answer within ${timeout} ms` });
      this.close();
    }, timeout);
    this.socket.write(request);
  }

  close(): void {
    this.usable = false;
    this.socket.destroy();
  }

  private received(chunk: Buffer): void {
    if (this.done === undefined) {
      // Bytes that nobody asked for: the connection is not used again.
      if (chunk.length > 0) this.close();
      return;
    }
    this.bytes = this.bytes.length === 0 ? chunk : Buffer.concat([this.bytes, chunk]);
    const result = readAnswer(this.bytes, this.ended);
    if (result.kind === "more") return;
    if (result.kind === "malformed") {
      this.settle({ kind: "failure", failure: "wrong", detail: result.reason });
      this.close();
      return;
    }
    this.bytes = EMPTY;
    const { answer, rest } = result;
    if (rest.length > 0) {
      this.settle({ kind: "failure", failure: "wrong", detail: `${rest.length} bytes after the answer` });
      this.close();
      return;
    }
    if (answer.fields.get("connection")?.toLowerCase() === "close" || this.ended) this.close();
    this.settle({ kind: "answer", answer });
  }

  private settle(outcome: Outcome): void {
    const { done } = this;
    this.done = undefined;
    clearTimeout(this.timer);
    done?.(outcome);
  }
}
