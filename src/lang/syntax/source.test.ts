import { describe, expect, test } from "vitest";
import { Source } from "./source.ts";

describe("positions", () => {
  test("count lines and columns from 1 and bytes from 0", () => {
    const source = new Source("a", "ab\ncd\n");
    expect(source.position(0)).toEqual({ line: 1, column: 1, byte: 0 });
    expect(source.position(4)).toEqual({ line: 2, column: 2, byte: 4 });
    expect(source.position(6)).toEqual({ line: 3, column: 1, byte: 6 });
  });

  test("columns are graphemes, bytes are UTF-8", () => {
    const text = 'x = "👩‍👩‍👧é" # é';
    const source = new Source("a", text);
    expect(source.position(text.indexOf("#"))).toEqual({ line: 1, column: 10, byte: 27 });
    expect(source.position(text.length).byte).toBe(Buffer.byteLength(text));
  });

  test("lines after text that is not ASCII start at the right byte", () => {
    const source = new Source("a", "é\nü\nx");
    expect(source.position(4)).toEqual({ line: 3, column: 1, byte: 6 });
  });

  test("a byte order mark has bytes and no column", () => {
    const source = new Source("a", "\ufeffx");
    expect(source.position(1)).toEqual({ line: 1, column: 1, byte: 3 });
    expect(source.contentStart).toBe(1);
  });

  test("an offset outside is taken for the nearest end", () => {
    const source = new Source("a", "ab");
    expect(source.position(99)).toEqual({ line: 1, column: 3, byte: 2 });
    expect(source.position(-1)).toEqual({ line: 1, column: 1, byte: 0 });
  });

  test("CRLF is one column", () => {
    expect(new Source("a", "é\r\nx").position(3)).toEqual({ line: 2, column: 1, byte: 4 });
  });
});

describe("bytes", () => {
  test("malformed UTF-8 is found where it begins", () => {
    expect(new Source("a", Buffer.from([0x61, 0xc3, 0x28])).malformedAt).toBe(1);
    expect(new Source("a", Buffer.from([0xc3, 0xa9, 0xff])).malformedAt).toBe(1);
    expect(new Source("a", Buffer.from("é\ufffd")).malformedAt).toBeUndefined();
  });
});
