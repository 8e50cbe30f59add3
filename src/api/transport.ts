import type { IncomingMessage } from "node:http";
import { DiagnosticError, errorDiagnostic, isSystemError, KILN_VERSION } from "../kernel/index.ts";
import type { Diagnostic } from "../kernel/index.ts";
import { PROCESS_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION, VERSION_HEADER } from "./messages.ts";
import type { ErrorAnswer } from "./messages.ts";

/** An answer that is larger is not the daemon's. */
const LARGEST_ANSWER = 256 * 1024 * 1024;

/** Nobody answered at the socket, or the connection ended before the answer did. */
export class DaemonUnreachable extends Error {
  readonly socket: string;

  constructor(socket: string, cause: unknown) {
    super(`no daemon answers at ${socket}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.name = "DaemonUnreachable";
    this.socket = socket;
  }
}

export interface Exchange {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly body?: unknown;
  /** Milliseconds until the answer must have ended. */
  readonly limit: number;
}

/**
 * One message and its answer, on a connection of its own: nothing is shared with a daemon that may have been
 * replaced in between, and a new connection over a unix socket costs little.
 */
export async function exchange<Answer>(socket: string, message: Exchange): Promise<Answer> {
  const limit = AbortSignal.timeout(message.limit);
  const { response, text } = await open(socket, message, limit).then(async (answer) => ({
    response: answer,
    text: await readWhole(socket, answer),
  }));
  const value = parse(text, response);
  if (response.statusCode !== 200) throw refusal(value, response);
  return value as Answer;
}

/** An answer of JSON lines, as they arrive. */
export async function* exchangeLines(
  socket: string,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<unknown> {
  const response = await open(socket, { method: "GET", path, limit: 0 }, signal);
  if (response.statusCode !== 200)
    throw refusal(parse(await readWhole(socket, response), response), response);
  let rest = "";
  response.setEncoding("utf8");
  try {
    for await (const chunk of response) {
      const lines = (rest + String(chunk)).split("\n");
      rest = lines.pop() ?? "";
      // An empty line keeps the connection alive.
      for (const line of lines) if (line !== "") yield parse(line, response);
    }
  } catch (error) {
    if (error instanceof DiagnosticError) throw error;
    throw new DaemonUnreachable(socket, error);
  } finally {
    response.destroy();
  }
}

function open(socket: string, message: Exchange, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const body = message.body === undefined ? undefined : Buffer.from(JSON.stringify(message.body));
    // Not imported: that would load all that node:http exports, fetch included, which takes 30 ms.
    const request = process.getBuiltinModule("node:http").request({
      socketPath: socket,
      method: message.method,
      path: message.path,
      agent: false,
      headers: {
        host: "kilnd",
        [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
        [VERSION_HEADER]: KILN_VERSION,
        ...(body === undefined
          ? {}
          : { "content-type": "application/json", "content-length": String(body.byteLength) }),
      },
      ...(signal === undefined ? {} : { signal }),
    });
    request.on("error", (error) => {
      // A home that another user owns is no daemon that is gone: starting one would not help.
      if (isSystemError(error, "EACCES") || isSystemError(error, "EPERM")) {
        reject(new DiagnosticError([noAccess(socket)]));
      } else reject(new DaemonUnreachable(socket, error));
    });
    request.on("response", (response) => {
      const mismatch = otherProtocol(socket, response);
      if (mismatch === undefined) resolve(response);
      else {
        response.destroy();
        reject(new DiagnosticError([mismatch]));
      }
    });
    request.end(body);
  });
}

async function readWhole(socket: string, response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of response) {
      const bytes = Buffer.from(chunk);
      size += bytes.byteLength;
      if (size > LARGEST_ANSWER) throw new Error(`its answer is larger than ${LARGEST_ANSWER} bytes`);
      chunks.push(bytes);
    }
  } catch (error) {
    throw new DaemonUnreachable(socket, error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parse(text: string, response: IncomingMessage): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`the daemon's answer (status ${response.statusCode ?? 0}) is not JSON`, { cause: error });
  }
}

function refusal(value: unknown, response: IncomingMessage): Error {
  if (isErrorAnswer(value)) return new DiagnosticError(value.diagnostics);
  return new Error(`the daemon answered with status ${response.statusCode ?? 0}`);
}

function isErrorAnswer(value: unknown): value is ErrorAnswer {
  return (
    typeof value === "object" && value !== null && "diagnostics" in value && Array.isArray(value.diagnostics)
  );
}

function otherProtocol(socket: string, response: IncomingMessage): Diagnostic | undefined {
  const header = response.headers[PROTOCOL_HEADER];
  const protocol = typeof header === "string" ? Number(header) : Number.NaN;
  if (protocol === PROTOCOL_VERSION) return undefined;
  const version = String(response.headers[VERSION_HEADER] ?? "unknown");
  if (!Number.isInteger(protocol)) {
    return errorDiagnostic(
      "Something else listens on the daemon's socket",
      `What answers at ${socket} is not Kiln's daemon.`,
      { remedy: "Set KILN_HOME to a directory that only Kiln uses, or stop that program." },
    );
  }
  const own = `this is Kiln ${KILN_VERSION} with protocol ${PROTOCOL_VERSION}`;
  const theirs = `the running daemon is of Kiln ${version} with protocol ${protocol}`;
  if (protocol > PROTOCOL_VERSION) {
    return errorDiagnostic("The daemon is of a newer version", `${capitalized(theirs)}, and ${own}.`, {
      remedy: `Use Kiln ${version} or newer with this KILN_HOME.`,
    });
  }
  const pid = String(response.headers[PROCESS_HEADER] ?? "PID");
  return errorDiagnostic("The daemon is of an older version", `${capitalized(theirs)}, and ${own}.`, {
    remedy: `Run "kill ${pid}" and then this command again: it starts a daemon of its own version. Instances and their traffic go on meanwhile.`,
  });
}

function noAccess(socket: string): Diagnostic {
  return errorDiagnostic(
    "The daemon belongs to another user",
    `${socket} may be used by the user who started the daemon only.`,
    { remedy: "Run the command as that user, or set KILN_HOME to a directory of your own." },
  );
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
