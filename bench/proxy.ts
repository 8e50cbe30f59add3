/*
 * Requests a second and latency through the proxy against a direct connection, in one run and in turns, so that
 * what else the machine does meets both alike.
 *
 *   node bench/proxy.ts [-seconds 3] [-rounds 3] [-connections 32]
 */
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { locateHome, parseId, releaseNumber, silentLogger, systemClock } from "../src/kernel/index.ts";
import { embeddedTraffic } from "../src/traffic/index.ts";

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]{2,}/.test(arg) ? `-${arg}` : arg)),
  options: {
    seconds: { type: "string", default: "3" },
    rounds: { type: "string", default: "3" },
    connections: { type: "string", default: "32" },
  },
});
const seconds = Number(values.seconds);
const connections = Number(values.connections);
const REQUEST = "GET / HTTP/1.1\r\nHost: bench\r\nUser-Agent: kiln-bench\r\nAccept: */*\r\n\r\n";
const END = "12345678901234567890";

interface Measured {
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

/** Each connection sends its next request when it has its answer. */
async function measure(port: number): Promise<Measured> {
  const latencies: number[] = [];
  const until = performance.now() + seconds * 1000;
  await Promise.all(
    Array.from(
      { length: connections },
      () =>
        new Promise<void>((resolve, reject) => {
          const socket = connect({ port, host: "127.0.0.1", noDelay: true });
          let sentAt = 0;
          let text = "";
          const send = () => {
            sentAt = performance.now();
            socket.write(REQUEST, "latin1");
          };
          socket.setEncoding("latin1");
          socket.on("connect", send);
          socket.on("data", (chunk: string) => {
            text += chunk;
            if (!text.endsWith(END)) return;
            text = "";
            const now = performance.now();
            latencies.push(now - sentAt);
            if (now < until) send();
            else socket.end();
          });
          socket.on("error", reject);
          socket.on("close", () => resolve());
        }),
    ),
  );
  latencies.sort((a, b) => a - b);
  const at = (share: number) => latencies[Math.floor(latencies.length * share)] ?? 0;
  return { rate: latencies.length / seconds, p50: at(0.5), p99: at(0.99) };
}

/** Processor time of a process in seconds (proc(5); a tick is 10 ms). */
function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

const root = mkdtempSync("/tmp/kiln-bench-");
const upstream = spawn(process.execPath, [fileURLToPath(new URL("upstream.ts", import.meta.url))], {
  stdio: ["ignore", "pipe", "inherit"],
});
const traffic = embeddedTraffic({
  home: locateHome({ environment: { KILN_HOME: root }, userId: 1, homeDirectory: root }),
  command: [process.execPath, fileURLToPath(new URL("../src/dataplane/main.ts", import.meta.url))],
  clock: systemClock,
  logger: silentLogger,
});
try {
  const direct = await new Promise<number>((resolve) =>
    upstream.stdout.once("data", (chunk: Buffer) => resolve(Number(chunk.toString()))),
  );
  const port = await freePort();
  const { pid } = await traffic.ensure();
  const instances = [{ id: parseId<"instance">("bench"), host: "127.0.0.1", port: direct }];
  const targets = [{ release: releaseNumber(1), weight: 1, instances }];
  const listen = { host: "127.0.0.1", port };
  await traffic.apply({
    epoch: 1,
    version: 1,
    routes: [{ fleet: parseId<"fleet">("bench/web"), name: "web", listen, targets }],
  });
  await measure(port);
  const show = (name: string, { rate, p50, p99 }: Measured, more = "") =>
    console.log(
      `${name.padEnd(8)} ${rate.toFixed(0).padStart(7)}/s   p50 ${p50.toFixed(2)} ms   p99 ${p99.toFixed(2)} ms${more}`,
    );
  const ratios: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const straight = await measure(direct);
    const before = processorTime(pid);
    const through = await measure(port);
    const perRequest = ((processorTime(pid) - before) / (through.rate * seconds)) * 1e6;
    show("direct", straight);
    show("proxy", through, `   ${perRequest.toFixed(1)} us of processor time a request`);
    ratios.push(through.rate / straight.rate);
  }
  console.log(`ratio    ${ratios.map((ratio) => ratio.toFixed(2)).join(" ")}`);
} finally {
  await traffic.shutdown();
  upstream.kill();
  rmSync(root, { recursive: true, force: true });
}
