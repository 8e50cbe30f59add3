import type { Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { get, onHeads, pause, startInstance, startProxy, TestClient } from "./testing.ts";
import type { TestInstance, TestProxy } from "./testing.ts";
import { closeFrame, FrameTracker } from "./websocket.ts";

let proxy: TestProxy;
let instance: TestInstance;
afterEach(async () => {
  await proxy.close();
  await instance.close();
});

async function start(handle: (socket: Socket, head: string, body: string) => void): Promise<void> {
  proxy = await startProxy({ limits: { closeFrameTime: 300 } });
  instance = await startInstance("a", (socket) => {
    let begun = false;
    onHeads(socket, (head, body) => {
      if (begun) return;
      begun = true;
      socket.removeAllListeners("data");
      handle(socket, head, body);
    });
  });
  await proxy.route([instance]);
}

const upgrade = (protocol: string) =>
  get("/ws", `Connection: keep-alive, Upgrade\r\nUpgrade: ${protocol}\r\n`);
const switching = (protocol: string) =>
  `HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ${protocol}\r\n\r\n`;
const frame = (text: string) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);

describe("an upgrade", () => {
  test("carries bytes both ways, those included that came with the heads", async () => {
    const heads: string[] = [];
    await start((socket, head) => {
      heads.push(head);
      socket.write(`${switching("echo")}first`);
      socket.on("data", (chunk: Buffer) => socket.write(chunk));
      socket.on("end", () => socket.end("last"));
    });
    const client = new TestClient(proxy.port).write(`${upgrade("echo")}early`);
    await client.until((text) => text.includes("early"));
    const big = "x".repeat(500_000);
    client.write(big);
    await client.until((text) => text.length > big.length);
    client.socket.end();
    const text = await client.end();
    expect(heads[0]).toContain("Connection: upgrade\r\nUpgrade: echo\r\n");
    expect(text).toContain("HTTP/1.1 101 Switching Protocols\r\n");
    expect(text.slice(text.indexOf("\r\n\r\n") + 4)).toBe(`firstearly${big}last`);
    await pause(20);
    expect(proxy.proxy.report().inFlight).toEqual([]);
  });

  test("that the instance declines is an ordinary answer", async () => {
    await start((socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno"));
    const client = new TestClient(proxy.port);
    expect((await client.ask(upgrade("websocket"))).body).toBe("no");
    client.close();
  });

  test("a drain closes a WebSocket with 1012 between two frames, and tells the instance 1001", async () => {
    const toInstance: Buffer[] = [];
    let half: Socket | undefined;
    await start((socket) => {
      socket.write(switching("websocket"));
      half = socket;
      socket.on("data", (chunk: Buffer) => toInstance.push(chunk));
    });
    const client = new TestClient(proxy.port).write(upgrade("websocket"));
    await client.until((text) => text.includes("\r\n\r\n"));
    const whole = frame("hello, this is one frame");
    half!.write(whole.subarray(0, 7));
    await client.until((text) => text.includes("hello"));
    await proxy.route([]);
    const drained = proxy.proxy.drain([instance.id], 5000);
    await pause(30);
    expect(client.text).not.toContain("\u0088\u0002");
    half!.end(Buffer.concat([whole.subarray(7), frame("too late")]));
    const text = await client.end();
    client.socket.end();
    expect(await drained).toEqual({ cut: [] });
    const frames = Buffer.from(text.slice(text.indexOf("\r\n\r\n") + 4), "latin1");
    expect(frames).toEqual(Buffer.concat([whole, closeFrame(1012)]));
    const seen = Buffer.concat(toInstance);
    expect([seen[0], seen[1]]).toEqual([0x88, 0x82]);
    const code = [seen[6]! ^ seen[2]!, seen[7]! ^ seen[3]!];
    expect(code[0]! * 256 + code[1]!).toBe(1001);
  });

  test("a WebSocket whose client does not answer the close is cut", async () => {
    await start((socket) => {
      socket.write(switching("websocket"));
      socket.resume();
    });
    const client = new TestClient(proxy.port).write(upgrade("websocket"));
    await client.until((text) => text.includes("\r\n\r\n"));
    await proxy.route([]);
    const started = performance.now();
    await proxy.proxy.drain([instance.id], 5000);
    expect(performance.now() - started).toBeLessThan(2000);
    client.close();
  });
});

describe("frames", () => {
  test("are followed however they are cut", () => {
    const lengths = [0, 1, 125, 126, 65_535, 65_536, 70_000];
    const frames = lengths.map((length, index) => {
      const mask = index % 2 === 0 ? 0 : 0x80;
      const head =
        length < 126
          ? [0x82, mask | length]
          : length < 65_536
            ? [0x82, mask | 126, length >> 8, length & 0xff]
            : [0x82, mask | 127, 0, 0, 0, 0, 0, length >> 16, (length >> 8) & 0xff, length & 0xff];
      return Buffer.concat([Buffer.from(head), Buffer.alloc(mask === 0 ? 0 : 4), Buffer.alloc(length, 0x88)]);
    });
    const all = Buffer.concat(frames);
    for (const step of [1, 3, 1000, all.length]) {
      const tracker = new FrameTracker();
      const boundaries: number[] = [];
      for (let at = 0; at < all.length; at += step) {
        tracker.follow(all.subarray(at, at + step), false);
        if (step === 1 && tracker.atBoundary) boundaries.push(at + 1);
      }
      expect(tracker.atBoundary).toBe(true);
      let sum = 0;
      if (step === 1) expect(boundaries).toEqual(frames.map(({ length }) => (sum += length)));
    }
    const stopping = new FrameTracker();
    stopping.follow(frames[2]!.subarray(0, 10), false);
    expect(stopping.follow(Buffer.concat([frames[2]!.subarray(10), frames[1]!]), true)).toBe(
      frames[2]!.length - 10,
    );
  });
});

describe("a stream of events", () => {
  const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

  test("passes at once, and ends between two events when its release is drained", async () => {
    let stream: Socket | undefined;
    await start((socket) => {
      stream = socket;
      socket.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n",
      );
      socket.write(chunk("data: 1\n\n"));
    });
    const client = new TestClient(proxy.port).write(get());
    await client.until((text) => text.includes("data: 1"));
    stream!.write(chunk("data: 2\n"));
    await client.until((text) => text.includes("data: 2"));
    await proxy.route([]);
    const drained = proxy.proxy.drain([instance.id], 5000);
    await pause(20);
    expect(client.text).not.toContain("\r\n0\r\n\r\n");
    stream!.write(chunk("more: x\n\n"));
    await client.until((text) => text.endsWith("\r\n0\r\n\r\n"));
    expect(await drained).toEqual({ cut: [] });
    expect(client.text).toContain(chunk("more: x\n\n"));
    client.close();
  });

  test("that is at an event's end is ended at once", async () => {
    await start((socket) =>
      socket.write(
        `HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(": hi\r\n\r\n")}`,
      ),
    );
    const client = new TestClient(proxy.port).write(get());
    await client.until((text) => text.includes(": hi"));
    await proxy.route([]);
    expect(await proxy.proxy.drain([instance.id], 5000)).toEqual({ cut: [] });
    await client.until((text) => text.endsWith("\r\n0\r\n\r\n"));
    client.close();
  });
});
