/*
 * An application under load, for tests and measurements: answers as requests.ts says. It prints its port when it
 * listens.
 *
 *   VERSION=1 INSTANCE=a [PORT=0] node test/load/echo.ts
 */
import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const version = Number(process.env["VERSION"] ?? "1");
const instance = process.env["INSTANCE"] ?? "echo";

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://echo");
  const answer = (more: object) => {
    const nonce = url.searchParams.get("nonce");
    const body = JSON.stringify({ version, instance, pid: process.pid, nonce, ...more });
    const delay = Number(url.searchParams.get("delay") ?? "0");
    const send = () => {
      response.writeHead(200, {
        "Content-Type": "application/json",
        "Content-Length": Buffer.byteLength(body),
      });
      response.end(body);
    };
    if (delay > 0) setTimeout(send, delay);
    else send();
  };
  if (request.method !== "POST") {
    request.resume();
    answer({});
    return;
  }
  const digest = createHash("sha256");
  let length = 0;
  request.on("data", (chunk: Buffer) => {
    digest.update(chunk);
    length += chunk.length;
  });
  request.on("end", () => answer({ length, sha256: digest.digest("hex") }));
});
server.listen(Number(process.env["PORT"] ?? "0"), "127.0.0.1", () => {
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
});
