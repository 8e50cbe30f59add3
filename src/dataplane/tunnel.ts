import type { Socket } from "node:net";
import type { Milliseconds } from "../kernel/index.ts";
import { CLOSE_GOING_AWAY, CLOSE_SERVICE_RESTART, closeFrame, FrameTracker } from "./websocket.ts";

/** One direction: where its bytes go, and whether the proxy has ended it by itself. */
interface Direction {
  readonly to: Socket;
  readonly frames: FrameTracker;
  closed: boolean;
}

/** After an upgrade: bytes in both directions, with back-pressure, until both sides have ended. */
export class Tunnel {
  private readonly isWebSocket: boolean;
  private readonly toClient: Direction;
  private readonly toInstance: Direction;
  private readonly mask: () => Uint8Array;
  private leaving = false;
  /** When what was not answered with a close is cut; absent: not leaving. */
  cutAt: Milliseconds | undefined;

  constructor(client: Socket, instance: Socket, protocol: string, mask: () => Uint8Array) {
    this.isWebSocket = protocol.toLowerCase() === "websocket";
    this.toClient = { to: client, frames: new FrameTracker(), closed: false };
    this.toInstance = { to: instance, frames: new FrameTracker(), closed: false };
    this.mask = mask;
  }

  fromClient(bytes: Buffer): void {
    this.pass(bytes, this.toInstance, this.toClient.to);
  }

  fromInstance(bytes: Buffer): void {
    this.pass(bytes, this.toClient, this.toInstance.to);
  }

  clientEnded(): void {
    this.toInstance.to.end();
  }

  instanceEnded(): void {
    this.toClient.to.end();
    if (this.leaving) this.toInstance.to.end();
  }

  /** Both sides have said all that they wanted to. */
  get over(): boolean {
    return hasEnded(this.toClient.to) && hasEnded(this.toInstance.to);
  }

  /** Ends it politely: a WebSocket with close frames to both sides, anything else by half-closing. */
  leave(now: Milliseconds, patience: Milliseconds): void {
    if (this.leaving) return;
    this.leaving = true;
    this.cutAt = now + patience;
    this.closeAtBoundary(this.toClient);
    this.closeAtBoundary(this.toInstance);
  }

  private pass(bytes: Buffer, direction: Direction, from: Socket): void {
    if (direction.closed) return;
    const length = this.isWebSocket ? direction.frames.follow(bytes, this.leaving) : bytes.length;
    if (length > 0 && !direction.to.write(length === bytes.length ? bytes : bytes.subarray(0, length))) {
      from.pause();
    }
    if (this.leaving) this.closeAtBoundary(direction);
  }

  private closeAtBoundary(direction: Direction): void {
    if (direction.closed || (this.isWebSocket && !direction.frames.atBoundary)) return;
    direction.closed = true;
    if (!this.isWebSocket) direction.to.end();
    else if (direction === this.toClient) direction.to.end(closeFrame(CLOSE_SERVICE_RESTART));
    // The side that accepted a WebSocket ends its connection: the instance, when it has answered.
    else direction.to.write(closeFrame(CLOSE_GOING_AWAY, this.mask()));
  }
}

function hasEnded(socket: Socket): boolean {
  return socket.destroyed || (socket.writableEnded && socket.readableEnded);
}
