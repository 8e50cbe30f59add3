import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect, createServer as createSocketServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LostRequests, RouteTable } from "../fleets/index.ts";
import { locateHome, parseId, releaseNumber, silentLogger, systemClock } from "../kernel/index.ts";
import type { KilnHome } from "../kernel/index.ts";
import { embeddedTraffic } from "./embedded.ts";
import type { EmbeddedTraffic } from "./embedded.ts";

const MAIN = fileURLToPath(new URL("../dataplane/main.ts", import.meta.url));
const LOAD = fileURLToPath(new URL("../../test/load/client.ts", import.meta.url));
const ECHO = fileURLToPath(new URL("../../test/load/echo.ts", import.meta.url));

let home: KilnHome;
let traffic: EmbeddedTraffic;
let port: number;
const children: ChildProcess[] = [];

beforeEach(async () => {
  const root = await mkdtemp("/tmp/kiln-proxy-");
  home = locateHome({ environment: { KILN_HOME: root }, userId: 1, homeDirectory: root });
  traffic = driver();
  port = await freePort();
});
afterEach(async () => {
  await traffic.shutdown();
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await rm(home.root, { recursive: true, force: true });
});

function driver(): EmbeddedTraffic {
  return embeddedTraffic({
    home,
    command: [process.execPath, MAIN],
    clock: systemClock,
    logger: silentLogger,
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createSocketServer();
    server.listen(0, "127.0.0.1", () => {
      const { port: free } = server.address() as AddressInfo;
      server.close(() => resolve(free));
    });
  });
}

interface Echo {
  readonly id: string;
  readonly port: number;
  readonly child: ChildProcess;
}

async function startEcho(version: number, id: string): Promise<Echo> {
  const child = spawn(process.execPath, [ECHO], {
    env: { ...process.env, VERSION: String(version), INSTANCE: id },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const line = await new Promise<string>((resolve) =>
    child.stdout!.once("data", (chunk: Buffer) => resolve(chunk.toString())),
  );
  return { id, port: Number(line), child };
}

function table(
  version: number,
  release: number,
  instances: readonly Pick<Echo, "id" | "port">[],
): RouteTable {
  const target = {
    release: releaseNumber(release),
    weight: 1,
    instances: instances.map((one) => ({
      id: parseId<"instance">(one.id),
      host: "127.0.0.1",
      port: one.port,
    })),
  };
  const listen = { host: "127.0.0.1", port };
  return {
    epoch: 1,
    version,
    routes: [{ fleet: parseId<"fleet">("l/web"), name: "web", listen, targets: [target] }],
  };
}

/** Starts the load; `stop` ends it and gives its last line. */
function startLoad(rate: number): { stop(): Promise<LastLine> } {
  const child = spawn(process.execPath, [LOAD, "-url", `http://127.0.0.1:${port}/`, "-rate", String(rate)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  children.push(child);
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  return {
    stop: () =>
      new Promise((resolve) => {
        child.stdout.on("end", () => resolve(JSON.parse(text.trim().split("\n").at(-1) ?? "") as LastLine));
        child.stdin.write("stop\n");
      }),
  };
}

interface LastLine {
  readonly sent: number;
  readonly answered: number;
  readonly failed: { readonly total: number };
  readonly versions: Record<string, number>;
  readonly lost: Record<string, number>;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const ask = async () =>
  (await (await fetch(`http://127.0.0.1:${port}/?nonce=1`)).json()) as { instance: string };

describe("the proxy as a process", () => {
  test("is found or started, has a socket of its user's own, and goes when it is told to", async () => {
    const first = await traffic.ensure();
    expect(first.started).toBe(true);
    expect(await traffic.ensure()).toEqual({ pid: first.pid, started: false });
    const other = driver();
    expect(await other.ensure()).toEqual({ pid: first.pid, started: false });
    other.close();
    expect((await stat(home.proxySocket)).mode & 0o777).toBe(0o600);
    const environment = await readFile(`/proc/${first.pid}/environ`, "utf8");
    expect(environment).toContain(`KILN_HOME=${home.root}`);
    expect(await readFile(`/proc/${first.pid}/cmdline`, "utf8")).toMatch(/^kiln-proxy/);
    // A session of its own (field 6 of proc(5)), and no signal of a terminal ends it.
    const fields = (await readFile(`/proc/${first.pid}/stat`, "utf8")).split(") ")[1]!.split(" ");
    expect(Number(fields[3])).toBe(first.pid);
    process.kill(first.pid, "SIGHUP");
    process.kill(first.pid, "SIGINT");
    await pause(50);
    expect((await traffic.report()).releases).toEqual([]);
    await traffic.shutdown();
    expect(() => process.kill(first.pid, 0)).toThrow("ESRCH");
    await traffic.shutdown();
    await expect(traffic.report()).rejects.toThrow("cannot be reached");
  });

  test("that cannot start says its last words", async () => {
    const broken = embeddedTraffic({
      home,
      command: [process.execPath, "-e", "console.error('no luck today'); process.exit(3)"],
      clock: systemClock,
      logger: silentLogger,
    });
    await expect(broken.ensure()).rejects.toThrow("no luck today");
  });

  test("serves the table it had after kill -9, by itself, and still refuses older ones", async () => {
    const { pid } = await traffic.ensure();
    const echo = await startEcho(1, "one");
    expect(await traffic.apply(table(7, 1, [echo]))).toEqual({ kind: "acknowledged" });
    expect(await ask()).toMatchObject({ instance: "one" });
    process.kill(pid, "SIGKILL");
    await pause(50);
    const second = await traffic.ensure();
    expect(second.started).toBe(true);
    expect(await ask()).toMatchObject({ instance: "one" });
    expect(await traffic.apply(table(6, 1, []))).toEqual({ kind: "superseded", epoch: 1, version: 7 });
    expect(await traffic.apply(table(7, 1, [echo]))).toEqual({ kind: "acknowledged" });
    expect(await traffic.report()).toMatchObject({ epoch: 1, version: 7 });
  });

  test("two starts at once leave one proxy", async () => {
    const drivers = [driver(), driver(), driver()];
    const found = await Promise.all(drivers.map((one) => one.ensure()));
    expect(new Set(found.map(({ pid }) => pid)).size).toBe(1);
    // Those that came second are gone, and have not taken the first one's place.
    const log = () => readFileSync(`${home.logs}/proxy.log`, "utf8");
    const count = (text: string) => log().split(text).length - 1;
    while (count('"started"') + count("runs already") < 3) await pause(20);
    expect(count('"started"')).toBe(1);
    for (const one of drivers) one.close();
  });

  test("garbage on its socket harms nobody", async () => {
    await traffic.ensure();
    const socket = connect(home.proxySocket);
    socket.write('x\n{"id":5,"kind":"table","table":{}}\n');
    const text = await new Promise<string>((resolve) =>
      socket.once("data", (chunk) => resolve(chunk.toString())),
    );
    expect(text).toContain("not understood");
    socket.destroy();
    expect((await traffic.report()).version).toBe(0);
  });
});

describe("under load", () => {
  test("releases are switched, drained and killed: no request fails", async () => {
    await traffic.ensure();
    const one = [await startEcho(1, "1a"), await startEcho(1, "1b")];
    const two = [await startEcho(2, "2a"), await startEcho(2, "2b")];
    await traffic.apply(table(1, 1, one));
    const load = startLoad(500);
    await pause(1200);
    expect(await traffic.apply(table(2, 2, two))).toEqual({ kind: "acknowledged" });
    expect(
      await traffic.drain(
        one.map(({ id }) => parseId<"instance">(id)),
        5000,
      ),
    ).toEqual({ cut: [] });
    for (const { child } of one) child.kill("SIGKILL");
    await pause(700);
    const last = await load.stop();
    expect(last.failed).toMatchObject({ total: 0 });
    expect(last.lost).toEqual({});
    expect(Object.keys(last.versions)).toEqual(["1", "2"]);
    expect(last.answered).toBe(last.sent);
    expect(last.sent).toBeGreaterThan(300);
  });

  test("an instance is killed: what may not be sent again is counted with its id, all else is answered", async () => {
    await traffic.ensure();
    const lost: LostRequests[] = [];
    traffic.onLost((one) => lost.push(one));
    const [a, b] = [await startEcho(1, "a"), await startEcho(1, "b")];
    await traffic.apply(table(1, 1, [a, b]));
    // Requests that surely are at the instance when it dies.
    const orders = Array.from({ length: 10 }, () =>
      fetch(`http://127.0.0.1:${port}/echo?nonce=1&delay=2000`, { method: "POST", body: "order" }),
    );
    const load = startLoad(500);
    await pause(900);
    const before = await traffic.report();
    const atA = before.inFlight.find(({ instance }) => instance === "a")?.count ?? 0;
    expect(atA).toBeGreaterThan(0);
    a.child.kill("SIGKILL");
    const answers = await Promise.all(orders);
    const last = await load.stop();
    expect(last.failed).toMatchObject({ total: 0 });
    expect(Object.keys(last.lost).every((id) => id === "a")).toBe(true);
    const failed = answers.filter(({ status }) => status === 502);
    expect(failed.length).toBeGreaterThan(0);
    for (const answer of failed) expect(answer.headers.get("kiln-lost-instance")).toBe("a");
    expect(answers.every(({ status }) => status === 200 || status === 502)).toBe(true);
    const count = failed.length + (last.lost["a"] ?? 0);
    expect((await traffic.report()).lost).toEqual([{ instance: "a", count }]);
    expect(lost.reduce((sum, one) => sum + one.count, 0)).toBe(count);
  });
});

test("a slow reader of 300 MB costs the proxy little memory", async () => {
  const { pid } = await traffic.ensure();
  const size = 300 * 1024 * 1024;
  const piece = Buffer.alloc(64 * 1024, "x");
  const server = createServer((_, response) => {
    response.writeHead(200, { "Content-Length": size });
    let left = size;
    const more = () => {
      while (left > 0) {
        left -= piece.length;
        if (!response.write(piece)) {
          response.once("drain", more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const upstream = await new Promise<number>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
  await traffic.apply(table(1, 1, [{ id: "big", port: upstream }]));
  const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
  const before = memory();
  let most = before;
  const received = await new Promise<number>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let bytes = 0;
    const sample = setInterval(() => (most = Math.max(most, memory())), 20);
    socket.write("GET / HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n");
    // Nothing is read for a while: whoever does not wait has it all in memory by then.
    socket.pause();
    setTimeout(() => socket.resume(), 700);
    socket.on("data", (chunk) => (bytes += chunk.length));
    socket.on("error", reject);
    socket.on("close", () => {
      clearInterval(sample);
      resolve(bytes);
    });
  });
  server.closeAllConnections();
  server.close();
  expect(received).toBeGreaterThan(size);
  expect(most - before).toBeLessThan(120);
});
