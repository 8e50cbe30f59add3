import { connect } from "node:net";
import type { Socket } from "node:net";
import { parseId } from "../kernel/index.ts";
import type { Milliseconds } from "../kernel/index.ts";
import { CONTROL_VERSION, LineSplitter, parseObject } from "./protocol.ts";
import type { ControlCalls, ControlKind, ControlNotice, Hello } from "./protocol.ts";

const LONGEST_LINE = 64 * 1024 * 1024;

/** The proxy cannot be reached, or did not answer. */
export class ControlError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ControlError";
  }
}

interface Pending {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: ControlError) => void;
  readonly timer: NodeJS.Timeout;
}

/** One connection to a proxy's control socket. */
export class ControlClient {
  readonly hello: Hello;
  private readonly line: ControlLineSocket;

  private constructor(line: ControlLineSocket, hello: Hello) {
    this.line = line;
    this.hello = hello;
  }

  /** Connects and greets. Rejects with a ControlError where nobody listens or another version does. */
  static async open(
    path: string,
    onNotice: (notice: ControlNotice) => void,
    timeout: Milliseconds,
  ): Promise<ControlClient> {
    const line = new ControlLineSocket(await dial(path, timeout), onNotice);
    const hello = await line.call("hello", { version: CONTROL_VERSION }, timeout);
    if (hello.version === CONTROL_VERSION) return new ControlClient(line, hello);
    line.close();
    throw new ControlError(
      `the proxy (process ${hello.pid}, Kiln ${hello.kiln}) speaks version ${hello.version} of the control protocol, this Kiln version ${CONTROL_VERSION}`,
    );
  }

  get open(): boolean {
    return this.line.open;
  }

  call<Kind extends ControlKind>(
    kind: Kind,
    ask: ControlCalls[Kind]["ask"],
    timeout: Milliseconds,
  ): Promise<ControlCalls[Kind]["answer"]> {
    return this.line.call(kind, ask, timeout);
  }

  close(): void {
    this.line.close();
  }
}

/** Requests and answers over one socket. */
class ControlLineSocket {
  private readonly socket: Socket;
  private readonly onNotice: (notice: ControlNotice) => void;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;

  constructor(socket: Socket, onNotice: (notice: ControlNotice) => void) {
    this.socket = socket;
    this.onNotice = onNotice;
    const lines = new LineSplitter(LONGEST_LINE);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => {
      for (const line of lines.push(text)) this.receive(line);
    });
    socket.on("error", (error) => this.lose(error));
    socket.on("close", () => this.lose(new Error("the connection was closed")));
  }

  get open(): boolean {
    return this.socket.writable;
  }

  call<Kind extends ControlKind>(
    kind: Kind,
    ask: ControlCalls[Kind]["ask"],
    timeout: Milliseconds,
  ): Promise<ControlCalls[Kind]["answer"]> {
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(new ControlError(`the proxy did not answer \`${kind}\` within ${timeout} ms`));
      }, timeout);
      // The answer's type follows from the request's kind; both ends are of one version (`hello`).
      const answered = (answer: unknown) => resolve(answer as ControlCalls[Kind]["answer"]);
      this.pending.set(id, { resolve: answered, reject, timer });
      if (this.socket.writable) this.socket.write(`${JSON.stringify({ ...ask, id, kind })}\n`);
      else this.lose(new Error("the connection was closed"));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(line: string): void {
    const value = parseObject(line);
    const notice = value?.["notice"];
    if (typeof notice === "object" && notice !== null) {
      this.receiveNotice(notice);
      return;
    }
    const id = value?.["id"];
    const pending = typeof id === "number" ? this.pending.get(id) : undefined;
    if (typeof id !== "number" || pending === undefined || value === undefined) return;
    this.pending.delete(id);
    clearTimeout(pending.timer);
    if (typeof value["error"] === "string")
      pending.reject(new ControlError(`the proxy says: ${value["error"]}`));
    else pending.resolve(value["answer"]);
  }

  private receiveNotice(notice: object): void {
    if (!("kind" in notice) || notice.kind !== "lost") return;
    if (!("instance" in notice) || typeof notice.instance !== "string") return;
    if (!("count" in notice) || typeof notice.count !== "number") return;
    this.onNotice({ kind: "lost", instance: parseId<"instance">(notice.instance), count: notice.count });
  }

  private lose(cause: Error): void {
    for (const [id, pending] of this.pending) {
      this.pending.delete(id);
      clearTimeout(pending.timer);
      pending.reject(new ControlError(`the proxy is gone: ${cause.message}`, { cause }));
    }
  }
}

function dial(path: string, timeout: Milliseconds): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const timer = setTimeout(() => fail(new Error(`no connection within ${timeout} ms`)), timeout);
    const fail = (cause: Error) => {
      clearTimeout(timer);
      socket.destroy();
      reject(new ControlError(`the proxy cannot be reached at ${path}: ${cause.message}`, { cause }));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.off("error", fail);
      resolve(socket);
    });
  });
}
