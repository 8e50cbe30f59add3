import type {
  DrainResult,
  InstanceAddress,
  ListenAddress,
  LostRequests,
  Route,
  RouteTable,
  RouteTarget,
  TableResult,
  TrafficReport,
} from "../fleets/index.ts";
import { parseId, releaseNumber } from "../kernel/index.ts";
import type { Diagnostic, InstanceId, Milliseconds } from "../kernel/index.ts";

/** Version of the messages below; a proxy and a driver that differ do not talk. */
export const CONTROL_VERSION = 1;

/*
 * The proxy's control protocol: one JSON object a line over a unix socket that is its user's own. Requests carry
 * a number, answers come in any order; notices come unasked. `table` is answered after both phases of the switch:
 * new requests held in every worker, the table durable, set in every worker, released.
 */

/** Requests by kind: what is asked, and what is answered. */
export interface ControlCalls {
  hello: { readonly ask: { readonly version: number }; readonly answer: Hello };
  table: { readonly ask: { readonly table: RouteTable }; readonly answer: TableResult };
  check: {
    readonly ask: { readonly listen: ListenAddress };
    readonly answer: { readonly diagnostic?: Diagnostic };
  };
  report: { readonly ask: Readonly<Record<never, never>>; readonly answer: TrafficReport };
  drain: {
    readonly ask: { readonly instances: readonly InstanceId[]; readonly deadline: Milliseconds };
    readonly answer: DrainResult;
  };
  /** Answered at once; the process ends when its requests have ended, or after the deadline. */
  stop: {
    readonly ask: { readonly deadline: Milliseconds };
    readonly answer: Readonly<Record<never, never>>;
  };
}

export type ControlKind = keyof ControlCalls;

/** What a proxy is. */
export interface Hello {
  /** Of the protocol. */
  readonly version: number;
  /** Of Kiln. */
  readonly kiln: string;
  readonly pid: number;
}

export type ControlRequest = {
  [Kind in ControlKind]: { readonly id: number; readonly kind: Kind } & ControlCalls[Kind]["ask"];
}[ControlKind];

/** A line from the proxy. */
export type ControlLine =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly error: string }
  | { readonly notice: ControlNotice };

/** Told to every connection when it happens. */
export type ControlNotice = { readonly kind: "lost" } & LostRequests;

/** Splits a stream into lines; what is longer than `most` characters is an error. */
export class LineSplitter {
  private rest = "";
  private readonly most: number;

  constructor(most: number) {
    this.most = most;
  }

  /** The lines that `text` completes. Throws where a line is too long. */
  push(text: string): string[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    if (this.rest.length > this.most) throw new Error(`a line is longer than ${this.most} characters`);
    return lines;
  }
}

/** Reads one line of JSON as an object; undefined where it is none. */
export function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    // Not JSON: the caller decides what that means.
    return undefined;
  }
}

/** Reads a request; undefined where it is none that this version knows. */
export function parseRequest(line: string): ControlRequest | undefined {
  const value = parseObject(line);
  const id = value?.["id"];
  if (value === undefined || !isCount(id)) return undefined;
  switch (value["kind"]) {
    case "hello":
      return isCount(value["version"]) ? { id, kind: "hello", version: value["version"] } : undefined;
    case "report":
      return { id, kind: "report" };
    case "stop":
      return isCount(value["deadline"]) ? { id, kind: "stop", deadline: value["deadline"] } : undefined;
    case "check": {
      const listen = parseListen(value["listen"]);
      return listen === undefined ? undefined : { id, kind: "check", listen };
    }
    case "drain": {
      const instances = value["instances"];
      if (!isCount(value["deadline"]) || !Array.isArray(instances)) return undefined;
      const ids = instances.filter((one: unknown) => typeof one === "string");
      if (ids.length !== instances.length) return undefined;
      const parsed = ids.map((one) => parseId<"instance">(one));
      return { id, kind: "drain", instances: parsed, deadline: value["deadline"] };
    }
    case "table": {
      const table = parseTable(value["table"]);
      return table === undefined ? undefined : { id, kind: "table", table };
    }
    default:
      return undefined;
  }
}

/** Reads a route table that came over a socket or from a disk; undefined where it is none. */
export function parseTable(value: unknown): RouteTable | undefined {
  if (!isObject(value) || !isCount(value["epoch"]) || !isCount(value["version"])) return undefined;
  const routes = parseAll(value["routes"], parseRoute);
  return routes === undefined ? undefined : { epoch: value["epoch"], version: value["version"], routes };
}

function parseRoute(value: unknown): Route | undefined {
  if (!isObject(value)) return undefined;
  const { fleet, name } = value;
  const listen = parseListen(value["listen"]);
  const targets = parseAll(value["targets"], parseTarget);
  if (typeof fleet !== "string" || typeof name !== "string") return undefined;
  if (listen === undefined || targets === undefined) return undefined;
  return { fleet: parseId<"fleet">(fleet), name, listen, targets };
}

function parseTarget(value: unknown): RouteTarget | undefined {
  if (!isObject(value)) return undefined;
  const { release, weight } = value;
  const instances = parseAll(value["instances"], parseInstance);
  if (!isCount(release) || instances === undefined) return undefined;
  if (typeof weight !== "number" || !Number.isFinite(weight) || weight < 0) return undefined;
  return { release: releaseNumber(release), weight, instances };
}

function parseInstance(value: unknown): InstanceAddress | undefined {
  const listen = parseListen(value);
  if (listen === undefined || !isObject(value) || typeof value["id"] !== "string") return undefined;
  // An id ends up in a field of an answer: it must not be able to end the line.
  if (!/^[\x21-\x7e]{1,200}$/.test(value["id"])) return undefined;
  return { id: parseId<"instance">(value["id"]), ...listen };
}

function parseListen(value: unknown): ListenAddress | undefined {
  if (!isObject(value)) return undefined;
  const { host, port } = value;
  if (typeof host !== "string" || host === "") return undefined;
  return isCount(port) && port > 0 && port < 65_536 ? { host, port } : undefined;
}

function parseAll<T>(value: unknown, parse: (item: unknown) => T | undefined): T[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const parsed: T[] = [];
  for (const item of value) {
    const one = parse(item);
    if (one === undefined) return undefined;
    parsed.push(one);
  }
  return parsed;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}
