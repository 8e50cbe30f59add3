import { afterEach, describe, expect, test } from "vitest";
import { get, pause, startInstance, startNamed, startProxy, TestClient } from "./testing.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

async function start(limits: Parameters<typeof startProxy>[0]) {
  const proxy = await startProxy(limits);
  const instance = await startNamed("a");
  cleanups.push(
    () => proxy.close(),
    () => instance.close(),
  );
  await proxy.route([instance]);
  return proxy;
}

describe("slow clients", () => {
  test("a head must be complete in its time, however it drips", async () => {
    const proxy = await start({ limits: { headTime: 300 } });
    const client = new TestClient(proxy.port).write("GET / HTTP/1.1\r\n");
    const drip = setInterval(() => client.write("X: y\r\n"), 40);
    const text = await client.end();
    clearInterval(drip);
    client.close();
    expect(text).toContain("HTTP/1.1 408 ");
  });

  test("a body must keep a rate", async () => {
    const proxy = await start({ limits: { uploadWindow: 300, uploadRate: 500 } });
    const silent = await startInstance("silent", (socket) => socket.resume());
    cleanups.push(() => silent.close());
    await proxy.route([silent]);
    const client = new TestClient(proxy.port).write(
      "POST / HTTP/1.1\r\nHost: t\r\nContent-Length: 100000\r\n\r\n",
    );
    const drip = setInterval(() => client.write("x"), 40);
    const text = await client.end();
    clearInterval(drip);
    client.close();
    expect(text).toContain("HTTP/1.1 408 ");
    expect(proxy.proxy.report().releases[0]!.answers).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("an idle connection ends without a word", async () => {
    const proxy = await start({ limits: { idleTime: 200 } });
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).status).toBe(200);
    expect(await client.end()).toBe("");
    client.close();
  });

  test("connections are limited, in total and from one address", async () => {
    const proxy = await start({ limits: { connectionsPerAddress: 2 } });
    const clients = [new TestClient(proxy.port), new TestClient(proxy.port)];
    for (const client of clients) expect((await client.ask(get())).status).toBe(200);
    const third = new TestClient(proxy.port).write(get());
    expect(await third.end()).toBe("");
    clients[0]!.close();
    await pause(30);
    const fourth = new TestClient(proxy.port);
    expect((await fourth.ask(get())).status).toBe(200);
    for (const client of [...clients, fourth]) client.close();

    const full = await start({ limits: { connections: 0 } });
    const refused = new TestClient(full.port);
    expect(await refused.end()).toContain("HTTP/1.1 503 ");
  });
});
