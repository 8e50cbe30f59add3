import { chmod, link, mkdir, rename, rm } from "node:fs/promises";
import { connect, createServer } from "node:net";
import type { Server, Socket } from "node:net";
import path from "node:path";
import { isSystemError, KILN_VERSION } from "../kernel/index.ts";
import type { Logger, Milliseconds } from "../kernel/index.ts";
import { CONTROL_VERSION, LineSplitter, parseObject, parseRequest } from "../traffic/index.ts";
import type {
  ControlCalls,
  ControlKind,
  ControlLine,
  ControlNotice,
  ControlRequest,
} from "../traffic/index.ts";
import type { Proxy } from "./proxy.ts";

/** A route table of thousands of instances stays far below. */
const LONGEST_LINE = 64 * 1024 * 1024;

/** The socket by which a daemon steers the proxy: its user's own, one JSON object a line. */
export class ControlServer {
  private readonly proxy: Proxy;
  private readonly logger: Logger;
  private readonly onStop: (deadline: Milliseconds) => void;
  private readonly server: Server;
  private readonly connections = new Set<Socket>();
  /** Where it listens; absent: it does not yet. */
  private socketPath: string | undefined;

  constructor(proxy: Proxy, logger: Logger, onStop: (deadline: Milliseconds) => void) {
    this.proxy = proxy;
    this.logger = logger;
    this.onStop = onStop;
    this.server = createServer((socket) => this.accept(socket));
  }

  /**
   * Listens. Resolves to false where another proxy does so already. The socket is made under a name of its own and
   * linked to its place when it listens: whoever finds one there that refuses has found a dead one.
   */
  async listen(socketPath: string): Promise<boolean> {
    const directory = path.dirname(socketPath);
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const own = path.join(directory, `p${process.pid}`);
    await rm(own, { force: true });
    await this.bind(own);
    try {
      for (;;) {
        try {
          await link(own, socketPath);
          this.socketPath = socketPath;
          return true;
        } catch (error) {
          if (!isSystemError(error, "EEXIST")) throw error;
        }
        if (await answers(socketPath)) return false;
        await removeIfDead(socketPath, path.join(directory, `d${process.pid}`));
      }
    } finally {
      await rm(own, { force: true });
      if (this.socketPath === undefined) this.server.close();
    }
  }

  notify(notice: ControlNotice): void {
    for (const socket of this.connections) write(socket, { notice });
  }

  async close(): Promise<void> {
    if (this.socketPath !== undefined) await rm(this.socketPath, { force: true });
    this.server.close();
    for (const socket of this.connections) socket.destroySoon();
  }

  private async bind(socketPath: string): Promise<void> {
    // The socket must not be open to others between its making and the change of its mode.
    const before = process.umask(0o177);
    try {
      await new Promise<void>((resolve, reject) => {
        this.server.once("error", reject);
        this.server.listen(socketPath, () => {
          this.server.off("error", reject);
          resolve();
        });
      });
    } finally {
      process.umask(before);
    }
    await chmod(socketPath, 0o600);
  }

  private accept(socket: Socket): void {
    this.connections.add(socket);
    const lines = new LineSplitter(LONGEST_LINE);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      try {
        for (const line of lines.push(text)) this.receive(socket, line);
      } catch (error) {
        this.logger.warn("a control connection was ended", { reason: String(error) });
        socket.destroy();
      }
    });
    socket.on("error", (error) => this.logger.warn("a control connection failed", { reason: error.message }));
    socket.on("close", () => this.connections.delete(socket));
  }

  private receive(socket: Socket, line: string): void {
    const request = parseRequest(line);
    if (request === undefined) {
      const id = parseObject(line)?.["id"];
      write(socket, { id: typeof id === "number" ? id : 0, error: "the request is not understood" });
      return;
    }
    this.serve(request).then(
      (answer) => write(socket, { id: request.id, answer }),
      (error: unknown) => {
        this.logger.error("a control request failed", { kind: request.kind, reason: String(error) });
        write(socket, { id: request.id, error: String(error) });
      },
    );
  }

  private async serve(request: ControlRequest): Promise<ControlCalls[ControlKind]["answer"]> {
    switch (request.kind) {
      case "hello":
        if (request.version !== CONTROL_VERSION) {
          this.logger.warn("a driver speaks another version", { theirs: request.version });
        }
        return { version: CONTROL_VERSION, kiln: KILN_VERSION, pid: process.pid };
      case "table": {
        const result = await this.proxy.apply(request.table);
        const { epoch, version } = request.table;
        this.logger.info("table", { epoch, version, result: result.kind });
        return result;
      }
      case "check": {
        const diagnostic = await this.proxy.check(request.listen);
        return diagnostic === undefined ? {} : { diagnostic };
      }
      case "report":
        return this.proxy.report();
      case "drain":
        return this.proxy.drain(request.instances, request.deadline);
      case "stop":
        this.onStop(request.deadline);
        return {};
    }
  }
}

function write(socket: Socket, line: ControlLine): void {
  if (socket.writable) socket.write(`${JSON.stringify(line)}\n`);
}

/** Takes a dead socket out of the way. One that came to its place meanwhile and lives is put back. */
async function removeIfDead(socketPath: string, aside: string): Promise<void> {
  try {
    await rename(socketPath, aside);
  } catch (error) {
    // Somebody else has removed it.
    if (isSystemError(error, "ENOENT")) return;
    throw error;
  }
  if (await answers(aside)) await rename(aside, socketPath);
  else await rm(aside, { force: true });
}

/** Whether somebody listens on a socket. */
function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath);
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}
