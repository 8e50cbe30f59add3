import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Milliseconds } from "../kernel/index.ts";

/** Who uses a connection to an instance. */
export interface UpstreamUser {
  connected(): void;
  /** `bytes` is the process's shared buffer: what is kept or written later must be copied first. */
  received(bytes: Buffer, length: number): void;
  /** The instance closed its side. */
  ended(): void;
  /** The connection is gone. */
  failed(error: Error): void;
  /** It can take more, after `write` returned false. */
  drained(): void;
}

/** One connection to an instance: used by one request at a time, then idle. */
export class Upstream {
  readonly socket: Socket;
  /** It has carried a request before. */
  reused = false;
  isConnected = false;
  idleSince: Milliseconds = 0;
  /** For how long it may be idle, by what the instance said; absent: the default. */
  idleLimit: Milliseconds | undefined;
  private user: UpstreamUser | undefined;
  private readonly gone: () => void;

  /** `gone` is told when the connection ends while nobody uses it. */
  constructor(
    host: string,
    port: number,
    shared: Buffer,
    user: UpstreamUser,
    gone: (self: Upstream) => void,
  ) {
    this.user = user;
    this.gone = () => gone(this);
    const socket = connect({
      host,
      port,
      noDelay: true,
      allowHalfOpen: true,
      onread: {
        buffer: shared,
        callback: (length) => {
          if (this.user !== undefined) this.user.received(shared, length);
          // Bytes that nobody asked for poison the connection.
          else this.destroy();
          return true;
        },
      },
    });
    this.socket = socket;
    socket.on("connect", () => {
      this.isConnected = true;
      this.user?.connected();
    });
    socket.on("drain", () => this.user?.drained());
    socket.on("end", () => {
      if (this.user === undefined) this.destroy();
      else this.user.ended();
    });
    socket.on("error", (error) => this.lose(error));
    socket.on("close", () => this.lose(new Error("the connection was closed")));
  }

  get usable(): boolean {
    return (
      !this.socket.destroyed && this.socket.readable && this.socket.writable && !this.socket.readableEnded
    );
  }

  take(user: UpstreamUser): void {
    this.user = user;
    this.reused = true;
  }

  /** The request and its answer ended exactly: the connection waits for the next. */
  rest(now: Milliseconds): void {
    this.user = undefined;
    this.idleSince = now;
    if (this.socket.isPaused()) this.socket.resume();
  }

  destroy(): void {
    const idle = this.user === undefined;
    this.user = undefined;
    this.socket.destroy();
    if (idle) this.gone();
  }

  private lose(error: Error): void {
    const user = this.user;
    this.user = undefined;
    this.socket.destroy();
    if (user === undefined) this.gone();
    else user.failed(error);
  }
}
