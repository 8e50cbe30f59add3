import type { Milliseconds } from "../kernel/index.ts";
import type { Limits } from "./limits.ts";

/** How a sending of a request failed. */
export type Failure =
  /** No connection came about: no byte of the request was written. */
  | { readonly kind: "unconnected" }
  /** The connection ended before a byte of an answer. */
  | { readonly kind: "unanswered"; readonly reused: boolean }
  /** A byte of an answer had arrived, 1xx included. */
  | { readonly kind: "answering" };

/** What of a request decides whether it may be sent again. */
export interface Resendable {
  readonly method: string;
  readonly hasBody: boolean;
  /** All of the body that was read from the client is still held. */
  readonly bodyIntact: boolean;
  /** Sendings so far. */
  readonly attempts: number;
  /** Failures on a new connection before a byte of an answer, so far, this one included. */
  readonly deaths: number;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);
const IDEMPOTENT_WITH_BODY = new Set(["PUT", "DELETE"]);

/** Whether a body is worth holding: RFC 9110 9.2.2 allows sending the request again. */
export function isIdempotent(method: string): boolean {
  return SAFE.has(method) || IDEMPOTENT_WITH_BODY.has(method);
}

/** Whether the request may go over a connection that has been idle for long: it may be sent again. */
export function mayUseIdleConnection(method: string, hasBody: boolean): boolean {
  return !hasBody && (method === "GET" || method === "HEAD" || method === "OPTIONS");
}

/**
 * Whether a request may be sent again: only if it cannot have been processed, or if processing it twice is
 * harmless. "A proxy MUST NOT automatically retry non-idempotent requests" (RFC 9110 9.2.2).
 */
export function mayRetry(failure: Failure, request: Resendable, limits: Limits): boolean {
  if (request.attempts >= limits.attempts) return false;
  switch (failure.kind) {
    case "unconnected":
      return request.bodyIntact;
    case "answering":
      return false;
    case "unanswered":
      // A request that ends two instances is not given a third.
      if (!failure.reused && request.deaths > 1) return false;
      if (SAFE.has(request.method)) return !request.hasBody;
      return IDEMPOTENT_WITH_BODY.has(request.method) && request.bodyIntact;
  }
}

const SLOTS = 10;

/** Keeps retries below a share of the window's requests, so that a sick fleet does not get its load thrice. */
export class RetryBudget {
  private readonly requests = Array.from({ length: SLOTS }, () => 0);
  private readonly retries = Array.from({ length: SLOTS }, () => 0);
  private readonly limits: Limits;
  private slot = 0;

  constructor(limits: Limits) {
    this.limits = limits;
  }

  request(now: Milliseconds): void {
    const index = this.move(now);
    this.requests[index] = (this.requests[index] ?? 0) + 1;
  }

  /** Takes one retry from the budget, if there is one. */
  take(now: Milliseconds): boolean {
    const index = this.move(now);
    const used = sum(this.retries);
    const allowed = Math.max(this.limits.retryMinimum, sum(this.requests) * this.limits.retryShare);
    if (used + 1 > allowed) return false;
    this.retries[index] = (this.retries[index] ?? 0) + 1;
    return true;
  }

  private move(now: Milliseconds): number {
    const slot = Math.floor(now / (this.limits.retryWindow / SLOTS));
    for (let passed = Math.max(this.slot + 1, slot - SLOTS + 1); passed <= slot; passed++) {
      this.requests[passed % SLOTS] = 0;
      this.retries[passed % SLOTS] = 0;
    }
    if (slot > this.slot) this.slot = slot;
    return this.slot % SLOTS;
  }
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const number of numbers) total += number;
  return total;
}
