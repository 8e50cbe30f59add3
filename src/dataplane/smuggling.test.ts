import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onHeads, ok, startInstance, startProxy, TestClient } from "./testing.ts";
import type { TestInstance, TestProxy } from "./testing.ts";

let proxy: TestProxy;
let instance: TestInstance;
const heads: string[] = [];

beforeAll(async () => {
  proxy = await startProxy();
  instance = await startInstance("i1", (socket) =>
    onHeads(socket, (head) => {
      heads.push(head);
      socket.write(ok("fine"));
    }),
  );
  await proxy.route([instance]);
});
afterAll(async () => {
  await proxy.close();
  await instance.close();
});

const G = "GET / HTTP/1.1\r\n";
const P = "POST / HTTP/1.1\r\nHost: t\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: t\r\n\r\n";

describe("what is ambiguous is refused, and the connection is closed", () => {
  test.each<[string, string, number]>([
    [
      "Content-Length and chunked",
      `${P}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    [
      "chunked and Content-Length",
      `${P}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["two lengths that differ", `${P}Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcd`, 400],
    ["a list of lengths", `${P}Content-Length: 4, 4\r\n\r\nabcd`, 400],
    ["a signed length", `${P}Content-Length: +4\r\n\r\nabcd`, 400],
    ["a negative length", `${P}Content-Length: -4\r\n\r\nabcd`, 400],
    ["a hexadecimal length", `${P}Content-Length: 0x4\r\n\r\nabcd`, 400],
    ["an empty length", `${P}Content-Length:\r\n\r\nabcd`, 400],
    ["a length with a space in it", `${P}Content-Length: 4 4\r\n\r\nabcd`, 400],
    ["a length with a fraction", `${P}Content-Length: 4.0\r\n\r\nabcd`, 400],
    ["a length beyond numbers", `${P}Content-Length: 99999999999999999999\r\n\r\n`, 400],
    ["a length after a no-break space", `${P}Content-Length: \u00a04\r\n\r\nabcd`, 400],
    [
      "Transfer-Encoding twice",
      `${P}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["Transfer-Encoding identity", `${P}Transfer-Encoding: identity\r\n\r\n`, 400],
    ["Transfer-Encoding gzip, chunked", `${P}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding chunked, chunked", `${P}Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding with a no-break space", `${P}Transfer-Encoding: chunked\u00a0\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding with a vertical tab", `${P}Transfer-Encoding: \u000bchunked\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding in quotes", `${P}Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding with a parameter", `${P}Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n`, 400],
    ["Transfer-Encoding empty", `${P}Transfer-Encoding:\r\n\r\n`, 400],
    ["chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400],
    ["a space before the colon", `${P}Content-Length : 4\r\n\r\nabcd`, 400],
    ["a tab before the colon", `${P}Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n`, 400],
    ["a folded line", `${P}X: a\r\n b\r\n\r\n`, 400],
    ["a folded first line", `${G} Host: t\r\n\r\n`, 400],
    ["a tab-folded line", `${P}Transfer-Encoding:\r\n\tchunked\r\n\r\n`, 400],
    ["an empty name", `${G}Host: t\r\n: x\r\n\r\n`, 400],
    ["a name that is no token", `${G}Host: t\r\nA(b): x\r\n\r\n`, 400],
    ["a name beyond ASCII", `${G}Host: t\r\nT\u00e9: x\r\n\r\n`, 400],
    ["a line without a colon", `${G}Host: t\r\nnothing\r\n\r\n`, 400],
    ["NUL in a value", `${G}Host: t\r\nX: a\u0000b\r\n\r\n`, 400],
    ["a bare CR in a value", `${G}Host: t\r\nX: a\rTransfer-Encoding: chunked\r\n\r\n`, 400],
    ["a bare LF in a value", `${G}Host: t\r\nX: a\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ["bare LF as line end", "GET / HTTP/1.1\nHost: t\n\n", 400],
    ["one bare LF", "GET / HTTP/1.1\nHost: t\r\n\r\n", 400],
    ["a head that ends LF LF", "GET / HTTP/1.1\r\nHost: t\n\n", 400],
    ["DEL in a value", `${G}Host: t\r\nX: a\u007fb\r\n\r\n`, 400],
    ["no Host", `${G}\r\n`, 400],
    ["an empty Host", `${G}Host:\r\n\r\n`, 400],
    ["two Hosts", `${G}Host: a\r\nHost: b\r\n\r\n`, 400],
    ["two equal Hosts", `${G}Host: a\r\nHost: a\r\n\r\n`, 400],
    ["a Host with a path", `${G}Host: a/b\r\n\r\n`, 400],
    ["a Host with a user", `${G}Host: a@b\r\n\r\n`, 400],
    ["a Host with a space", `${G}Host: a b\r\n\r\n`, 400],
    ["a Host with a comma list and a bad port", `${G}Host: a:b\r\n\r\n`, 400],
    ["an absolute target with a user", "GET http://u@h/ HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["an absolute target without an authority", "GET http:///x HTTP/1.1\r\nHost: h\r\n\r\n", 400],
    ["a target with a fragment", "GET /#x HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a target with a space", "GET /a b HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a target with a control", "GET /a\u0001 HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a target beyond ASCII", "GET /\u00e9 HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a target that is none", "GET x HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["an asterisk for GET", "GET * HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a method that is no token", "GE(T / HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["two spaces in the request line", "GET  / HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a tab in the request line", "GET\t/\tHTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["a space before the method", " GET / HTTP/1.1\r\nHost: t\r\n\r\n", 400],
    ["no version", "GET /\r\nHost: t\r\n\r\n", 400],
    ["a version in lower case", "GET / http/1.1\r\nHost: t\r\n\r\n", 400],
    ["a version with more digits", "GET / HTTP/1.10\r\nHost: t\r\n\r\n", 400],
    ["HTTP/2.0", "GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
    ["CONNECT", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501],
    ["TRACE", "TRACE / HTTP/1.1\r\nHost: h\r\n\r\n", 405],
    ["an Expect that is not known", `${P}Expect: more\r\nContent-Length: 1\r\n\r\nx`, 417],
    ["Connection that is malformed", `${G}Host: t\r\nConnection: a b\r\n\r\n`, 400],
    ["a long request line", `GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: t\r\n\r\n`, 414],
    ["an endless request line", `GET /${"a".repeat(9000)}`, 414],
    ["a large head", `${G}Host: t\r\nX: ${"a".repeat(33_000)}\r\n\r\n`, 431],
    ["many fields", `${G}Host: t\r\n${"X: a\r\n".repeat(101)}\r\n`, 431],
    ["chunks with a bad size", `${P}Transfer-Encoding: chunked\r\n\r\nxyz\r\n`, 400],
    ["chunks with 9 digits", `${P}Transfer-Encoding: chunked\r\n\r\n000000001\r\na\r\n0\r\n\r\n`, 400],
    ["a TLS greeting", "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003\n\n", 400],
  ])("%s", async (_, text, status) => {
    heads.length = 0;
    const client = new TestClient(proxy.port).write(Buffer.from(text + SMUGGLED, "latin1"));
    const answer = await client.end();
    client.close();
    expect(answer.slice(0, 12)).toBe(`HTTP/1.1 ${status}`);
    expect(answer).toContain("\r\nConnection: close\r\n");
    expect(answer.split("HTTP/1.1 ")).toHaveLength(2);
    expect(heads.join("")).not.toContain("smuggled");
  });
});

describe("what is unusual and right is served", () => {
  test.each<[string, string, string]>([
    ["a length twice", `${P}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`, "Content-Length: 1\r\n"],
    [
      "absolute form",
      "GET http://other:80/p?q HTTP/1.1\r\nHost: t\r\n\r\n",
      "GET /p?q HTTP/1.1\r\nHost: other:80\r\n",
    ],
    ["an empty line before", `\r\n${G}Host: t\r\n\r\n`, "GET / HTTP/1.1\r\n"],
    ["OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: t\r\n\r\n", "OPTIONS * HTTP/1.1\r\n"],
    ["HTTP/1.0 without Host", "GET / HTTP/1.0\r\n\r\n", "GET / HTTP/1.1\r\nHost: 127.0.0.1:"],
    ["a Host in brackets", `${G}Host: [::1]:80\r\n\r\n`, "Host: [::1]:80\r\n"],
    [
      "a query as browsers write it",
      "GET /?a[b]={c|d}^e` HTTP/1.1\r\nHost: t\r\n\r\n",
      "GET /?a[b]={c|d}^e` ",
    ],
    [
      "chunked in capitals",
      `${P}Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n`,
      "Transfer-Encoding: chunked\r\n",
    ],
    ["obs-text in a value", `${G}Host: t\r\nX: \u00e9\r\n\r\n`, "X: \u00e9\r\n"],
  ])("%s", async (_, text, seen) => {
    heads.length = 0;
    const client = new TestClient(proxy.port).write(Buffer.from(text, "latin1"));
    await client.until((all) => all.includes("fine"));
    client.close();
    expect(heads[0]).toContain(seen);
  });

  test("only the proxy says for whom it asks, and hop-by-hop fields stay behind", async () => {
    heads.length = 0;
    const client = new TestClient(proxy.port);
    const fields = [
      "X-Forwarded-For: 6.6.6.6",
      "x-forwarded-proto: https",
      "Forwarded: for=6.6.6.6",
      "X_Forwarded_For: 6.6.6.6",
      "Kiln-Release: 7",
      "Connection: keep-alive, X-Hop, Authorization, X-Forwarded-For, Host",
      "X-Hop: 1",
      "Authorization: Basic x",
      "Keep-Alive: timeout=5",
      "TE: gzip",
      "Proxy-Connection: close",
      "Upgrade: h2c",
      "X-Kept: 1",
    ];
    const answer = await client.ask(get("/", `${fields.join("\r\n")}\r\n`));
    client.close();
    expect(heads[0]).toBe(
      `GET / HTTP/1.1\r\nHost: t\r\nAuthorization: Basic x\r\nX-Kept: 1\r\nVia: 1.1 kiln\r\nX-Forwarded-For: 127.0.0.1\r\n` +
        `X-Forwarded-Proto: http\r\nX-Forwarded-Port: ${proxy.port}\r\nX-Forwarded-Host: t\r\n\r\n`,
    );
    expect(answer.head).toBe("HTTP/1.1 200 OK\r\nVia: 1.1 kiln\r\nContent-Length: 4\r\n\r\n");
  });
});

function get(path: string, fields: string): string {
  return `GET ${path} HTTP/1.1\r\nHost: t\r\n${fields}\r\n`;
}
