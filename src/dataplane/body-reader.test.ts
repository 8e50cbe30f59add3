import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BodyReader } from "./body-reader.ts";
import { CHUNKED } from "./request-head.ts";

/** Reads a body in pieces. Undefined: malformed. `rest` is what came after it. */
function readAll(
  text: string,
  cuts: readonly number[],
  unframed = false,
): { out: string; rest: string } | undefined {
  const reader = new BodyReader(CHUNKED, unframed);
  const bytes = Buffer.from(text, "latin1");
  const ends = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].toSorted(
    (a, b) => a - b,
  );
  let from = 0;
  let out = "";
  for (const end of ends) {
    const read = reader.read(bytes, from, end);
    if (read < 0) return undefined;
    for (let index = 0; index < reader.ranges.length; index += 2) {
      out += bytes.toString("latin1", reader.ranges[index], reader.ranges[index + 1]);
    }
    out += reader.tail;
    from = end;
    if (reader.done) return { out, rest: text.slice(read) };
  }
  return { out, rest: "unfinished" };
}

const chunked = (pieces: readonly string[], extension = "", trailers = "") =>
  `${pieces.map((piece) => `${piece.length.toString(16)}${extension}\r\n${piece}\r\n`).join("")}0${extension}\r\n${trailers}\r\n`;
const pieces = fc.array(
  fc.string({ minLength: 1, maxLength: 40 }).map((text) => Buffer.from(text).toString("latin1")),
);
const cuts = fc.array(fc.nat(2000), { maxLength: 20 });

describe("a chunked body", () => {
  test("comes out as it went in, however it is cut", () => {
    fc.assert(
      fc.property(pieces, cuts, (parts, at) => {
        expect(readAll(`${chunked(parts)}NEXT`, at)).toEqual({ out: chunked(parts), rest: "NEXT" });
        expect(readAll(`${chunked(parts)}NEXT`, at, true)).toEqual({ out: parts.join(""), rest: "NEXT" });
      }),
    );
  });

  test("loses its extensions and the trailers that are not allowed", () => {
    const trailers =
      "X-Sum: 1\r\nContent-Length: 5\r\nHost: evil\r\nX-Forwarded-For: 1\r\nTransfer-Encoding: x\r\n";
    fc.assert(
      fc.property(pieces, cuts, (parts, at) => {
        expect(readAll(`${chunked(parts, ";a=b;c", trailers)}NEXT`, at)).toEqual({
          out: chunked(parts, "", "X-Sum: 1\r\n"),
          rest: "NEXT",
        });
      }),
    );
  });

  test.each([
    ["no digits", "\r\nabc\r\n0\r\n\r\n"],
    ["a sign", "+3\r\nabc\r\n0\r\n\r\n"],
    ["a minus", "-3\r\nabc\r\n0\r\n\r\n"],
    ["a prefix", "0x3\r\nabc\r\n0\r\n\r\n"],
    ["a space before", " 3\r\nabc\r\n0\r\n\r\n"],
    ["a space after", "3 \r\nabc\r\n0\r\n\r\n"],
    ["nine digits", "000000003\r\nabc\r\n0\r\n\r\n"],
    ["a bare LF after the size", "3\nabc\r\n0\r\n\r\n"],
    ["a bare CR after the size", "3\rabc\r\n0\r\n\r\n"],
    ["too much data", "3\r\nabcd\r\n0\r\n\r\n"],
    ["no CRLF after the data", "3\r\nabc0\r\n\r\n"],
    ["LF after the data", "3\r\nabc\n0\r\n\r\n"],
    ["a bare LF in an extension", "3;a\nb\r\nabc\r\n0\r\n\r\n"],
    ["a control in an extension", "3;a\u0000\r\nabc\r\n0\r\n\r\n"],
    ["a trailer that is none", "0\r\nno colon\r\n\r\n"],
    ["a folded trailer", "0\r\nA: b\r\n c\r\n\r\n"],
    ["a bare LF in trailers", "0\r\nA: b\nC: d\r\n\r\n"],
    ["endless extensions", `3;${"a".repeat(20_000)}\r\nabc\r\n0\r\n\r\n`],
    ["endless trailers", `0\r\nA: ${"a".repeat(9000)}\r\n\r\n`],
  ])("with %s is malformed", (_, text) => {
    expect(readAll(text, [])).toBeUndefined();
    expect(
      readAll(text, Array.from({ length: text.length }, (__, index) => index).slice(0, 100)),
    ).toBeUndefined();
  });
});

test("a body of declared length ends exactly", () => {
  const reader = new BodyReader({ kind: "length", length: 5 });
  expect(reader.read(Buffer.from("abc"), 0, 3)).toBe(3);
  expect(reader.done).toBe(false);
  expect(reader.read(Buffer.from("deNEXT"), 0, 6)).toBe(2);
  expect(reader.done).toBe(true);
});
