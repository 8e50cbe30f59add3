import type { Milliseconds } from "../kernel/index.ts";
import { AnswerRelay } from "./answer-relay.ts";
import { writeOwnAnswer } from "./answer-head.ts";
import { choose } from "./balancer.ts";
import type { ActiveTarget, Choice } from "./balancer.ts";
import type { ClientSide, ExchangeContext } from "./exchange-context.ts";
import type { InFlight, Instance } from "./instance.ts";
import { writeRequestHead } from "./request-head.ts";
import type { RequestHead } from "./request-head.ts";
import { isIdempotent, mayRetry, mayUseIdleConnection } from "./retry.ts";
import type { Failure } from "./retry.ts";
import { Tunnel } from "./tunnel.ts";
import type { Upstream, UpstreamUser } from "./upstream.ts";

/** Where an exchange stands. */
type Phase = "waiting" | "connecting" | "sent" | "answering" | "tunnel" | "over";

/** One request of a client: its sendings to instances, its body, its answer. */
export class Exchange implements UpstreamUser, InFlight {
  readonly head: RequestHead;
  readonly startedAt: Milliseconds;
  private readonly client: ClientSide;
  private readonly context: ExchangeContext;
  private phase: Phase = "waiting";
  private target: ActiveTarget | undefined;
  private instance: Instance | undefined;
  private upstream: Upstream | undefined;
  private relay: AnswerRelay | undefined;
  private tunnel: Tunnel | undefined;
  private readonly tried: Instance[] = [];
  private deaths = 0;
  /** Body pieces that are not sent yet, or that may have to be sent again. */
  private held: Buffer[] = [];
  private heldBytes = 0;
  private bodyIntact = true;
  private bodyDone: boolean;
  private progressAt: Milliseconds;

  constructor(head: RequestHead, client: ClientSide, context: ExchangeContext) {
    this.head = head;
    this.client = client;
    this.context = context;
    this.bodyDone = head.framing.kind === "none";
    this.startedAt = context.now();
    this.progressAt = this.startedAt;
  }

  get method(): string {
    return this.head.method;
  }

  get path(): string {
    return this.head.target;
  }

  get answerBegun(): boolean {
    return this.relay?.begun === true;
  }

  start(): void {
    const held = this.context.hold(this);
    if (held === "free") this.begin();
    else if (held === "full") this.refuse(503, "too many requests wait for a switch", RETRY_SOON);
  }

  /** Chooses, and counts, in the same turn of the event loop: a drain that begins later sees the request. */
  begin(): void {
    if (this.phase !== "waiting") return;
    const { budget, now } = this.context;
    budget.request(now());
    const choice = this.choice();
    if (choice === undefined) this.refuse(503, "no instance is ready to serve this", RETRY_SOON);
    else this.send(choice);
  }

  /** A piece of the request's body, framed as it is to be sent. */
  body(piece: Buffer): void {
    const { limits } = this.context;
    if (this.phase === "over") return;
    this.progressAt = this.context.now();
    if (this.phase === "waiting" || this.phase === "connecting") {
      this.held.push(piece);
      this.heldBytes += piece.length;
      if (this.heldBytes > limits.buffered) this.client.pauseBody();
      return;
    }
    this.keepForReplay(piece);
    if (this.upstream?.socket.write(piece) === false) this.client.pauseBody();
  }

  bodyEnded(): void {
    this.bodyDone = true;
    this.progressAt = this.context.now();
  }

  /** The client went away: nobody is to blame. */
  clientGone(): void {
    if (this.phase === "over") return;
    this.leaveInstance()?.destroy();
    this.phase = "over";
  }

  clientDrained(): void {
    this.progressAt = this.context.now();
    this.upstream?.socket.resume();
  }

  fromTunnel(bytes: Buffer): void {
    this.tunnel?.fromClient(bytes);
  }

  tunnelEnded(): void {
    this.tunnel?.clientEnded();
    this.endTunnelIfOver();
  }

  connected(): void {
    const upstream = this.upstream;
    if (upstream === undefined) return;
    if (!upstream.reused) this.instance?.connectSucceeded();
    this.phase = "sent";
    this.progressAt = this.context.now();
    const text = writeRequestHead(this.head, this.client.forwarded);
    const pieces = this.held;
    this.held = [];
    this.heldBytes = 0;
    const room =
      pieces.length === 0
        ? upstream.socket.write(text, "latin1")
        : upstream.socket.write(Buffer.concat([Buffer.from(text, "latin1"), ...pieces]));
    for (const piece of pieces) this.keepForReplay(piece);
    if (room) this.client.resumeBody();
    else this.client.pauseBody();
  }

  received(bytes: Buffer, length: number): void {
    this.progressAt = this.context.now();
    if (this.tunnel !== undefined) {
      this.tunnel.fromInstance(Buffer.from(bytes.subarray(0, length)));
      return;
    }
    const relay = this.relay;
    if (relay === undefined) return;
    const before = this.phase;
    this.phase = "answering";
    const result = relay.read(bytes, length, this.bodyDone);
    if (before === "sent") {
      this.held = [];
      this.bodyIntact = false;
    }
    if (relay.newHead !== undefined && result !== "malformed") {
      this.target?.figures.answered(relay.newHead, this.progressAt - this.startedAt);
      relay.newHead = undefined;
    }
    switch (result) {
      case "more":
        break;
      case "full":
        this.upstream?.socket.pause();
        break;
      case "complete":
        this.complete(relay.reusable && this.bodyDone);
        break;
      case "malformed":
        this.broken(502, "an instance sent an answer that is no HTTP/1.1");
        break;
      case "upgraded":
        this.openTunnel(relay.rest);
    }
  }

  ended(): void {
    if (this.tunnel !== undefined) {
      this.tunnel.instanceEnded();
      this.endTunnelIfOver();
    } else if (this.relay?.endsWithConnection === true) this.complete(false);
    else this.lose();
  }

  failed(): void {
    if (this.phase === "over") return;
    if (this.tunnel !== undefined) this.cut();
    else this.lose();
  }

  drained(): void {
    if (this.tunnel !== undefined) this.client.socket.resume();
    else this.client.resumeBody();
  }

  /** Looks at the clock. */
  tick(now: Milliseconds): void {
    const { limits } = this.context;
    const silence = now - this.progressAt;
    switch (this.phase) {
      case "waiting":
        if (now - this.startedAt > limits.heldTime) {
          this.refuse(503, "the switch of releases takes too long", RETRY_SOON);
        }
        break;
      case "connecting":
        if (silence > limits.connectTime) this.fail({ kind: "unconnected" });
        break;
      case "sent":
        // While the client still sends its body, its own rate is what counts.
        if (silence > limits.firstByteTime) this.broken(504, "an instance did not answer in time");
        break;
      case "answering":
        if (silence > limits.betweenBytesTime && this.client.socket.writableLength === 0) {
          this.broken(504, "an instance stopped in the middle of its answer");
        }
        break;
      case "tunnel":
        if (this.tunnel?.cutAt !== undefined && now > this.tunnel.cutAt) this.cut();
        break;
      case "over":
    }
  }

  leave(): void {
    if (this.tunnel !== undefined) {
      this.tunnel.leave(this.context.now(), this.context.limits.closeFrameTime);
      this.endTunnelIfOver();
    } else if (this.relay?.leave() === true) this.complete(false);
  }

  cut(): void {
    if (this.phase === "over") return;
    if (this.tunnel === undefined && !this.answerBegun) {
      this.broken(504, "the instance was retired before it answered");
      return;
    }
    this.target?.figures.unanswered();
    this.leaveInstance()?.destroy();
    this.phase = "over";
    this.client.cut();
  }

  private choice(): Choice | undefined {
    const route = this.client.route;
    if (route === undefined) return undefined;
    return choose(route, this.tried, this.context.random, this.context.now());
  }

  private send({ target, instance }: Choice): void {
    const { limits, now } = this.context;
    this.target = target;
    this.instance = instance;
    this.tried.push(instance);
    instance.add(this);
    target.figures.inFlight++;
    this.relay = new AnswerRelay(this.head, this.client, limits);
    this.phase = "connecting";
    this.progressAt = now();
    // A second sending does not meet the same fate: it gets a new connection.
    const oldest =
      this.tried.length > 1
        ? NO_IDLE_CONNECTION
        : mayUseIdleConnection(this.head.method, this.head.framing.kind !== "none")
          ? limits.upstreamIdleTime
          : limits.freshTime;
    const upstream = instance.connection(this, oldest, this.progressAt);
    this.upstream = upstream;
    if (upstream.isConnected) this.connected();
  }

  private keepForReplay(piece: Buffer): void {
    if (!this.bodyIntact) return;
    this.heldBytes += piece.length;
    if (isIdempotent(this.head.method) && this.heldBytes <= this.context.limits.replayedBody) {
      this.held.push(piece);
    } else {
      this.bodyIntact = false;
      this.held = [];
    }
  }

  private complete(reusable: boolean): void {
    const instance = this.instance;
    const upstream = this.leaveInstance();
    this.phase = "over";
    if (upstream !== undefined) {
      const patience = this.relay?.keepAliveTimeout;
      if (patience !== undefined) upstream.idleLimit = Math.max(0, patience * 1000 - 1000);
      if (reusable && instance !== undefined) instance.release(upstream, this.context.now());
      else upstream.destroy();
    }
    this.client.finished(this.relay?.persistent === true && this.bodyDone);
  }

  /** The connection is gone before the answer was complete. */
  private lose(): void {
    if (this.phase === "connecting") this.fail({ kind: "unconnected" });
    else if (this.phase === "sent") this.fail({ kind: "unanswered", reused: this.upstream?.reused === true });
    else this.fail({ kind: "answering" });
  }

  private fail(failure: Failure): void {
    if (this.phase === "over") return;
    const { budget, limits, now } = this.context;
    const { instance, target } = this;
    this.leaveInstance()?.destroy();
    if (instance === undefined || target === undefined) return;
    const died = failure.kind === "unanswered" && !failure.reused;
    if (died) this.deaths++;
    if (died || failure.kind === "unconnected") instance.connectFailed(now());
    const request = {
      method: this.head.method,
      hasBody: this.head.framing.kind !== "none",
      bodyIntact: this.bodyIntact,
      attempts: this.tried.length,
      deaths: this.deaths,
    };
    if (mayRetry(failure, request, limits)) {
      const next = this.choice();
      if (next !== undefined && budget.take(now())) {
        target.figures.retries++;
        this.send(next);
        return;
      }
    }
    if (failure.kind === "unconnected") {
      this.broken(502, `could not reach an instance of ${this.client.route?.route.name ?? "this fleet"}`);
      return;
    }
    this.context.lost(instance.id);
    this.broken(
      502,
      `lost instance ${instance.id} while it had this request, which may have been processed`,
      `Kiln-Lost-Instance: ${instance.id}\r\n`,
    );
  }

  /** Gives up on an instance: with an answer of the proxy's own, or by cutting one that has begun. */
  private broken(status: number, text: string, extra = ""): void {
    this.target?.figures.unanswered();
    if (!this.answerBegun) {
      this.refuse(status, text, extra);
      return;
    }
    this.leaveInstance()?.destroy();
    this.phase = "over";
    this.client.cut();
  }

  private refuse(status: number, text: string, extra: string): void {
    this.leaveInstance()?.destroy();
    this.phase = "over";
    const persistent =
      this.head.persistent && this.head.minorVersion === 1 && this.bodyDone && !this.client.leaving;
    this.client.send(
      writeOwnAnswer(status, text, { persistent, extra, bodyless: this.head.method === "HEAD" }),
    );
    this.client.finished(persistent);
  }

  private leaveInstance(): Upstream | undefined {
    const { upstream, instance } = this;
    this.upstream = undefined;
    this.instance = undefined;
    if (instance !== undefined) {
      if (this.target !== undefined) this.target.figures.inFlight--;
      instance.remove(this);
    }
    return upstream;
  }

  private openTunnel(rest: Buffer | undefined): void {
    const upstream = this.upstream;
    if (upstream === undefined) return;
    this.phase = "tunnel";
    const { random } = this.context;
    this.tunnel = new Tunnel(this.client.socket, upstream.socket, this.head.upgrade ?? "", () =>
      random.bytes(4),
    );
    if (rest !== undefined) this.tunnel.fromInstance(rest);
    this.client.tunnelled();
  }

  private endTunnelIfOver(): void {
    if (this.tunnel?.over !== true || this.phase === "over") return;
    this.leaveInstance();
    this.phase = "over";
  }
}

/** No connection has been idle for so short a time. */
const NO_IDLE_CONNECTION: Milliseconds = -1;

const RETRY_SOON = "Retry-After: 1\r\n";
