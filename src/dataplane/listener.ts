import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import type { Milliseconds } from "../kernel/index.ts";
import type { ListenAddress } from "../traffic/index.ts";
import { writeOwnAnswer } from "./answer-head.ts";
import type { ActiveRoute } from "./balancer.ts";
import { ClientConnection } from "./client-connection.ts";
import type { ClientHost } from "./client-connection.ts";
import type { ExchangeContext } from "./exchange-context.ts";

const BACKLOG = 4096;

/** One address that clients connect to, and their connections. */
export class Listener implements ClientHost {
  readonly listen: ListenAddress;
  readonly authority: string;
  readonly clients = new Set<ClientConnection>();
  route: ActiveRoute | undefined;
  private readonly server: Server;
  private readonly context: ExchangeContext;
  /** Connections of all listeners together. */
  private readonly total: { connections: number };
  private readonly byAddress = new Map<string, number>();
  private closed = false;

  private constructor(listen: ListenAddress, context: ExchangeContext, total: { connections: number }) {
    this.listen = listen;
    this.authority = listenKey(listen);
    this.context = context;
    this.total = total;
    this.server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: true });
    this.server.on("connection", (socket) => this.accept(socket));
  }

  /** Binds the address. Rejects with the system's error. */
  static async open(
    listen: ListenAddress,
    context: ExchangeContext,
    total: { connections: number },
  ): Promise<Listener> {
    const listener = new Listener(listen, context, total);
    await bind(listener.server, listen);
    // Later errors of the server (out of descriptors) concern single connections, which stay unaccepted.
    listener.server.on("error", () => {});
    return listener;
  }

  get port(): number {
    return this.listen.port;
  }

  /** Accepts nothing more; connections end with their next answer, idle ones after `idleTime`. */
  close(idleTime: Milliseconds): void {
    if (!this.closed) this.server.close();
    this.closed = true;
    for (const client of this.clients) client.leave(idleTime);
  }

  /** Ends what is left at once. */
  destroy(): void {
    this.close(0);
    for (const client of this.clients) client.cut();
  }

  /** Looks at the clock. */
  tick(now: Milliseconds): void {
    for (const client of this.clients) client.tick(now);
  }

  private accept(socket: Socket): void {
    const address = socket.remoteAddress ?? "";
    const { limits } = this.context;
    const fromAddress = this.byAddress.get(address) ?? 0;
    if (this.total.connections >= limits.connections || fromAddress >= limits.connectionsPerAddress) {
      // The peer may be gone already: there is nobody to tell.
      socket.on("error", () => {});
      if (this.total.connections < limits.connections) socket.destroy();
      else {
        socket.end(
          writeOwnAnswer(503, "there are too many connections", {
            persistent: false,
            extra: "Retry-After: 1\r\n",
          }),
        );
        socket.destroySoon();
      }
      return;
    }
    this.total.connections++;
    this.byAddress.set(address, fromAddress + 1);
    const client = new ClientConnection(socket, this, this.context);
    if (this.closed) client.leave(limits.drainIdleTime);
    this.clients.add(client);
    socket.once("close", () => {
      this.clients.delete(client);
      this.total.connections--;
      const left = (this.byAddress.get(address) ?? 1) - 1;
      if (left > 0) this.byAddress.set(address, left);
      else this.byAddress.delete(address);
    });
  }
}

/** The text that names an address, as in a Host field. */
export function listenKey({ host, port }: ListenAddress): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Listens, or rejects with the system's error. */
export function bind(server: Server, { host, port }: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG, exclusive: true }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
