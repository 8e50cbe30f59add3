import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import type { Random } from "../../kernel/index.ts";

const LOWEST_PORT = 20_000;
const HIGHEST_PORT = 65_535;
const ATTEMPTS = 200;

/**
 * A port on which nothing listens, out of the range that outgoing connections take theirs from: under load one of
 * those may have it at the very moment at which the instance wants to listen.
 */
export async function choosePort(host: string, taken: ReadonlySet<number>, random: Random): Promise<number> {
  const ephemeral = await readEphemeralRange();
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = LOWEST_PORT + Math.floor(random.next() * (HIGHEST_PORT + 1 - LOWEST_PORT));
    const outgoing = port >= ephemeral.lowest && port <= ephemeral.highest;
    if (!outgoing && !taken.has(port) && (await isFree(host, port))) return port;
  }
  return anyPort(host);
}

async function readEphemeralRange(): Promise<{ readonly lowest: number; readonly highest: number }> {
  const text = await readFile("/proc/sys/net/ipv4/ip_local_port_range", "utf8");
  const [lowest = LOWEST_PORT, highest = HIGHEST_PORT] = text.trim().split(/\s+/).map(Number);
  return { lowest, highest };
}

function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function anyPort(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ host, port: 0, exclusive: true }, () => {
      const address = server.address();
      server.close(() => {
        if (address === null || typeof address === "string") reject(new Error("no port was given"));
        else resolve(address.port);
      });
    });
  });
}
