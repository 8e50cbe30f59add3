import type { InstanceOutput } from "../../api/index.ts";
import { systemClock } from "../../kernel/index.ts";
import type { Console } from "../console.ts";
import { shortId } from "./event-text.ts";
import type { Style } from "./style.ts";

/** Between two looks at the instances' output. */
const FOLLOW_POLL = 250;

/** Shows what instances wrote, each line under its release and instance. */
export function showLogs(console: Console, outputs: readonly InstanceOutput[], json: boolean): void {
  if (json) {
    console.out(`${JSON.stringify({ format_version: "1.0", instances: outputs }, undefined, 2)}\n`);
    return;
  }
  for (const output of outputs) console.out(prefixed(output, output.output, console.style));
}

/** Shows what is written from now on, until the signal. */
export async function followLogs(
  console: Console,
  read: () => Promise<readonly InstanceOutput[]>,
  signal: AbortSignal,
): Promise<void> {
  const seen = new Map<string, string>();
  while (!signal.aborted) {
    for (const output of await read()) {
      const before = seen.get(output.instance) ?? "";
      const fresh = whatIsNew(before, output.output);
      if (fresh !== "") console.out(prefixed(output, fresh, console.style));
      seen.set(output.instance, output.output);
    }
    await systemClock.sleep(FOLLOW_POLL);
  }
}

/** What a text has after the end of an earlier look at it; both are the ends of one growing text. */
export function whatIsNew(before: string, now: string): string {
  if (before === "") return now;
  if (now.startsWith(before)) return now.slice(before.length);
  // The window moved on: what follows the longest end of the earlier look that is still there.
  for (let cut = 1; cut < before.length; cut++) {
    const rest = before.slice(cut);
    if (now.startsWith(rest)) return now.slice(rest.length);
  }
  return now;
}

function prefixed(output: InstanceOutput, text: string, style: Style): string {
  if (text === "") return "";
  const prefix = style.dim(`${output.release}/${shortId(output.instance)} │`);
  const lines = text.replace(/\n$/, "").split("\n");
  return lines.map((line) => `${prefix} ${line}\n`).join("");
}
