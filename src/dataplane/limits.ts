import type { Milliseconds } from "../kernel/index.ts";

/** Everything has a limit. Bytes and milliseconds. */
export interface Limits {
  /** Bytes of a request line; above: 414. */
  readonly requestLine: number;
  /** Bytes of a head; above: 431, or 502 for an answer. */
  readonly head: number;
  /** Fields of a head; above: 431, or 502 for an answer. */
  readonly fields: number;
  /** From the first byte of a head to its last, whatever arrives between; above: 408. */
  readonly headTime: Milliseconds;
  /** A client connection without a request is closed after this. */
  readonly idleTime: Milliseconds;
  /** A body's rate is looked at over windows of this length. */
  readonly uploadWindow: Milliseconds;
  /** Bytes a second that a body must bring; below: 408. */
  readonly uploadRate: number;
  /** Pipelined requests that wait; above, the client is not read. */
  readonly pipelined: number;
  /** Bytes that wait on a client connection; above, it is not read. */
  readonly buffered: number;
  readonly connectTime: Milliseconds;
  /** From the request to the first byte of its answer; above: 504. */
  readonly firstByteTime: Milliseconds;
  /** Between two bytes of an answer; above, the answer is cut. */
  readonly betweenBytesTime: Milliseconds;
  /** An idle connection to an instance is not used again when it is older. */
  readonly upstreamIdleTime: Milliseconds;
  /** The same for a request that may not be sent twice. */
  readonly freshTime: Milliseconds;
  /** Idle connections kept for one instance. */
  readonly idleConnections: number;
  /** Sendings of one request, the first included. */
  readonly attempts: number;
  /** Share of the window's requests that may be sent again. */
  readonly retryShare: number;
  readonly retryWindow: Milliseconds;
  /** Retries in a window that are allowed whatever the share: a share of few requests is none. */
  readonly retryMinimum: number;
  /** Body bytes of an idempotent request that are held in order to send it again. */
  readonly replayedBody: number;
  /** Refused connections within `failureWindow` that make an instance be passed over. */
  readonly failureThreshold: number;
  readonly failureWindow: Milliseconds;
  /** Requests that wait while the table is being switched; above: 503. */
  readonly held: number;
  readonly heldTime: Milliseconds;
  /** After the last answer of a connection, what still comes is read and dropped for this long. */
  readonly lingerTime: Milliseconds;
  /** An idle connection of a closed listener is half-closed after this. */
  readonly drainIdleTime: Milliseconds;
  /** The same where the whole proxy ends. */
  readonly stopIdleTime: Milliseconds;
  /** After a close frame was sent to both sides of a WebSocket. */
  readonly closeFrameTime: Milliseconds;
  readonly connectionsPerAddress: number;
  readonly connections: number;
}

export const DEFAULT_LIMITS: Limits = {
  requestLine: 8 * 1024,
  head: 32 * 1024,
  fields: 100,
  headTime: 10_000,
  idleTime: 60_000,
  uploadWindow: 5000,
  uploadRate: 500,
  pipelined: 8,
  buffered: 64 * 1024,
  connectTime: 1000,
  firstByteTime: 60_000,
  betweenBytesTime: 60_000,
  upstreamIdleTime: 4000,
  freshTime: 1000,
  idleConnections: 256,
  attempts: 3,
  retryShare: 0.2,
  retryWindow: 10_000,
  retryMinimum: 10,
  replayedBody: 64 * 1024,
  failureThreshold: 5,
  failureWindow: 10_000,
  held: 1000,
  heldTime: 30_000,
  lingerTime: 2000,
  drainIdleTime: 5000,
  stopIdleTime: 500,
  closeFrameTime: 5000,
  connectionsPerAddress: 1000,
  connections: 10_000,
};
