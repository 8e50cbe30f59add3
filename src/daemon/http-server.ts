import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { PROCESS_HEADER, PROTOCOL_HEADER, PROTOCOL_VERSION, VERSION_HEADER } from "../api/index.ts";
import type { ErrorAnswer } from "../api/index.ts";
import { DiagnosticError, errorDiagnostic, KILN_VERSION } from "../kernel/index.ts";
import type { Diagnostic, Logger } from "../kernel/index.ts";
import { Refusal } from "./refusal.ts";

/** A release with a large environment is some hundred KiB. */
const LARGEST_BODY = 8 * 1024 * 1024;
const LARGEST_HEADER = 16 * 1024;
/** From the first byte of a request to its last: a client that stalls is cut. */
const REQUEST_LIMIT = 30_000;

/** A request as a route sees it. */
export interface Call {
  readonly query: Readonly<Record<string, string>>;
  /** Undefined where there is none. */
  readonly body: unknown;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
}

/** What a route answers: a value, or lines of JSON as they come. */
export type Answer =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "lines"; readonly lines: AsyncIterable<unknown> };

/** By method and path, such as `GET /v1/ping`. */
export type Routes = Readonly<Record<string, (call: Call) => Promise<Answer>>>;

/**
 * Serves the routes. Whatever arrives is answered or cut, and nothing that arrives ends the process. Once `stopping`,
 * connections are cut instead of answered with an error: to a client the daemon is gone, and the next one has the answer.
 */
export function httpServer(routes: Routes, logger: Logger, stopping: () => boolean): Server {
  const server = createServer(
    { maxHeaderSize: LARGEST_HEADER, requestTimeout: REQUEST_LIMIT, keepAliveTimeout: 1_000 },
    (request, response) => {
      if (stopping()) {
        response.destroy();
        return;
      }
      serve(routes, request, response).catch((error: unknown) => {
        if (stopping()) return response.destroy();
        if (error instanceof DiagnosticError) return fail(response, 409, error.diagnostics);
        if (error instanceof Refusal) return fail(response, error.status, error.diagnostics);
        // The client has gone in the middle of its request or its answer.
        if (response.destroyed || request.errored !== null) return response.destroy();
        logger.error("a request failed", { url: request.url, error: describe(error) });
        return fail(response, 500, [internal(error)]);
      });
    },
  );
  server.on("clientError", (_error, socket) => {
    if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
    else socket.destroy();
  });
  return server;
}

async function serve(routes: Routes, request: IncomingMessage, response: ServerResponse): Promise<void> {
  checkProtocol(request);
  const url = parseUrl(request.url ?? "/");
  const route = url === undefined ? undefined : routes[`${request.method ?? ""} ${url.pathname}`];
  if (
    url === undefined ||
    route === undefined ||
    !Object.hasOwn(routes, `${request.method ?? ""} ${url.pathname}`)
  ) {
    throw new Refusal(404, [
      errorDiagnostic(
        "The daemon does not know the message",
        `There is no ${request.method ?? ""} ${request.url ?? ""}.`,
      ),
    ]);
  }
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const body = await readBody(request);
  const answer = await route({ query: Object.fromEntries(url.searchParams), body, gone: gone.signal });
  if (answer.kind === "lines") await sendLines(response, answer.lines, gone.signal);
  else send(response, 200, answer.value);
}

function checkProtocol(request: IncomingMessage): void {
  const header = request.headers[PROTOCOL_HEADER];
  if (header === undefined || header === String(PROTOCOL_VERSION)) return;
  throw new Refusal(426, [
    errorDiagnostic(
      "The daemon speaks another protocol",
      `The daemon is of Kiln ${KILN_VERSION} with protocol ${PROTOCOL_VERSION}; the message is of protocol ${String(header)}.`,
    ),
  ]);
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text, "http://kilnd");
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    size += bytes.byteLength;
    if (size > LARGEST_BODY) {
      throw new Refusal(413, [
        errorDiagnostic(
          "The message is too large",
          `The daemon takes messages of up to ${LARGEST_BODY} bytes.`,
        ),
      ]);
    }
    chunks.push(bytes);
  }
  if (size === 0) return undefined;
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Refusal(400, [
      errorDiagnostic("The daemon does not understand the message", `It is not JSON: ${error.message}.`),
    ]);
  }
}

function headers(type: string): Record<string, string> {
  return {
    "content-type": type,
    [PROTOCOL_HEADER]: String(PROTOCOL_VERSION),
    [VERSION_HEADER]: KILN_VERSION,
    [PROCESS_HEADER]: String(process.pid),
  };
}

function send(response: ServerResponse, status: number, value: unknown): void {
  if (response.destroyed) return;
  const text = JSON.stringify(value ?? null);
  response.writeHead(status, {
    ...headers("application/json"),
    "content-length": String(Buffer.byteLength(text)),
  });
  response.end(text);
}

function fail(response: ServerResponse, status: number, diagnostics: readonly Diagnostic[]): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  // What is left of a request that was refused is not read.
  response.shouldKeepAlive = false;
  send(response, status, { diagnostics } satisfies ErrorAnswer);
}

async function sendLines(
  response: ServerResponse,
  lines: AsyncIterable<unknown>,
  gone: AbortSignal,
): Promise<void> {
  response.writeHead(200, headers("application/x-ndjson"));
  response.flushHeaders();
  for await (const line of lines) {
    if (gone.aborted) return;
    // An undefined line is an empty one: it tells either side that the other is still there.
    const more = response.write(line === undefined ? "\n" : `${JSON.stringify(line)}\n`);
    if (!more) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.on("drain", done);
    response.on("close", done);
  });
}

function internal(error: unknown): Diagnostic {
  return errorDiagnostic("The daemon failed on the message", `${describe(error)}.`, {
    remedy: "This is a bug of Kiln's; the daemon's log has more.",
  });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
