import { describe, expect, test } from "vitest";
import { LineSplitter, parseRequest, parseTable } from "./protocol.ts";

const instance = { id: "i1", host: "127.0.0.1", port: 9000 };
const route = {
  fleet: "l/web",
  name: "web",
  listen: { host: "127.0.0.1", port: 8080 },
  targets: [{ release: 1, weight: 100, instances: [instance] }],
};
const table = { epoch: 1, version: 2, routes: [route] };
const withInstance = (change: object) => ({
  ...table,
  routes: [{ ...route, targets: [{ release: 1, weight: 1, instances: [{ ...instance, ...change }] }] }],
});

describe("a route table from outside", () => {
  test("is read whole", () => {
    expect(parseTable(JSON.parse(JSON.stringify(table)))).toEqual(table);
  });

  test.each([
    ["nothing", null],
    ["a list", []],
    ["no epoch", { ...table, epoch: undefined }],
    ["a fraction as version", { ...table, version: 1.5 }],
    ["a negative epoch", { ...table, epoch: -1 }],
    ["routes that are no list", { ...table, routes: {} }],
    ["a route without an address", { ...table, routes: [{ ...route, listen: undefined }] }],
    ["port 0", { ...table, routes: [{ ...route, listen: { host: "h", port: 0 } }] }],
    ["port 65536", withInstance({ port: 65_536 })],
    ["a port as text", withInstance({ port: "80" })],
    ["an empty host", withInstance({ host: "" })],
    ["an id that ends a line", withInstance({ id: "a\r\nSet-Cookie: x" })],
    [
      "a negative weight",
      { ...table, routes: [{ ...route, targets: [{ release: 1, weight: -1, instances: [] }] }] },
    ],
    [
      "an infinite weight",
      {
        ...table,
        routes: [{ ...route, targets: [{ release: 1, weight: Number.POSITIVE_INFINITY, instances: [] }] }],
      },
    ],
  ])("with %s is none", (_, value) => {
    expect(parseTable(value)).toBeUndefined();
  });
});

test("requests are read, and what is none is not", () => {
  expect(parseRequest(JSON.stringify({ id: 1, kind: "table", table }))).toEqual({
    id: 1,
    kind: "table",
    table,
  });
  expect(parseRequest('{"id":2,"kind":"drain","instances":["a"],"deadline":5}')).toEqual({
    id: 2,
    kind: "drain",
    instances: ["a"],
    deadline: 5,
  });
  for (const line of [
    "",
    "x",
    "[]",
    '{"kind":"report"}',
    '{"id":1,"kind":"other"}',
    '{"id":1,"kind":"drain","instances":[1],"deadline":5}',
  ]) {
    expect(parseRequest(line)).toBeUndefined();
  }
});

test("lines are split however they are cut, and are not endless", () => {
  const lines = new LineSplitter(10);
  expect("ab\ncd\n\ne".split("").flatMap((character) => lines.push(character))).toEqual(["ab", "cd", ""]);
  expect(() => lines.push("x".repeat(11))).toThrow("longer than 10");
});
