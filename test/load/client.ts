/*
 * The load: a process of its own that sends requests at a fixed rate, over kept-alive and fresh connections, GET
 * and POST, reads every answer to its last byte, and never sends anything twice.
 *
 *   node test/load/client.ts -url URL [-rate N] [-seconds N] [-connections N] [-every MS] [-timeout MS] [-break N]
 *
 * Without `-seconds` it runs until SIGTERM, SIGINT or a line on its standard input. Every `-every` milliseconds, and at the end,
 * it prints one line of JSON (LoadLine in tally.ts). It exits with 1 if a request failed.
 */
import { parseArgs } from "node:util";
import { LoadConnection } from "./connection.ts";
import { brokenRequest, checkAnswer, getRequest, makeBodies, postRequest } from "./requests.ts";
import type { LoadRequest } from "./requests.ts";
import { Tally } from "./tally.ts";

const FRESH_SHARE = 0.15;
const POST_SHARE = 0.3;
/** How often due requests are sent, in milliseconds. */
const PACE = 5;

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => (/^-[a-z]{2,}/.test(arg) ? `-${arg}` : arg)),
  options: {
    url: { type: "string" },
    rate: { type: "string", default: "500" },
    seconds: { type: "string" },
    connections: { type: "string", default: "32" },
    every: { type: "string", default: "1000" },
    timeout: { type: "string", default: "15000" },
    break: { type: "string" },
  },
});
const target = new URL(values.url ?? "");
const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
const port = Number(target.port || 80);
const rate = Number(values.rate);
const most = Number(values.connections);
const timeout = Number(values.timeout);
const planted = values.break === undefined ? undefined : Number(values.break);

const tally = new Tally();
const bodies = makeBodies();
/** Kept-alive connections that wait; the one that waited longest goes first, so that none grows old. */
const idle: LoadConnection[] = [];
let kept = 0;
let outstanding = 0;
let issued = 0;
let stopping = false;
const startedAt = performance.now();
const seconds = () => (performance.now() - startedAt) / 1000;

function makeRequest(fresh: boolean): LoadRequest {
  const nonce = `${process.pid}-${tally.sent}`;
  if (tally.sent === planted) return brokenRequest(target.host, nonce);
  const body = Math.random() < POST_SHARE ? bodies[Math.floor(Math.random() * bodies.length)] : undefined;
  return body === undefined
    ? getRequest(target.host, nonce, fresh)
    : postRequest(target.host, nonce, fresh, body);
}

function takeConnection(fresh: boolean): LoadConnection | undefined {
  if (fresh) return outstanding < most * 2 ? new LoadConnection(host, port) : undefined;
  for (;;) {
    const waiting = idle.shift();
    if (waiting === undefined) break;
    if (waiting.usable) return waiting;
    kept--;
  }
  if (kept >= most) return undefined;
  kept++;
  return new LoadConnection(host, port);
}

function sendOne(): void {
  const fresh = Math.random() < FRESH_SHARE;
  const connection = takeConnection(fresh);
  if (connection === undefined) {
    tally.skipped++;
    return;
  }
  tally.sent++;
  const number = tally.sent;
  const request = makeRequest(fresh);
  const sentAt = performance.now();
  outstanding++;
  connection.send(request.bytes, timeout, (outcome) => {
    outstanding--;
    if (fresh) connection.close();
    else if (connection.usable) idle.push(connection);
    else kept--;
    if (outcome.kind === "failure") {
      tally.failed(outcome.failure, number, outcome.detail);
      return;
    }
    const { answer } = outcome;
    const lost = answer.fields.get("kiln-lost-instance");
    if (answer.status === 502 && lost !== undefined) {
      tally.lostWith(lost);
      return;
    }
    if (answer.status !== 200) {
      tally.failedStatus(answer.status, number, answer.body.toString("latin1", 0, 200));
      return;
    }
    const checked = checkAnswer(request, answer);
    if ("wrong" in checked) tally.failed("wrong", number, checked.wrong);
    else tally.answered(checked.version, performance.now() - sentAt);
  });
}

const pace = setInterval(() => {
  const due = Math.floor(seconds() * rate);
  // After a pause of this process itself it does not send everything at once.
  issued = Math.max(issued, due - Math.ceil(rate / 2));
  for (; issued < due; issued++) sendOne();
}, PACE);
const report = setInterval(
  () => process.stdout.write(`${JSON.stringify(tally.line(seconds()))}\n`),
  Number(values.every),
);

function stop(): void {
  if (stopping) return;
  stopping = true;
  clearInterval(pace);
  const finish = setInterval(() => {
    if (outstanding > 0) return;
    clearInterval(finish);
    clearInterval(report);
    for (const connection of idle) connection.close();
    const last = tally.finalLine(seconds());
    process.stdout.write(`${JSON.stringify(last)}\n`, () => process.exit(last.failed.total > 0 ? 1 : 0));
  }, 10);
}

process.on("SIGTERM", stop);
process.on("SIGINT", stop);
process.stdin.on("data", stop);
process.stdin.on("error", () => {
  // A closed standard input only means that nobody will type.
});
if (values.seconds !== undefined) setTimeout(stop, Number(values.seconds) * 1000);
