import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "./limits.ts";
import { mayRetry, mayUseIdleConnection, RetryBudget } from "./retry.ts";
import type { Failure, Resendable } from "./retry.ts";

const request = (method: string, more: Partial<Resendable> = {}): Resendable => ({
  method,
  hasBody: false,
  bodyIntact: true,
  attempts: 1,
  deaths: 0,
  ...more,
});
const may = (failure: Failure, resendable: Resendable) => mayRetry(failure, resendable, DEFAULT_LIMITS);
const reused: Failure = { kind: "unanswered", reused: true };
const fresh: Failure = { kind: "unanswered", reused: false };

describe("the table of retries", () => {
  test.each(["GET", "HEAD", "OPTIONS", "POST", "PATCH", "PUT", "DELETE"])(
    "no connection: %s may be sent elsewhere with its body intact",
    (method) => {
      expect(may({ kind: "unconnected" }, request(method, { hasBody: true }))).toBe(true);
      expect(may({ kind: "unconnected" }, request(method, { hasBody: true, bodyIntact: false }))).toBe(false);
    },
  );

  test.each(["GET", "HEAD", "OPTIONS", "TRACE"])(
    "a reused connection closed: %s without a body",
    (method) => {
      expect(may(reused, request(method))).toBe(true);
      expect(may(reused, request(method, { hasBody: true }))).toBe(false);
    },
  );

  test.each(["PUT", "DELETE"])("a reused connection closed: %s only while its body is held", (method) => {
    expect(may(reused, request(method, { hasBody: true }))).toBe(true);
    expect(may(reused, request(method, { hasBody: true, bodyIntact: false }))).toBe(false);
  });

  test.each(["POST", "PATCH", "MKCOL"])("%s is never sent twice, with a body or without", (method) => {
    for (const hasBody of [true, false]) {
      for (const failure of [reused, fresh]) expect(may(failure, request(method, { hasBody }))).toBe(false);
    }
  });

  test("a new connection closed: once, since the request may be what kills", () => {
    expect(may(fresh, request("GET", { deaths: 1 }))).toBe(true);
    expect(may(fresh, request("GET", { attempts: 2, deaths: 2 }))).toBe(false);
  });

  test("nothing after a byte of an answer, and nothing a fourth time", () => {
    expect(may({ kind: "answering" }, request("GET"))).toBe(false);
    expect(may({ kind: "unconnected" }, request("GET", { attempts: 2 }))).toBe(true);
    expect(may({ kind: "unconnected" }, request("GET", { attempts: 3 }))).toBe(false);
  });

  test("idle connections are for requests that may be repeated", () => {
    expect(["GET", "HEAD", "OPTIONS"].every((method) => mayUseIdleConnection(method, false))).toBe(true);
    expect(["POST", "PUT", "DELETE", "PATCH"].some((method) => mayUseIdleConnection(method, false))).toBe(
      false,
    );
    expect(mayUseIdleConnection("GET", true)).toBe(false);
  });
});

describe("the budget", () => {
  test("is a fifth of the requests of ten seconds", () => {
    const budget = new RetryBudget(DEFAULT_LIMITS);
    for (let index = 0; index < 1000; index++) budget.request(20_000 + index);
    let taken = 0;
    while (budget.take(21_500)) taken++;
    expect(taken).toBe(200);
    expect(budget.take(29_000)).toBe(false);
  });

  test("comes back with time", () => {
    const budget = new RetryBudget(DEFAULT_LIMITS);
    while (budget.take(1000));
    expect(budget.take(5000)).toBe(false);
    expect(budget.take(12_500)).toBe(true);
  });

  test("allows a few where there are few requests", () => {
    const budget = new RetryBudget(DEFAULT_LIMITS);
    budget.request(0);
    let taken = 0;
    while (budget.take(0)) taken++;
    expect(taken).toBe(DEFAULT_LIMITS.retryMinimum);
  });
});
