import type { InstanceId, Milliseconds } from "../kernel/index.ts";
import type { InstanceAddress } from "../traffic/index.ts";
import type { Limits } from "./limits.ts";
import { Upstream } from "./upstream.ts";
import type { UpstreamUser } from "./upstream.ts";

/** A request that an instance has and has not finished answering. */
export interface InFlight {
  readonly method: string;
  readonly path: string;
  readonly startedAt: Milliseconds;
  /** Ends it as soon as that can be done without an error: a WebSocket, a stream of events. */
  leave(): void;
  /** Ends it now. */
  cut(): void;
}

/** An instance as the proxy sees it: its connections, what is in flight, how it fails. */
export class Instance {
  readonly id: InstanceId;
  readonly host: string;
  readonly port: number;
  readonly inFlight = new Set<InFlight>();
  /** Connections that did not come about since the last table. */
  connectFailures = 0;
  private isServing = true;
  private waiting: (() => void)[] = [];
  private readonly idle: Upstream[] = [];
  private recentFailures: Milliseconds[] = [];
  private readonly limits: Limits;
  private readonly shared: Buffer;

  constructor(address: InstanceAddress, limits: Limits, shared: Buffer) {
    this.id = address.id;
    this.host = address.host;
    this.port = address.port;
    this.limits = limits;
    this.shared = shared;
  }

  /** A connection for a request: an idle one no older than `oldest`, the last used first, or a new one. */
  connection(user: UpstreamUser, oldest: Milliseconds, now: Milliseconds): Upstream {
    while (this.idle.length > 0) {
      const last = this.idle.at(-1);
      if (last === undefined) break;
      const age = now - last.idleSince;
      // The last used is the youngest: if it is too old for this request, all are; they stay for others.
      if (last.usable && age > oldest && age <= this.limitOf(last)) break;
      this.idle.pop();
      if (last.usable && age <= this.limitOf(last)) {
        last.take(user);
        return last;
      }
      last.destroy();
    }
    return new Upstream(this.host, this.port, this.shared, user, (gone) => this.forget(gone));
  }

  /** Takes a connection back whose request and answer ended exactly. */
  release(upstream: Upstream, now: Milliseconds): void {
    upstream.rest(now);
    if (!this.serving || !upstream.usable || this.idle.length >= this.limits.idleConnections) {
      upstream.destroy();
    } else this.idle.push(upstream);
  }

  closeIdle(): void {
    for (const upstream of this.idle.splice(0)) upstream.destroy();
  }

  /** Closes what has been idle for too long. */
  sweep(now: Milliseconds): void {
    while (this.idle.length > 0) {
      const oldest = this.idle[0];
      if (oldest === undefined || now - oldest.idleSince <= this.limitOf(oldest)) return;
      this.idle.shift();
      oldest.destroy();
    }
  }

  add(request: InFlight): void {
    this.inFlight.add(request);
  }

  remove(request: InFlight): void {
    if (!this.inFlight.delete(request) || this.inFlight.size > 0) return;
    this.stopWaiting();
  }

  /** Resolves when nothing is in flight, or when it is in the table again. */
  empty(): Promise<void> {
    if (this.inFlight.size === 0 || this.isServing) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  get serving(): boolean {
    return this.isServing;
  }

  /** It is in the table. */
  set serving(serving: boolean) {
    this.isServing = serving;
    if (serving) this.stopWaiting();
  }

  connectFailed(now: Milliseconds): void {
    this.connectFailures++;
    this.recentFailures.push(now);
    if (this.recentFailures.length > this.limits.failureThreshold) this.recentFailures.shift();
  }

  connectSucceeded(): void {
    if (this.recentFailures.length > 0) this.recentFailures = [];
  }

  /** Its connections have been refused so often of late that others are preferred. */
  isSick(now: Milliseconds): boolean {
    if (this.recentFailures.length < this.limits.failureThreshold) return false;
    return now - (this.recentFailures[0] ?? 0) <= this.limits.failureWindow;
  }

  private limitOf(upstream: Upstream): Milliseconds {
    return Math.min(this.limits.upstreamIdleTime, upstream.idleLimit ?? Number.POSITIVE_INFINITY);
  }

  private stopWaiting(): void {
    for (const told of this.waiting.splice(0)) told();
  }

  private forget(upstream: Upstream): void {
    const index = this.idle.indexOf(upstream);
    if (index >= 0) this.idle.splice(index, 1);
  }
}
