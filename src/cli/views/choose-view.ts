import type { Console } from "../console.ts";
import { humanRunView } from "./human-run-view.ts";
import { jsonRunView } from "./json-run-view.ts";
import type { RunView } from "./run-view.ts";

/** The view that `-json` or its absence asks for. */
export function runView(console: Console, json: boolean): RunView {
  return json ? jsonRunView(console) : humanRunView(console);
}
