import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { errorDiagnostic } from "../kernel/index.ts";
import {
  freePort,
  get,
  listen,
  ok,
  onHeads,
  pause,
  post,
  startInstance,
  startNamed,
  startProxy,
  tableOf,
  TestClient,
} from "./testing.ts";
import type { TestInstance, TestProxyOptions } from "./testing.ts";

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});
const kept = <T extends { close(): Promise<void> }>(one: T): T => {
  cleanups.push(() => one.close());
  return one;
};
const makeProxy = async (options?: TestProxyOptions) => kept(await startProxy(options));
const named = async (name: string) => kept(await startNamed(name));

/** Answers `/slow` after a time, everything else at once, with its name. */
const slow = async (name: string, delay: number): Promise<TestInstance> =>
  kept(
    await startInstance(name, (socket) =>
      onHeads(socket, (head) => {
        if (head.includes(" /slow ")) setTimeout(() => socket.write(ok(name)), delay);
        else socket.write(ok(name));
      }),
    ),
  );

describe("a switch under load", () => {
  test("loses nothing, and what is asked after the acknowledgement goes to the new release only", async () => {
    const proxy = await makeProxy();
    const releases = [
      [await named("one-a"), await named("one-b")],
      [await named("two-a"), await named("two-b")],
    ];
    await proxy.route(releases[0]!);
    let running = true;
    let floor = "one";
    let switches = 0;
    const wrong: string[] = [];
    let answered = 0;
    const clients = Array.from({ length: 12 }, async (_, index) => {
      let client = new TestClient(proxy.port);
      while (running) {
        const [expected, asked] = [floor, switches];
        const answer = await client.ask(index % 3 === 0 ? post("x") : get());
        if (answer.status !== 200) wrong.push(`${answer.status} ${answer.body}`);
        // Asked after the switch to `expected` was acknowledged, and no other has begun since.
        if (asked === switches && !answer.body.startsWith(expected)) wrong.push(answer.body);
        answered++;
        if (index % 4 === 0) {
          client.close();
          client = new TestClient(proxy.port);
        }
      }
      client.close();
    });
    for (let count = 0; count < 10; count++) {
      await pause(40);
      // During a switch either release may answer: nothing is expected.
      floor = "";
      switches++;
      const next = count % 2 === 0 ? "two" : "one";
      expect(await proxy.route(releases[count % 2 === 0 ? 1 : 0]!)).toEqual({ kind: "acknowledged" });
      floor = next;
      switches++;
    }
    running = false;
    await Promise.all(clients);
    expect(wrong).toEqual([]);
    expect(answered).toBeGreaterThan(200);
    expect(proxy.saved).toHaveLength(11);
  });

  test("requests wait while the table becomes durable, and go to the new release", async () => {
    let finish = () => {};
    let blocked = false;
    const proxy = await makeProxy({
      onSave: () =>
        blocked ? new Promise((resolve) => (finish = () => resolve(undefined))) : Promise.resolve(undefined),
    });
    const [one, two] = [await named("one"), await named("two")];
    await proxy.route([one]);
    blocked = true;
    const switched = proxy.route([two]);
    await pause(20);
    const client = new TestClient(proxy.port);
    const answer = client.ask(post("x".repeat(200_000)));
    await pause(50);
    expect(client.text).toBe("");
    finish();
    expect(await switched).toEqual({ kind: "acknowledged" });
    expect((await answer).body).toBe("two");
    client.close();
  });

  test("too many waiting requests get 503, and those that wait too long", async () => {
    let finish = () => {};
    let blocked = false;
    const proxy = await makeProxy({
      limits: { held: 2, heldTime: 200 },
      onSave: () =>
        blocked ? new Promise((resolve) => (finish = () => resolve(undefined))) : Promise.resolve(undefined),
    });
    await proxy.route([await named("one")]);
    blocked = true;
    const switched = proxy.route([await named("two")]);
    await pause(20);
    const clients = Array.from({ length: 3 }, () => new TestClient(proxy.port));
    const answers = await Promise.all(clients.map((client) => client.ask(get())));
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    for (const { head } of answers) expect(head).toContain("Retry-After: 1");
    finish();
    await switched;
    expect((await clients[0]!.ask(get())).body).toBe("two");
    for (const client of clients) client.close();
  });

  test("that cannot be saved leaves the old table in force", async () => {
    let broken = false;
    const diagnostic = errorDiagnostic("Full", "The disk is full.");
    const proxy = await makeProxy({ onSave: () => Promise.resolve(broken ? diagnostic : undefined) });
    await proxy.route([await named("one")]);
    broken = true;
    expect(await proxy.route([await named("two")])).toEqual({ kind: "refused", diagnostic });
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).body).toBe("one");
    client.close();
    expect(proxy.proxy.report().version).toBe(1);
  });
});

describe("addresses", () => {
  test("a taken port refuses the table with a remedy; the old one stays, and nothing new is open", async () => {
    const proxy = await makeProxy();
    const one = await named("one");
    await proxy.route([one]);
    const other = createServer();
    const taken = await listen(other);
    const free = await freePort();
    const routes = [free, taken].flatMap((port) => tableOf(port, 9, 9, [[one]]).routes);
    const result = await proxy.proxy.apply({ epoch: 9, version: 9, routes });
    expect(result).toMatchObject({ kind: "refused", diagnostic: { summary: "The address is taken" } });
    expect(JSON.stringify(result)).toContain(String(taken));
    expect(await proxy.proxy.check({ host: "127.0.0.1", port: taken })).toBeDefined();
    expect(await proxy.proxy.check({ host: "127.0.0.1", port: free })).toBeUndefined();
    expect(await proxy.proxy.check({ host: "127.0.0.1", port: proxy.port })).toBeUndefined();
    expect(await proxy.proxy.check({ host: "192.0.2.1", port: free })).toMatchObject({
      summary: "There is no such address",
    });
    const unopened = new TestClient(free);
    await unopened.end();
    expect(unopened.error).toBeDefined();
    const client = new TestClient(proxy.port);
    expect((await client.ask(get())).body).toBe("one");
    client.close();
    await new Promise((resolve) => other.close(resolve));
  });

  test("two routes with one address are refused", async () => {
    const proxy = await makeProxy();
    const [route] = tableOf(proxy.port, 1, 1, []).routes;
    expect(await proxy.proxy.apply({ epoch: 1, version: 1, routes: [route!, route!] })).toMatchObject({
      kind: "refused",
      diagnostic: { summary: "Two fleets have one address" },
    });
  });

  test("an address that leaves the table is closed: requests in flight end, then their connections", async () => {
    const proxy = await makeProxy({ limits: { drainIdleTime: 100 } });
    const one = await slow("one", 150);
    await proxy.route([one]);
    const busy = new TestClient(proxy.port).write(get("/slow"));
    const idle = new TestClient(proxy.port);
    await idle.ask(get());
    await pause(20);
    await proxy.proxy.apply({ epoch: 2, version: 1, routes: [] });
    const late = new TestClient(proxy.port);
    await late.end();
    expect(late.error).toBeDefined();
    const text = await busy.end();
    expect(text).toContain("one");
    expect(text).toContain("Connection: close");
    expect(await idle.end()).toBe("");
  });
});

describe("a drain", () => {
  test("waits for what is in flight, and closes idle connections at once", async () => {
    const proxy = await makeProxy();
    const [one, two] = [await slow("one", 200), await named("two")];
    await proxy.route([one]);
    const busy = new TestClient(proxy.port).write(get("/slow"));
    const idle = new TestClient(proxy.port);
    await idle.ask(get());
    expect(proxy.proxy.report().inFlight).toEqual([{ instance: one.id, count: 1 }]);
    await proxy.route([two]);
    await pause(20);
    expect(one.sockets.filter((socket) => !socket.readableEnded && !socket.destroyed)).toHaveLength(1);
    const started = performance.now();
    expect(await proxy.proxy.drain([one.id], 5000)).toEqual({ cut: [] });
    expect(performance.now() - started).toBeGreaterThan(100);
    await busy.until((text) => text.includes("one"));
    expect((await idle.ask(get())).body).toBe("two");
    busy.close();
    idle.close();
  });

  test("cuts what is left at its deadline, and names it", async () => {
    const proxy = await makeProxy();
    const one = kept(
      await startInstance("one", (socket) =>
        onHeads(socket, (head) => {
          if (head.includes("/begun")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc");
        }),
      ),
    );
    await proxy.route([one]);
    const waiting = new TestClient(proxy.port).write(post("x", "/waiting"));
    const begun = new TestClient(proxy.port).write(get("/begun"));
    await begun.until((text) => text.includes("abc"));
    await proxy.route([]);
    const { cut } = await proxy.proxy.drain([one.id], 150);
    expect(cut.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual([
      "GET /begun",
      "POST /waiting",
    ]);
    for (const { age } of cut) expect(age).toBeGreaterThanOrEqual(100);
    await waiting.until((text) => text.includes("HTTP/1.1 504"));
    await begun.end();
    expect(begun.error).toBeDefined();
    waiting.close();
    expect(proxy.proxy.report().inFlight).toEqual([]);
  });

  test("ends when the instances come back into the table", async () => {
    const proxy = await makeProxy();
    const one = await slow("one", 400);
    await proxy.route([one]);
    const client = new TestClient(proxy.port).write(get("/slow"));
    await pause(20);
    await proxy.route([]);
    const drained = proxy.proxy.drain([one.id], 5000);
    await proxy.route([one]);
    expect(await drained).toEqual({ cut: [] });
    await client.until((text) => text.includes("one"));
    client.close();
  });

  test("of unknown instances is done", async () => {
    const proxy = await makeProxy();
    const one = await named("one");
    expect(await proxy.proxy.drain([one.id], 1000)).toEqual({ cut: [] });
  });
});

test("weights choose the release of each request, and 0 means none", async () => {
  const proxy = await makeProxy();
  const [one, two, three] = [await named("one"), await named("two"), await named("three")];
  const [route] = tableOf(proxy.port, 1, 1, [[one], [two], [three]]).routes;
  const weights = [75, 25, 0];
  const targets = route!.targets.map((target, index) => ({ ...target, weight: weights[index]! }));
  await proxy.proxy.apply({ epoch: 1, version: 1, routes: [{ ...route!, targets }] });
  const client = new TestClient(proxy.port);
  const counts: Record<string, number> = { one: 0, two: 0, three: 0 };
  for (let index = 0; index < 600; index++) counts[(await client.ask(get())).body]!++;
  client.close();
  expect(counts["three"]).toBe(0);
  expect(counts["two"]).toBeGreaterThan(90);
  expect(counts["two"]).toBeLessThan(220);
  const { releases } = proxy.proxy.report();
  expect(releases.map(({ answers }) => answers[2])).toEqual([counts["one"], counts["two"]]);
  expect(releases[0]!.latency.reduce((sum, count) => sum + count, 0)).toBe(counts["one"]);
});

test("a proxy that ends finishes what is in flight, and accepts nothing new", async () => {
  const proxy = await makeProxy({ limits: { drainIdleTime: 50 } });
  await proxy.route([await slow("one", 200)]);
  const client = new TestClient(proxy.port).write(get("/slow"));
  await pause(30);
  const closed = proxy.proxy.close(5000);
  const late = new TestClient(proxy.port);
  await late.end();
  expect(late.error).toBeDefined();
  expect(await client.end()).toMatch(/Connection: close[^]*one$/);
  client.socket.end();
  await closed;
});
