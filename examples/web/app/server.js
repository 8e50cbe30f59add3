// A small web server without dependencies: the thing that Kiln fires, verifies, switches and retires.
// Change VERSION (or anything else) and run `kiln up examples/web` again.
import { createHash } from "node:crypto";
import { createServer } from "node:http";

const VERSION = "1";

const instance = process.env.KILN_INSTANCE ?? "none";
const host = process.env.HOST ?? "127.0.0.1";
const port = Number(process.env.PORT ?? 3000);

const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const nonce = url.searchParams.get("nonce");
  const identity = { version: VERSION, instance, pid: process.pid, nonce };

  if (url.pathname === "/healthz") {
    answer(response, 200, { status: "ok", version: VERSION });
  } else if (request.method === "GET" && url.pathname === "/") {
    answer(response, 200, { ...identity, greeting: process.env.GREETING ?? "Hello" });
  } else if (request.method === "POST" && url.pathname === "/echo") {
    const digest = createHash("sha256");
    let length = 0;
    request.on("data", (chunk) => {
      length += chunk.length;
      digest.update(chunk);
    });
    request.on("end", () => answer(response, 200, { ...identity, length, sha256: digest.digest("hex") }));
  } else {
    answer(response, 404, { error: "not found" });
  }
});

function answer(response, status, body) {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}

server.listen(port, host, () => console.log(`version ${VERSION} listens at http://${host}:${port}`));

// Kiln sends SIGTERM when this instance serves no more: requests under way are finished first.
process.on("SIGTERM", () => {
  console.log("told to stop");
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
