import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import {
  freePort,
  get,
  onHeads,
  ok,
  pause,
  post,
  startInstance,
  startNamed,
  startProxy,
  TestClient,
} from "./testing.ts";
import type { TestInstance, TestProxy } from "./testing.ts";
import { parseId } from "../kernel/index.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
const kept = <T extends { close(): Promise<void> }>(one: T): T => {
  cleanups.push(() => one.close());
  return one;
};
const makeProxy = async (...args: Parameters<typeof startProxy>): Promise<TestProxy> =>
  kept(await startProxy(...args));
const named = async (name: string): Promise<TestInstance> => kept(await startNamed(name));
/** Counts what it is asked, and closes without a byte of an answer. */
const dying = async (name: string): Promise<TestInstance & { asked: string[] }> => {
  const asked: string[] = [];
  const instance = await startInstance(name, (socket) =>
    onHeads(socket, (head) => {
      asked.push(head.split(" ")[0] ?? "");
      socket.destroy();
    }),
  );
  return { ...kept(instance), asked };
};
const refusing = async (name: string) => ({ id: parseId<"instance">(name), port: await freePort() });
const retriesOf = ({ proxy }: TestProxy) =>
  proxy.report().releases.reduce((sum, { retries }) => sum + retries, 0);

describe("no connection", () => {
  test.each([
    ["GET", get()],
    ["POST", post("body")],
    ["PUT", post("body").replace("POST", "PUT")],
  ])("%s goes to another instance, body and all", async (_, request) => {
    const proxy = await makeProxy();
    const seen: string[] = [];
    const well = kept(
      await startInstance("well", (socket) =>
        onHeads(socket, (_head, body) => {
          seen.push(body);
          socket.write(ok("well"));
        }),
      ),
    );
    const gone = await refusing("gone");
    await proxy.route([gone, well]);
    const client = new TestClient(proxy.port);
    for (let index = 0; index < 20; index++) {
      const answer = await client.ask(request);
      expect(answer).toMatchObject({ status: 200, body: "well" });
    }
    client.close();
    expect(new Set(seen)).toEqual(new Set([request.startsWith("GET") ? "" : "body"]));
    // After five refusals in ten seconds it is passed over.
    expect(proxy.proxy.report().connectFailures).toEqual([{ instance: gone.id, count: 5 }]);
    expect(retriesOf(proxy)).toBe(5);
  });

  test("a large upload is sent whole to the second instance", async () => {
    const proxy = await makeProxy();
    let received = 0;
    const well = kept(
      await startInstance("well", (socket) => {
        socket.on("data", (chunk: Buffer) => {
          received += chunk.length;
          if (chunk.includes("END")) socket.write(ok("well"));
        });
      }),
    );
    await proxy.route([await refusing("a"), await refusing("b"), well]);
    const client = new TestClient(proxy.port);
    const answer = await client.ask(post(`${"x".repeat(2_000_000)}END`));
    client.close();
    expect(answer.body).toBe("well");
    expect(received).toBeGreaterThan(2_000_003);
  });

  test("nowhere: 502 that says so; no instance at all: 503 with Retry-After", async () => {
    const proxy = await makeProxy();
    await proxy.route([await refusing("a"), await refusing("b"), await refusing("c"), await refusing("d")]);
    const client = new TestClient(proxy.port);
    const failed = await client.ask(get());
    expect(failed.status).toBe(502);
    expect(failed.body).toBe("Kiln: could not reach an instance of web\n");
    expect(failed.head).not.toContain("Kiln-Lost-Instance");
    expect(retriesOf(proxy)).toBe(2);
    await proxy.route([]);
    const none = await client.ask(get());
    expect(none.status).toBe(503);
    expect(none.head).toContain("Retry-After: 1\r\n");
    client.close();
    expect(proxy.lost).toEqual([]);
  });
});

describe("a new connection that closes before a byte of an answer", () => {
  test("GET goes to another instance, once", async () => {
    const proxy = await makeProxy();
    const [a, b, c] = [await dying("a"), await dying("b"), await dying("c")];
    await proxy.route([a, b, c]);
    const client = new TestClient(proxy.port);
    const answer = await client.ask(get());
    client.close();
    expect(answer.status).toBe(502);
    expect(a.asked.length + b.asked.length + c.asked.length).toBe(2);
    expect(retriesOf(proxy)).toBe(1);
  });

  test.each([
    ["POST with a body", post("order")],
    ["POST without a body", post("")],
    ["PATCH", post("x").replace("POST", "PATCH")],
    ["an unknown method", get().replace("GET", "BREW")],
  ])("%s is never sent twice: 502 that names the instance", async (_, request) => {
    const proxy = await makeProxy();
    const [a, b] = [await dying("a"), await dying("b")];
    await proxy.route([a, b]);
    const client = new TestClient(proxy.port);
    const answer = await client.ask(request);
    client.close();
    expect(answer.status).toBe(502);
    expect(a.asked.length + b.asked.length).toBe(1);
    const lost = a.asked.length === 1 ? a : b;
    expect(answer.head).toContain(`\r\nKiln-Lost-Instance: ${lost.id}\r\n`);
    expect(proxy.lost).toEqual([lost.id]);
    expect(proxy.proxy.report().lost).toEqual([{ instance: lost.id, count: 1 }]);
    expect(proxy.proxy.report().releases[0]!.answers).toEqual([1, 0, 0, 0, 0, 0]);
  });

  test("a PUT whose body is held goes to another, with its body", async () => {
    const proxy = await makeProxy();
    const a = await dying("a");
    const bodies: string[] = [];
    const b = kept(
      await startInstance("b", (socket) =>
        onHeads(socket, (_, body) => {
          bodies.push(body);
          socket.write(ok("b"));
        }),
      ),
    );
    await proxy.route([a, b]);
    for (let index = 0; index < 10; index++) {
      const client = new TestClient(proxy.port);
      expect((await client.ask(post("whole").replace("POST", "PUT"))).body).toBe("b");
      client.close();
    }
    expect(a.asked.length).toBeGreaterThan(0);
    expect(new Set(bodies)).toEqual(new Set(["whole"]));
  });
});

describe("a reused connection that was closed", () => {
  /** Answers the first request of a connection, and closes it at the second, as an idle timeout would. */
  const fickle = async (name: string): Promise<TestInstance & { asked: string[] }> => {
    const asked: string[] = [];
    const instance = await startInstance(name, (socket) => {
      let count = 0;
      onHeads(socket, (head) => {
        asked.push(head.split(" ")[0] ?? "");
        if (++count === 1) socket.write(ok(name));
        else socket.destroy();
      });
    });
    return { ...kept(instance), asked };
  };

  test("GET goes to another instance", async () => {
    const proxy = await makeProxy();
    const a = await fickle("a");
    await proxy.route([a]);
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).body).toBe("a");
    // `a` has an idle connection that will close; the other is reached anew.
    const b = await named("b");
    await proxy.route([a, b]);
    for (let index = 0; index < 6; index++) expect((await client.ask(get())).status).toBe(200);
    client.close();
    expect(proxy.lost).toEqual([]);
  });

  test("POST is lost, not repeated", async () => {
    const proxy = await makeProxy();
    const a = await fickle("a");
    await proxy.route([a]);
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).status).toBe(200);
    expect((await client.ask(post("x"))).status).toBe(502);
    client.close();
    expect(a.asked).toEqual(["GET", "POST"]);
    expect(proxy.lost).toEqual([a.id]);
  });

  test("POST takes a new connection when the idle one has rested", async () => {
    const proxy = await makeProxy({ limits: { freshTime: 50 } });
    const a = await fickle("a");
    await proxy.route([a]);
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).status).toBe(200);
    await pause(80);
    expect((await client.ask(post("x"))).status).toBe(200);
    client.close();
    expect(a.sockets).toHaveLength(2);
  });

  test("idle connections end with their time, and with what `Keep-Alive` says", async () => {
    const proxy = await makeProxy({ limits: { upstreamIdleTime: 5000 } });
    const a = kept(
      await startInstance("a", (socket) =>
        onHeads(socket, () => socket.write(ok("a", "Keep-Alive: timeout=1\r\n"))),
      ),
    );
    await proxy.route([a]);
    const client = new TestClient(proxy.port);
    await client.ask(get());
    await pause(20);
    await client.ask(get());
    client.close();
    expect(a.sockets).toHaveLength(2);
  });

  test("an instance that closes idle connections without a word loses nothing", async () => {
    // On a busy machine more than a fifth of these meets the race.
    const proxy = await makeProxy({ limits: { retryShare: 1 } });
    const closing = async (name: string) =>
      kept(
        await startInstance(name, (socket) =>
          onHeads(socket, () => {
            socket.write(ok(name));
            setTimeout(() => socket.destroy(), 15);
          }),
        ),
      );
    await proxy.route([await closing("a"), await closing("b"), await closing("c")]);
    const statuses = new Map<number, number>();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        const client = new TestClient(proxy.port);
        for (let index = 0; index < 40; index++) {
          const { status } = await client.ask(get());
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          await pause(Math.random() * 30);
        }
        client.close();
      }),
    );
    expect([...statuses]).toEqual([[200, 320]]);
    expect(retriesOf(proxy)).toBeGreaterThan(0);
  });
});

describe("after a byte of an answer", () => {
  test.each([
    ["half a status line", "HTTP/1."],
    ["a 1xx", "HTTP/1.1 100 Continue\r\n\r\n"],
    ["half a head", "HTTP/1.1 200 OK\r\nX: y\r\n"],
  ])("%s: nothing is sent again", async (_, bytes) => {
    const proxy = await makeProxy();
    let asked = 0;
    const make = async (name: string) =>
      kept(
        await startInstance(name, (socket) =>
          onHeads(socket, () => {
            asked++;
            socket.write(bytes, () => setTimeout(() => socket.destroy(), 10));
          }),
        ),
      );
    await proxy.route([await make("a"), await make("b")]);
    const client = new TestClient(proxy.port).write(get());
    await client.until((text) => text.includes("HTTP/1.1 502"));
    client.close();
    expect(asked).toBe(1);
    expect(proxy.lost).toHaveLength(1);
  });

  test("503 of an application is passed on, not repeated", async () => {
    const proxy = await makeProxy();
    let asked = 0;
    const make = async (name: string) =>
      kept(
        await startInstance(name, (socket) =>
          onHeads(socket, () => {
            asked++;
            socket.write("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n");
          }),
        ),
      );
    await proxy.route([await make("a"), await make("b")]);
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).status).toBe(503);
    client.close();
    expect(asked).toBe(1);
    expect(proxy.proxy.report().releases[0]!.answers[5]).toBe(1);
  });
});

test("the budget ends retries where everything fails", async () => {
  const proxy = await makeProxy({ limits: { retryMinimum: 3, failureThreshold: 1000 } });
  await proxy.route([await refusing("a"), await refusing("b")]);
  const client = new TestClient(proxy.port);
  for (let index = 0; index < 40; index++) expect((await client.ask(get())).status).toBe(502);
  client.close();
  // A fifth of 40, and no more.
  expect(retriesOf(proxy)).toBeLessThanOrEqual(8);
});

test("a client that goes away takes its request with it, and nobody is blamed", async () => {
  const proxy = await makeProxy();
  let closed = false;
  const a = kept(
    await startInstance("a", (socket) => {
      socket.resume();
      socket.on("close", () => (closed = true));
      socket.on("end", () => socket.end());
    }),
  );
  await proxy.route([a]);
  const socket = connect(proxy.port, "127.0.0.1");
  socket.write(get());
  await pause(50);
  expect(proxy.proxy.report().inFlight).toEqual([{ instance: a.id, count: 1 }]);
  socket.resetAndDestroy();
  await pause(50);
  expect(closed).toBe(true);
  expect(proxy.proxy.report().inFlight).toEqual([]);
  expect(proxy.proxy.report().releases[0]).toMatchObject({ answers: [0, 0, 0, 0, 0, 0], inFlight: 0 });
  expect(proxy.lost).toEqual([]);
});
