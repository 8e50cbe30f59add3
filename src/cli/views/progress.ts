import { parseResourceInstance } from "../../config/index.ts";
import { formatDuration } from "../../kernel/index.ts";
import type { ActionKind, EventSink, KilnEvent } from "../../kernel/index.ts";
import type { Json } from "../../lang/index.ts";
import type { Console } from "../console.ts";
import { eventText } from "./event-text.ts";
import { resourceJson } from "./json/addresses.ts";
import { jsonLine } from "./json-lines.ts";
import type { JsonLine } from "./json-lines.ts";
import { liveRegion } from "./live-region.ts";

/** What a command shows while it works. */
export interface Progress {
  readonly sink: EventSink;
  /** Says something of its own between events. */
  say(text: string): void;
  /** Nothing is redrawn afterwards. */
  close(): void;
}

interface Words {
  readonly doing: string;
  readonly still: string;
  readonly done: string;
  /** Terraform's word in its JSON lines; absent: Kiln's own message. */
  readonly action?: string;
}

const WORDS: Readonly<Record<ActionKind, Words>> = {
  create: { doing: "Creating", still: "creating", done: "Creation complete", action: "create" },
  update: { doing: "Modifying", still: "modifying", done: "Modifications complete", action: "update" },
  delete: { doing: "Destroying", still: "destroying", done: "Destruction complete", action: "delete" },
  replace: { doing: "Replacing", still: "replacing", done: "Replacement complete", action: "replace" },
  read: { doing: "Reading", still: "reading", done: "Read complete", action: "read" },
  prepare: { doing: "Preparing", still: "preparing", done: "Preparation complete" },
  commit: { doing: "Switching", still: "switching", done: "Switch and bake complete" },
};

/** Whole seconds, as Terraform counts them. */
function seconds(elapsed: number): string {
  return elapsed < 60_000
    ? `${Math.floor(elapsed / 1000)}s`
    : formatDuration(Math.floor(elapsed / 1000) * 1000);
}

/** Progress for people: lines that stay, and on a terminal what is under way below them. */
export function humanProgress(console: Console, now: () => number): Progress {
  const region = liveRegion(console);
  const { style } = console;
  const print = (address: string, text: string) => region.print(style.bold(`${address}: ${text}`));
  return {
    sink: (event) => {
      switch (event.kind) {
        case "refresh_started":
          print(event.address, "Refreshing state...");
          return;
        case "operation_started": {
          const began = now();
          print(event.address, `${WORDS[event.action].doing}...`);
          region.set(
            event.address,
            () =>
              `${style.cyan("·")} ${event.address}: ${WORDS[event.action].still} ${seconds(now() - began)}`,
          );
          return;
        }
        case "operation_progress":
          if (!console.live) {
            print(event.address, `Still ${WORDS[event.action].still}... [${seconds(event.elapsed)} elapsed]`);
          }
          return;
        case "operation_done": {
          region.remove(event.address);
          const id = event.objectId === undefined ? "" : ` [id=${event.objectId}]`;
          print(event.address, `${WORDS[event.action].done} after ${seconds(event.elapsed)}${id}`);
          return;
        }
        case "operation_failed":
          region.remove(event.address);
          return;
        default: {
          const text = eventText(event);
          if (text !== undefined) region.print(`${style.dim("  │")} ${text.replaceAll("\n", "\n    ")}`);
        }
      }
    },
    say: (text) => region.print(text),
    close: () => region.close(),
  };
}

/** Progress for programs: Terraform's lines, and Kiln's own beside them. */
export function jsonProgress(console: Console, now: () => number): Progress {
  const write = (line: JsonLine) => console.out(jsonLine(line, now()));
  return {
    sink: (event) => write(eventLine(event)),
    say: (text) => write({ level: "info", message: text, type: "log", content: {} }),
    close: () => {},
  };
}

function eventLine(event: KilnEvent): JsonLine {
  switch (event.kind) {
    case "refresh_started":
      return hookLine("refresh_start", `${event.address}: Refreshing state...`, event.address, {});
    case "refresh_done":
      return hookLine("refresh_complete", `${event.address}: Refresh complete`, event.address, {});
    case "operation_started":
    case "operation_progress":
    case "operation_done":
    case "operation_failed":
      return operationLine(event);
    default:
      return {
        level: "info",
        message: eventText(event) ?? event.kind.replaceAll("_", " "),
        type: `kiln_${event.kind}`,
        content: { kiln: event },
      };
  }
}

type OperationEvent = Extract<KilnEvent, { action: ActionKind }>;

function operationLine(event: OperationEvent): JsonLine {
  const words = WORDS[event.action];
  const prefix = words.action === undefined ? "kiln_" : "";
  const action = { action: words.action ?? event.action };
  const { address } = event;
  switch (event.kind) {
    case "operation_started":
      return hookLine(`${prefix}apply_start`, `${address}: ${words.doing}...`, address, action);
    case "operation_progress":
      return hookLine(
        `${prefix}apply_progress`,
        `${address}: Still ${words.still}... [${seconds(event.elapsed)} elapsed]`,
        address,
        { ...action, elapsed_seconds: Math.floor(event.elapsed / 1000) },
      );
    case "operation_done": {
      const id = event.objectId === undefined ? "" : ` [id=${event.objectId}]`;
      return hookLine(
        `${prefix}apply_complete`,
        `${address}: ${words.done} after ${seconds(event.elapsed)}${id}`,
        address,
        {
          ...action,
          ...(event.objectId === undefined ? {} : { id_key: "id", id_value: event.objectId }),
          elapsed_seconds: Math.floor(event.elapsed / 1000),
        },
      );
    }
    case "operation_failed":
      return hookLine(
        `${prefix}apply_errored`,
        `${address}: ${words.doing} failed after ${seconds(event.elapsed)}`,
        address,
        { ...action, elapsed_seconds: Math.floor(event.elapsed / 1000) },
      );
  }
}

function hookLine(
  type: string,
  message: string,
  address: string,
  more: Readonly<Record<string, Json>>,
): JsonLine {
  const parsed = parseResourceInstance(address);
  const resource = parsed === undefined ? { addr: address } : resourceJson(parsed, address, "");
  return { level: "info", message, type, content: { hook: { resource, ...more } } };
}
