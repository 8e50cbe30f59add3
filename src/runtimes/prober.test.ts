import { createServer } from "node:http";
import type { RequestListener, Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import type { Server as TcpServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { parseId } from "../kernel/index.ts";
import type { HealthProbe, ProbeResult, ReleaseContent } from "../fleets/index.ts";
import { createProber } from "./prober.ts";

const servers: (Server | TcpServer)[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections();
  }
});

function listen(server: Server | TcpServer): Promise<number> {
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
}

function probe(port: number, how: HealthProbe): Promise<ProbeResult> {
  const prober = createProber({
    execute: async (_id, command) =>
      command[0] === "true" ? { healthy: true } : { healthy: false, reason: "no" },
  });
  const content: Pick<ReleaseContent, "health"> = {
    health: {
      probe: how,
      interval: 100,
      timeout: 200,
      healthyThreshold: 1,
      unhealthyThreshold: 1,
      startDeadline: 1,
    },
  };
  return prober.probe({ id: parseId("i"), host: "127.0.0.1", port }, content as ReleaseContent);
}

async function answer(listener: RequestListener): Promise<ProbeResult> {
  return probe(await listen(createServer(listener)), { kind: "http", path: "/healthz" });
}

test("200 to 299 is healthy, and it says who asks, over a connection of its own", async () => {
  const seen: (string | undefined)[] = [];
  const result = await answer((request, response) => {
    seen.push(request.url, request.headers["user-agent"], request.headers.connection);
    response.statusCode = 204;
    response.end();
  });
  expect(result).toEqual({ healthy: true });
  expect(seen).toEqual(["/healthz", expect.stringMatching(/^kiln-health\/\d/), "close"]);
});

test.each([301, 404, 500, 503])("%d is not healthy", async (status) => {
  const result = await answer((_request, response) => response.writeHead(status, { location: "/" }).end());
  expect(result).toEqual({ healthy: false, reason: `GET /healthz answered ${status}` });
});

test("an answer that never comes, or never ends, is not healthy", async () => {
  expect(await answer(() => {})).toEqual({
    healthy: false,
    reason: "no answer to GET /healthz within 200 ms",
  });
  expect(await answer((_request, response) => response.write("a"))).toMatchObject({ healthy: false });
});

test("an answer that is cut off is not healthy", async () => {
  const result = await answer((_request, response) => {
    response.writeHead(200, { "content-length": "10" });
    response.write("half");
    setTimeout(() => response.destroy(), 20);
  });
  expect(result).toMatchObject({ healthy: false });
});

test("an endless healthy answer is not read to its end", async () => {
  const result = await answer((_request, response) => {
    response.on("error", () => {});
    response.write("x".repeat(200_000));
  });
  expect(result).toEqual({ healthy: true });
});

test("garbage instead of HTTP is not healthy", async () => {
  const port = await listen(
    createTcpServer((socket) => socket.on("error", () => {}).end("SSH-2.0-what\r\n")),
  );
  expect(await probe(port, { kind: "http", path: "/" })).toMatchObject({ healthy: false });
  expect(await probe(port, { kind: "tcp" })).toEqual({ healthy: true });
});

test("nobody there is not healthy", async () => {
  const server = createTcpServer();
  const port = await listen(server);
  await new Promise((resolve) => server.close(resolve));
  expect(await probe(port, { kind: "tcp" })).toMatchObject({ healthy: false });
  expect(await probe(port, { kind: "http", path: "/" })).toMatchObject({ healthy: false });
});

test("a command is asked of the runtime", async () => {
  expect(await probe(1, { kind: "command", command: ["true"] })).toEqual({ healthy: true });
  expect(await probe(1, { kind: "command", command: ["false"] })).toEqual({ healthy: false, reason: "no" });
});
