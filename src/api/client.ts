import { DiagnosticError, errorDiagnostic } from "../kernel/index.ts";
import type { FleetId, InstanceId, KilnHome, Lineage } from "../kernel/index.ts";
import { hasEnded } from "./ending.ts";
import type {
  AbortMessage,
  ApplyView,
  CommitMessage,
  DaemonRecordedEvent,
  DaemonVersion,
  DestroyMessage,
  DriftView,
  FleetView,
  GrantAnswer,
  GrantMessage,
  HandoverMessage,
  InstanceOutput,
  OperatorAnswer,
  PrepareAnswer,
  PrepareMessage,
  ReadMessage,
  RenewMessage,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
  SettledMessage,
  ShutdownAnswer,
  ShutdownRequest,
  Standing,
} from "./messages.ts";
import { DaemonUnreachable, exchange, exchangeLines } from "./transport.ts";
import type { Exchange } from "./transport.ts";

/** How long an answer may take where the daemon has only to write something down. */
const ANSWER_LIMIT = 30_000;
/** A daemon answers this while it does anything else. */
const PING_LIMIT = 5_000;
/** A rollout that is being taken back, or the last checks of many instances, are waited for. */
const PREPARE_LIMIT = 120_000;
/** Comparing every file of every instance reads a lot. */
const DRIFT_LIMIT = 300_000;
/** A daemon that said that it ends has this long. */
const END_LIMIT = 15_000;
/** How often one call may find the daemon gone and have it started again. */
const RESTARTS_PER_CALL = 3;

export interface EventsRequest {
  /** Only events with a higher sequence number; absent or 0: from the first that is kept. */
  readonly after?: number;
  /** Wait for new ones instead of ending with the last. */
  readonly follow?: boolean;
  /** Only what concerns this fleet. */
  readonly fleet?: FleetId;
  readonly signal?: AbortSignal;
}

/**
 * The daemon, as the rest of Kiln sees it. Every message may be repeated. A call rejects with
 * `DaemonUnreachable` where nobody answered (it may or may not have taken effect), and with
 * `DiagnosticError` where the daemon refused it or speaks another protocol.
 */
export interface DaemonClient {
  ping(): Promise<void>;
  version(): Promise<DaemonVersion>;
  prepare(message: PrepareMessage): Promise<PrepareAnswer>;
  commit(message: CommitMessage): Promise<Standing>;
  abort(message: AbortMessage): Promise<Standing>;
  /** Waits for a revision above `after`, at most `timeout`; then answers what is there. */
  read(message: ReadMessage): Promise<ApplyView>;
  grant(message: GrantMessage): Promise<GrantAnswer>;
  settled(message: SettledMessage): Promise<void>;
  handover(message: HandoverMessage): Promise<Standing>;
  renew(message: RenewMessage): Promise<Standing>;
  fleets(): Promise<readonly FleetView[]>;
  /** By name, resource address or id. Undefined: there is none. Rejects where several lineages have one. */
  fleet(reference: string, lineage?: Lineage): Promise<FleetView | undefined>;
  rollback(message: RollbackMessage): Promise<OperatorAnswer>;
  scale(message: ScaleMessage): Promise<OperatorAnswer>;
  rollout(message: RolloutMessage): Promise<OperatorAnswer>;
  destroyFleet(message: DestroyMessage): Promise<OperatorAnswer>;
  /** Compares instances with their releases; absent: of every fleet. */
  drift(fleet?: FleetId): Promise<readonly DriftView[]>;
  /** In order, without gaps. While following it ends by its signal only. */
  events(request?: EventsRequest): AsyncIterable<DaemonRecordedEvent>;
  /** The chain of events behind what runs of a fleet now, oldest first. */
  why(fleet: FleetId): Promise<readonly DaemonRecordedEvent[]>;
  logs(
    of: { readonly fleet: FleetId } | { readonly instance: InstanceId },
    limit: { readonly bytes: number },
  ): Promise<readonly InstanceOutput[]>;
  /** Resolves when the daemon's process has ended, or was not to end. Rejects as unreachable where none runs. */
  shutdown(request: ShutdownRequest): Promise<ShutdownAnswer>;
}

/**
 * Talks to the daemon of a home. `revive` is called when nobody answers, and the message is sent again when it
 * resolves; absent: the call rejects.
 */
export function connect(home: KilnHome, revive?: () => Promise<void>): DaemonClient {
  const send = async <Answer>(request: Exchange): Promise<Answer> => {
    for (let restarts = 0; ; restarts++) {
      try {
        return await exchange<Answer>(home.socket, request);
      } catch (error) {
        if (!(error instanceof DaemonUnreachable) || revive === undefined || restarts >= RESTARTS_PER_CALL) {
          throw error;
        }
        await revive();
      }
    }
  };
  const post = <Answer>(path: string, body: unknown, limit = ANSWER_LIMIT) =>
    send<Answer>({ method: "POST", path, body, limit });
  const get = <Answer>(path: string, query: Query = {}, limit = ANSWER_LIMIT) =>
    send<Answer>({ method: "GET", path: withQuery(path, query), limit });

  return {
    ping: async () => {
      await get("/v1/ping", {}, PING_LIMIT);
    },
    version: () => get("/v1/version"),
    prepare: (message) => post("/v1/prepare", message, PREPARE_LIMIT),
    commit: (message) => post("/v1/commit", message, PREPARE_LIMIT),
    abort: (message) => post("/v1/abort", message),
    read: (message) => get("/v1/apply", { ...message }, ANSWER_LIMIT + (message.timeout ?? 0)),
    grant: (message) => post("/v1/grant", message),
    settled: async (message) => {
      await post("/v1/settled", message);
    },
    handover: (message) => post("/v1/handover", message),
    renew: (message) => post("/v1/renew", message),
    fleets: () => get("/v1/fleets"),
    fleet: async (reference, lineage) => {
      const found = await get<{ readonly fleet?: FleetView }>("/v1/fleet", { reference, lineage });
      return found.fleet;
    },
    rollback: (message) => post("/v1/rollback", message),
    scale: (message) => post("/v1/scale", message),
    rollout: (message) => post("/v1/rollout", message),
    destroyFleet: (message) => post("/v1/destroy", message),
    drift: (fleet) => get("/v1/drift", { fleet }, DRIFT_LIMIT),
    events: (request = {}) => events(home.socket, request, revive),
    why: (fleet) => get("/v1/why", { fleet }),
    logs: (of, { bytes }) => get("/v1/logs", { ...of, bytes }),
    shutdown: async (request) => {
      // Never revived: a daemon that is gone is what was asked for.
      const answer = await exchange<ShutdownAnswer>(home.socket, {
        method: "POST",
        path: "/v1/shutdown",
        body: request,
        limit: ANSWER_LIMIT + (request.mode === "home_empty" ? request.waitMilliseconds : 0),
      });
      if (answer.kind === "stopping" && !(await hasEnded(answer.pid, END_LIMIT))) {
        throw new DiagnosticError([
          errorDiagnostic(
            "The daemon does not end",
            `Process ${answer.pid} said that it ends, and still runs.`,
            {
              remedy: `Run "kill -KILL ${answer.pid}"; instances and their traffic are not touched by that.`,
            },
          ),
        ]);
      }
      return answer;
    },
  };
}

async function* events(
  socket: string,
  request: EventsRequest,
  revive: (() => Promise<void>) | undefined,
): AsyncGenerator<DaemonRecordedEvent> {
  let after = request.after ?? 0;
  let failures = 0;
  const ended = () => request.signal?.aborted === true;
  while (!ended()) {
    try {
      const path = withQuery("/v1/events", {
        after,
        follow: request.follow === true ? "true" : undefined,
        fleet: request.fleet,
      });
      for await (const line of exchangeLines(socket, path, request.signal)) {
        const event = line as DaemonRecordedEvent;
        failures = 0;
        after = event.sequence;
        yield event;
      }
      if (request.follow !== true) return;
    } catch (error) {
      if (ended()) return;
      if (!(error instanceof DaemonUnreachable) || revive === undefined) throw error;
      if (++failures > RESTARTS_PER_CALL) throw error;
      await revive();
    }
  }
}

type Query = Readonly<Record<string, string | number | undefined>>;

function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, String(value));
  }
  return parameters.size === 0 ? path : `${path}?${parameters.toString()}`;
}
