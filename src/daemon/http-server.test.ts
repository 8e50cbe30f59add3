import { once } from "node:events";
import { connect as dial } from "node:net";
import { describe, expect, test } from "vitest";
import { connect } from "../api/index.ts";
import { parseId } from "../kernel/index.ts";
import { daemonWith, idleController, raw } from "./testing/in-process.ts";

const ASKED = {
  apply: parseId<"apply">("01"),
  fleet: parseId<"fleet">("one/web"),
  who: "ada",
  why: "kiln scale",
};

describe("the handshake", () => {
  test("says who answers", async () => {
    const { home, surroundings } = await daemonWith(idleController());
    const version = await connect(home).version();
    expect(version).toMatchObject({
      kiln: "0.1.0",
      protocol: 1,
      pid: process.pid,
      store: surroundings.store.id,
    });
    expect(version.memory).toBeGreaterThan(1_000_000);
  });

  test("a client of another protocol is refused by the daemon too", async () => {
    const { home } = await daemonWith(idleController());
    const answer = await raw(home.socket, { path: "/v1/ping", headers: { "kiln-protocol": "7" } });
    expect(answer.status).toBe(426);
    expect(answer.body).toContain("protocol 1");
  });
});

describe("garbage at the socket", () => {
  test.each([
    ["no JSON", { method: "POST", path: "/v1/commit", body: "{" }, 400, "not JSON"],
    ["the wrong shape", { method: "POST", path: "/v1/commit", body: "[1]" }, 400, "expected object"],
    ["nothing at all", { method: "POST", path: "/v1/commit" }, 400, "expected object"],
    [
      "an unknown field",
      { method: "POST", path: "/v1/settled", body: `{"apply":"a","more":1}` },
      400,
      'Unrecognized key: \\"more\\"',
    ],
    [
      "a wrong field",
      { method: "POST", path: "/v1/scale", body: JSON.stringify({ ...ASKED, replicas: -1 }) },
      400,
      "replicas",
    ],
    ["a number that is none", { path: "/v1/events?after=x" }, 400, "after"],
    ["an unknown path", { path: "/v2/ping" }, 404, "/v2/ping"],
    ["a path that Object has", { path: "/constructor" }, 404, "constructor"],
    ["a path that is none", { path: "//" }, 404, "There is no"],
    ["an unknown method", { method: "DELETE", path: "/v1/fleets" }, 404, "DELETE"],
    [
      "a message that is too large",
      { method: "POST", path: "/v1/commit", body: Buffer.alloc(9e6, 32) },
      413,
      "too large",
    ],
  ])("%s is refused with a reason", async (_name, request, status, reason) => {
    const { home } = await daemonWith(idleController());
    const answer = await raw(home.socket, request);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(reason);
    await connect(home).ping();
  });

  test("bytes that are no HTTP are cut, and the daemon goes on", async () => {
    const { home } = await daemonWith(idleController());
    for (const bytes of [
      "\0\0\0\0",
      "GET / HTTP/9.9\r\n\r\n",
      `GET /${"a".repeat(20_000)} HTTP/1.1\r\n\r\n`,
    ]) {
      const socket = dial(home.socket);
      socket.on("error", () => socket.destroy());
      socket.write(bytes);
      socket.resume();
      await once(socket, "close");
    }
    // One that begins a message and goes away in the middle.
    const half = dial(home.socket);
    half.write("POST /v1/commit HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
    await once(half, "connect");
    half.destroy();
    await connect(home).ping();
  });

  test("a bug in the daemon is an answer, and not its end", async () => {
    const { home } = await daemonWith(
      idleController({ scale: () => Promise.reject(new TypeError("x is not a function")) }),
    );
    await expect(connect(home).scale({ ...ASKED, replicas: 3 })).rejects.toThrow("x is not a function");
    await connect(home).ping();
  });
});
