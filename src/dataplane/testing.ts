import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { parseId, releaseNumber, silentLogger, systemRandom } from "../kernel/index.ts";
import type { Diagnostic, InstanceId } from "../kernel/index.ts";
import type { RouteTable, TableResult } from "../traffic/index.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Limits } from "./limits.ts";
import { Proxy } from "./proxy.ts";

/** For tests: real servers on free ports, and what they need around them. */

/** An instance made of a handler for each connection. */
export interface TestInstance {
  readonly id: InstanceId;
  readonly port: number;
  /** Connections accepted so far. */
  readonly sockets: Socket[];
  close(): Promise<void>;
}

export async function startInstance(
  name: string,
  onConnection: (socket: Socket) => void,
): Promise<TestInstance> {
  const sockets: Socket[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {
      // The proxy may cut a connection at any time.
    });
    onConnection(socket);
  });
  const port = await listen(server);
  return {
    id: parseId<"instance">(name),
    port,
    sockets,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Calls back with each request head of a connection, and the bytes after the head that came with it. */
export function onHeads(socket: Socket, handle: (head: string, body: string) => void): void {
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return;
    const all = text;
    text = "";
    handle(all.slice(0, end + 4), all.slice(end + 4));
  });
}

/** An instance that answers every request with its name. */
export function startNamed(name: string): Promise<TestInstance> {
  return startInstance(name, (socket) => onHeads(socket, () => socket.write(ok(name))));
}

export function ok(body: string, fields = ""): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

export interface TestProxy {
  readonly proxy: Proxy;
  readonly port: number;
  /** Tables that were made durable. */
  readonly saved: RouteTable[];
  readonly lost: InstanceId[];
  route(...releases: (readonly TestTarget[])[]): Promise<TableResult>;
  close(): Promise<void>;
}

type TestTarget = Pick<TestInstance, "id" | "port">;

export interface TestProxyOptions {
  readonly limits?: Partial<Limits>;
  /** Called before a table is durable. */
  readonly onSave?: () => Promise<Diagnostic | undefined>;
}

/** A proxy in this process with one route. */
export async function startProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const port = await freePort();
  const saved: RouteTable[] = [];
  const lost: InstanceId[] = [];
  const store = {
    save: async (table: RouteTable) => {
      const diagnostic = await options.onSave?.();
      if (diagnostic === undefined) saved.push(table);
      return diagnostic;
    },
  };
  const proxy = new Proxy(store, {
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    now: () => performance.now(),
    random: systemRandom,
    logger: silentLogger,
    onLost: (instance) => lost.push(instance),
  });
  let version = 0;
  return {
    proxy,
    port,
    saved,
    lost,
    route: (...releases) => proxy.apply(tableOf(port, 1, ++version, releases)),
    close: () => proxy.close(0),
  };
}

/** A table with one route; each list of instances is a release with weight 1. */
export function tableOf(
  port: number,
  epoch: number,
  version: number,
  releases: readonly (readonly TestTarget[])[],
): RouteTable {
  const targets = releases.map((instances, index) => ({
    release: releaseNumber(index + 1),
    weight: 1,
    instances: instances.map((instance) => ({ id: instance.id, host: "127.0.0.1", port: instance.port })),
  }));
  const listen = { host: "127.0.0.1", port };
  return { epoch, version, routes: [{ fleet: parseId<"fleet">("l/web"), name: "web", listen, targets }] };
}

/** A client connection that collects what comes. */
export class TestClient {
  readonly socket: Socket;
  text = "";
  ended = false;
  error: Error | undefined;
  private waiting: (() => void)[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    const wake = () => {
      for (const waiter of this.waiting.splice(0)) waiter();
    };
    this.socket.on("data", (chunk: Buffer) => {
      this.text += chunk.toString("latin1");
      wake();
    });
    this.socket.on("end", () => {
      this.ended = true;
      wake();
    });
    this.socket.on("error", (error) => {
      this.error = error;
      wake();
    });
    this.socket.on("close", () => {
      this.ended = true;
      wake();
    });
  }

  write(data: string | Buffer): this {
    this.socket.write(data);
    return this;
  }

  /** Waits until the collected text satisfies a condition. */
  async until(condition: (text: string) => boolean, what = "the condition"): Promise<string> {
    const deadline = Date.now() + 8000;
    while (!condition(this.text)) {
      if (this.ended) throw new Error(`the connection ended before ${what}: ${JSON.stringify(this.text)}`);
      await this.change(deadline, what);
    }
    return this.text;
  }

  /** Waits for the end of the connection; all that came. */
  async end(): Promise<string> {
    const deadline = Date.now() + 8000;
    while (!this.ended) await this.change(deadline, "the end");
    return this.text;
  }

  /** Sends a request, and takes one answer with a declared length off the text. */
  async ask(request: string): Promise<{ status: number; head: string; body: string }> {
    this.write(request);
    let end = 0;
    let length = 0;
    await this.until((text) => {
      end = text.indexOf("\r\n\r\n") + 4;
      if (end < 4) return false;
      length = Number(/content-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? "0");
      return text.length >= end + length;
    }, "an answer");
    const head = this.text.slice(0, end);
    const body = this.text.slice(end, end + length);
    this.text = this.text.slice(end + length);
    return { status: Number(head.slice(9, 12)), head, body };
  }

  close(): void {
    this.socket.destroy();
  }

  private change(deadline: number, what: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`waited in vain for ${what}: ${JSON.stringify(this.text.slice(0, 2000))}`)),
        Math.max(0, deadline - Date.now()),
      );
      this.waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

export function get(path = "/", fields = ""): string {
  return `GET ${path} HTTP/1.1\r\nHost: t\r\n${fields}\r\n`;
}

export function post(body: string, path = "/", fields = ""): string {
  return `POST ${path} HTTP/1.1\r\nHost: t\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
