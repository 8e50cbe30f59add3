import type { Socket } from "node:net";
import type { InstanceId, Milliseconds, Random } from "../kernel/index.ts";
import type { ActiveRoute } from "./balancer.ts";
import type { Limits } from "./limits.ts";
import type { Forwarded } from "./request-head.ts";
import type { RetryBudget } from "./retry.ts";

/** What all exchanges of a proxy share. */
export interface ExchangeContext {
  readonly limits: Limits;
  /** Monotonic. */
  readonly now: () => Milliseconds;
  readonly random: Random;
  readonly budget: RetryBudget;
  /** Takes the exchange where the table is being switched: "held" until it is released, "full" for 503. */
  hold(exchange: { begin(): void }): "free" | "held" | "full";
  /** An instance took a request with it that may not be sent again. */
  lost(instance: InstanceId): void;
}

/** The client's side of an exchange. */
export interface ClientSide {
  readonly socket: Socket;
  readonly forwarded: Forwarded;
  /** The listener's route, at this moment. */
  readonly route: ActiveRoute | undefined;
  /** No further request is wanted on this connection. */
  readonly leaving: boolean;
  /** Returns false where the client should catch up first. */
  send(data: string | Buffer): boolean;
  pauseBody(): void;
  resumeBody(): void;
  /** The answer is complete. */
  finished(persistent: boolean): void;
  /** From now on bytes belong to the tunnel. */
  tunnelled(): void;
  /** The answer cannot be completed. */
  cut(): void;
}
