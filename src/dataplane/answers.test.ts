import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { get, onHeads, ok, pause, post, startInstance, startProxy, TestClient } from "./testing.ts";
import type { TestInstance, TestProxy } from "./testing.ts";

/** What an instance says to a path; the connection stays open unless it says so. */
const SAYS: Record<string, string> = {
  "/ok": ok("hello"),
  "/chunked":
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\nHost: x\r\n\r\n",
  "/204": "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n",
  "/304": "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n",
  "/head": "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n",
  "/early":
    "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
  "/surplus": `${ok("one")}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`,
  "/hops":
    "HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nKiln-Lost-Instance: lie\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok",
  "/old": "HTTP/1.0 200 Fine\r\nContent-Length: 2\r\n\r\nok",
  "/both": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
  "/lengths": "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
  "/gzip": "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
  "/fold": "HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n",
  "/lf": "HTTP/1.1 200 OK\nContent-Length: 2\n\nok",
  "/space": "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok",
  "/status": "HTTP/1.1 20x OK\r\nContent-Length: 2\r\n\r\nok",
  "/zero-nine": "hello, no head at all\r\n\r\n",
  "/old-chunks": "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  "/101": "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
  "/huge": `HTTP/1.1 200 OK\r\nX: ${"x".repeat(40_000)}\r\nContent-Length: 0\r\n\r\n`,
  "/large": `HTTP/1.1 200 OK\r\nX: ${"x".repeat(30_000)}\r\nContent-Length: 2\r\n\r\nok`,
  "/bad-chunk": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n",
};

let proxy: TestProxy;
let instance: TestInstance;

beforeAll(async () => {
  proxy = await startProxy({ limits: { firstByteTime: 400, betweenBytesTime: 400, lingerTime: 300 } });
  instance = await startInstance("i1", (socket) =>
    onHeads(socket, (head) => {
      const path = head.split(" ")[1] ?? "";
      const says = SAYS[path];
      if (says !== undefined) socket.write(Buffer.from(says, "latin1"));
      else if (path === "/close") socket.end("HTTP/1.1 200 OK\r\n\r\nuntil the end");
      else if (path === "/truncated") socket.end("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      else if (path === "/truncated-chunks") {
        socket.end("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
      } else if (path === "/stalls") socket.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
      else if (path === "/slow") {
        const text = ok("slow and steady");
        let index = 0;
        const timer = setInterval(() => {
          socket.write(text.charAt(index++));
          if (index === text.length) clearInterval(timer);
        }, 2);
      } else if (path === "/continue") {
        socket.write("HTTP/1.1 100 Continue\r\n\r\n");
      }
    }),
  );
  await proxy.route([instance]);
});
afterAll(async () => {
  await proxy.close();
  await instance.close();
});

async function ask(request: string): Promise<string> {
  const client = new TestClient(proxy.port).write(request);
  await client.until((text) => /\r\n\r\n/.test(text)).catch(() => "");
  await pause(20);
  const { text } = client;
  client.close();
  return text;
}

describe("answers", () => {
  test.each<[string, string, string]>([
    ["with a length", "/ok", "HTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nContent-Length: 5\r\n\r\nhello"],
    [
      "in chunks",
      "/chunked",
      "HTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 1\r\n\r\n",
    ],
    ["204, whatever it declares", "/204", "HTTP/1.1 204 No Content\r\nVia: 1.1 kiln\r\n\r\n"],
    ["304", "/304", "HTTP/1.1 304 Not Modified\r\nETag: x\r\nVia: 1.1 kiln\r\nContent-Length: 5\r\n\r\n"],
    [
      "1xx before",
      "/early",
      "HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\nVia: 1.1 kiln\r\n\r\nHTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nContent-Length: 2\r\n\r\nok",
    ],
    [
      "without what is for one hop",
      "/hops",
      "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nVia: 1.1 kiln\r\nContent-Length: 2\r\n\r\nok",
    ],
    ["of HTTP/1.0", "/old", "HTTP/1.1 200 Fine\r\nVia: 1.1 kiln\r\nContent-Length: 2\r\n\r\nok"],
    ["until the end", "/close", "HTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nConnection: close\r\n\r\nuntil the end"],
  ])("%s", async (_, path, expected) => {
    expect(await ask(get(path))).toBe(expected);
  });

  test("to HEAD have no body", async () => {
    const client = new TestClient(proxy.port);
    client.write(get("/head").replace("GET", "HEAD"));
    await client.until((text) => text.includes("Content-Length: 500\r\n\r\n"));
    client.text = "";
    expect((await client.ask(get("/ok"))).body).toBe("hello");
    client.close();
  });

  test("in chunks go to HTTP/1.0 without them", async () => {
    const text = await ask("GET /chunked HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n\r\n");
    expect(text).toBe("HTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nConnection: close\r\n\r\nabcde");
  });

  test("to HTTP/1.0 that keeps its connection say so", async () => {
    const client = new TestClient(proxy.port);
    const request = "GET /ok HTTP/1.0\r\nHost: t\r\nConnection: keep-alive\r\n\r\n";
    for (let index = 0; index < 2; index++) {
      expect((await client.ask(request)).head).toContain("Connection: keep-alive\r\n");
    }
    client.close();
  });

  test("that come byte by byte arrive whole", async () => {
    const client = new TestClient(proxy.port);
    expect((await client.ask(get("/slow"))).body).toBe("slow and steady");
    client.close();
  });

  test("with a large head are passed on, up to the limit", async () => {
    expect((await ask(get("/large"))).length).toBeGreaterThan(30_000);
  });

  test.each([
    "/both",
    "/lengths",
    "/gzip",
    "/fold",
    "/lf",
    "/space",
    "/status",
    "/zero-nine",
    "/old-chunks",
    "/101",
    "/huge",
    "/bad-chunk",
  ])("%s is refused with 502, and its connection not used again", async (path) => {
    const before = instance.sockets.length;
    const client = new TestClient(proxy.port);
    expect((await client.ask(get(path))).status).toBe(502);
    await pause(10);
    expect(instance.sockets.slice(before).every((socket) => socket.destroyed || socket.readableEnded)).toBe(
      true,
    );
    expect((await client.ask(get("/ok"))).body).toBe("hello");
    client.close();
  });

  test("with bytes after them poison their connection", async () => {
    const client = new TestClient(proxy.port);
    for (let index = 0; index < 3; index++) {
      expect((await client.ask(get("/surplus"))).body).toBe("one");
      expect((await client.ask(get("/ok"))).body).toBe("hello");
    }
    expect(client.text).toBe("");
    client.close();
  });

  test.each(["/truncated", "/truncated-chunks"])("%s: cut, so that the client sees it", async (path) => {
    const client = new TestClient(proxy.port).write(get(path));
    const text = await client.end();
    expect(text).toContain("abc");
    expect(text.slice(-10)).not.toContain("\r\n0\r\n\r\n");
    client.close();
  });

  test("that do not begin in time: 504; that stop in the middle: cut", async () => {
    const client = new TestClient(proxy.port);
    expect((await client.ask(get("/never"))).status).toBe(504);
    client.close();
    const stalled = new TestClient(proxy.port).write(get("/stalls"));
    expect(await stalled.end()).toContain("abc");
  });
});

describe("requests", () => {
  test("in a pipeline are answered in order", async () => {
    const client = new TestClient(proxy.port);
    const paths = ["/ok", "/chunked", "/slow", "/old", "/204", "/ok"];
    client.write(paths.map((path) => get(path)).join("") + post("x".repeat(70_000), "/ok") + get("/close"));
    const text = await client.end();
    expect(text.match(/HTTP\/1\.1 \d+ \w+/g)).toEqual([
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 Fine",
      "HTTP/1.1 204 No",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
      "HTTP/1.1 200 OK",
    ]);
    client.close();
  });

  test("hundreds in a pipeline wait without being lost", async () => {
    const client = new TestClient(proxy.port).write(get("/ok").repeat(400) + get("/close"));
    const text = await client.end();
    expect(text.split("hello")).toHaveLength(401);
    client.close();
  });

  test("of a client that half-closes are still answered", async () => {
    const client = new TestClient(proxy.port);
    client.socket.end(get("/slow"));
    expect(await client.end()).toContain("slow and steady");
  });

  test("with Connection: close get an answer that says so, and the end", async () => {
    const client = new TestClient(proxy.port).write(get("/ok", "Connection: close\r\n"));
    expect(await client.end()).toContain("\r\nConnection: close\r\n");
    client.close();
  });

  test("with Expect: 100-continue wait for the instance's word", async () => {
    const client = new TestClient(proxy.port);
    client.write(post("x", "/continue", "Expect: 100-continue\r\n").slice(0, -1));
    await client.until((text) => text.includes("HTTP/1.1 100 Continue\r\n"));
    client.close();
  });

  test("whose answer comes before their body ends: answer, then a lingering close", async () => {
    const client = new TestClient(proxy.port);
    client.write(`POST /ok HTTP/1.1\r\nHost: t\r\nContent-Length: 1000000\r\n\r\n`);
    await client.until((text) => text.includes("hello"));
    // What is still on its way is read and dropped: no reset takes the answer away.
    for (let index = 0; index < 20; index++) client.write("x".repeat(10_000));
    const text = await client.end();
    expect(text).toContain("Connection: close");
    expect(client.error).toBeUndefined();
    client.close();
  });
});
