import type { Console } from "../console.ts";
import { visibleWidth } from "./table.ts";

/** At most ten redraws a second. */
const REDRAW = 100;
const CLEAR_LINE = "\u001b[2K";
const UP = (lines: number) => (lines > 0 ? `\u001b[${lines}A` : "");

/**
 * Lines at the foot of the terminal that show what is going on, below those that stay. Where the output is no
 * terminal there is no region, and only what stays is written.
 */
export interface LiveRegion {
  /** Writes a line that stays. */
  print(line: string): void;
  /** Shows a line, or another one in its place, under this key. The text is asked for at each redraw. */
  set(key: string, text: () => string): void;
  remove(key: string): void;
  /** Takes the region away; only `print` works afterwards. */
  close(): void;
}

export function liveRegion(console: Console): LiveRegion {
  if (!console.live) {
    return { print: (line) => console.out(`${line}\n`), set: () => {}, remove: () => {}, close: () => {} };
  }
  const lines = new Map<string, () => string>();
  let drawn = 0;
  let closed = false;
  const erase = () => {
    console.out(`${UP(drawn)}${`${CLEAR_LINE}\n`.repeat(drawn)}${UP(drawn)}`);
    drawn = 0;
  };
  const draw = () => {
    if (closed) return;
    erase();
    const texts = [...lines.values()].map((text) => cut(text(), console.width - 1));
    console.out(texts.map((text) => `${text}\n`).join(""));
    drawn = texts.length;
  };
  const timer = setInterval(() => {
    if (lines.size > 0) draw();
  }, REDRAW);
  timer.unref();
  return {
    print: (line) => {
      erase();
      console.out(`${line}\n`);
      draw();
    },
    set: (key, text) => void lines.set(key, text),
    remove: (key) => void lines.delete(key),
    close: () => {
      clearInterval(timer);
      erase();
      closed = true;
      lines.clear();
    },
  };
}

/** A line that is longer would be broken by the terminal, and counted wrongly. */
function cut(text: string, width: number): string {
  const [first = ""] = text.split("\n");
  return visibleWidth(first) <= width ? first : `${first.slice(0, width - 1)}…`;
}
