import { PROTOCOL_VERSION } from "../api/index.ts";
import type {
  DaemonVersion,
  FleetView,
  InstanceOutput,
  OperatorAnswer,
  ShutdownAnswer,
  ShutdownRequest,
} from "../api/index.ts";
import type { Controller, InstanceRecord } from "../fleets/index.ts";
import { DiagnosticError, errorDiagnostic, KILN_VERSION } from "../kernel/index.ts";
import type { DaemonEvent, FleetId, InstanceId, Lineage, Logger } from "../kernel/index.ts";
import type { OpenControlStore } from "../store/index.ts";
import type { EventFeed } from "./event-feed.ts";
import type { Answer, Call, Routes } from "./http-server.ts";
import { MESSAGES, QUERIES, validated } from "./validation.ts";

export interface RouteParts {
  readonly controller: Controller;
  readonly store: OpenControlStore;
  readonly feed: EventFeed;
  readonly logger: Logger;
  readonly startedAt: number;
  readonly shutdown: (request: ShutdownRequest) => Promise<ShutdownAnswer>;
}

/** What the daemon understands, message by message. */
export function daemonRoutes(parts: RouteParts): Routes {
  const { controller, store, feed } = parts;
  const audit = auditor(parts);
  return {
    "GET /v1/ping": async () => answer({}),
    "GET /v1/version": async () => answer(version(parts)),
    "POST /v1/prepare": async ({ body }) =>
      answer(await controller.prepare(validated(MESSAGES.prepare, body))),
    "POST /v1/commit": async ({ body }) => answer(await controller.commit(validated(MESSAGES.commit, body))),
    "POST /v1/abort": async ({ body }) => answer(await controller.abort(validated(MESSAGES.abort, body))),
    "GET /v1/apply": async ({ query }) => answer(await controller.read(validated(QUERIES.apply, query))),
    "POST /v1/grant": async ({ body }) => answer(await controller.grant(validated(MESSAGES.grant, body))),
    "POST /v1/settled": async ({ body }) =>
      answer(await controller.settled(validated(MESSAGES.settled, body))),
    "POST /v1/handover": async ({ body }) =>
      answer(await controller.handover(validated(MESSAGES.handover, body))),
    "POST /v1/renew": async ({ body }) => answer(await controller.renew(validated(MESSAGES.renew, body))),
    "POST /v1/rollback": async ({ body }) => {
      const message = validated(MESSAGES.rollback, body);
      return audit("rollback", message, () => controller.rollback(message));
    },
    "POST /v1/scale": async ({ body }) => {
      const message = validated(MESSAGES.scale, body);
      return audit(`scale to ${message.replicas}`, message, () => controller.scale(message));
    },
    "POST /v1/rollout": async ({ body }) => {
      const message = validated(MESSAGES.rollout, body);
      return audit(`rollout ${message.action}`, message, () => controller.rollout(message));
    },
    "POST /v1/destroy": async ({ body }) => {
      const message = validated(MESSAGES.destroy, body);
      return audit("destroy", message, () => controller.destroy(message));
    },
    "GET /v1/fleets": async ({ query }) => {
      validated(QUERIES.none, query);
      return answer(await controller.fleets());
    },
    "GET /v1/fleet": async ({ query }) => {
      const { reference, lineage } = validated(QUERIES.fleet, query);
      return answer({ fleet: findFleet(await controller.fleets(), reference, lineage) });
    },
    "GET /v1/drift": async ({ query }) =>
      answer(await controller.drift(validated(QUERIES.drift, query).fleet)),
    "GET /v1/events": async (call) => events(feed, call),
    "GET /v1/why": async ({ query }) => answer(await controller.why(validated(QUERIES.why, query).fleet)),
    "GET /v1/logs": async ({ query }) => {
      const { fleet, instance, bytes } = validated(QUERIES.logs, query);
      const wanted = outputsWanted([...controller.state().instances.values()], fleet, instance);
      return answer(await Promise.all(wanted.map((record) => outputOf(controller, record, bytes))));
    },
    "POST /v1/shutdown": async ({ body }) => answer(await parts.shutdown(validated(MESSAGES.shutdown, body))),
  };

  function version({ startedAt }: RouteParts): DaemonVersion {
    return {
      kiln: KILN_VERSION,
      protocol: PROTOCOL_VERSION,
      pid: process.pid,
      store: store.id,
      epoch: controller.state().epoch,
      lastEvent: store.lastEvent(),
      startedAt,
      memory: process.memoryUsage.rss(),
    };
  }
}

function answer(value: unknown): Answer {
  return { kind: "value", value };
}

function events(feed: EventFeed, { query, gone }: Call): Answer {
  const { after, follow, fleet } = validated(QUERIES.events, query);
  return {
    kind: "lines",
    lines: follow === "true" ? feed.follow(after, fleet, gone) : feed.existing(after, fleet),
  };
}

/** Writes down who asked for what and why, whatever the answer was. */
function auditor({ controller, store, feed, logger }: RouteParts) {
  return async (
    action: string,
    message: { readonly fleet: FleetId; readonly who: string; readonly why: string },
    ask: () => Promise<OperatorAnswer>,
  ): Promise<Answer> => {
    const name = controller.state().fleets.get(message.fleet)?.specification.name;
    const result = await ask();
    const event: DaemonEvent = {
      kind: "asked",
      action,
      fleet: message.fleet,
      ...(name === undefined ? {} : { name }),
      who: message.who,
      why: message.why,
      answer: result.kind,
    };
    try {
      await store.record([event]);
      feed.wake();
    } catch (error) {
      if (!(error instanceof DiagnosticError)) throw error;
      // What was asked for is under way and must be answered; the log has the trail.
      logger.error("an operator's message could not be recorded", { ...event, error: error.message });
    }
    return answer(result);
  };
}

/** By id, name or address. Throws where several owners have one of that name. */
export function findFleet(
  fleets: readonly FleetView[],
  reference: string,
  lineage: Lineage | undefined,
): FleetView | undefined {
  const found = fleets.filter(
    ({ fleet }) =>
      (lineage === undefined || fleet.lineage === lineage) &&
      (fleet.id === reference || fleet.specification.name === reference || fleet.address === reference),
  );
  if (found.length <= 1) return found[0];
  throw new DiagnosticError([
    errorDiagnostic(
      "Several fleets have that name",
      `${JSON.stringify(reference)} is a fleet of ${found.map(({ fleet }) => fleet.id).join(" and of ")}.`,
      { remedy: "Run the command in the directory of the configuration that is meant." },
    ),
  ]);
}

/** One instance, or those of a fleet that exist; where none does, the one that ended last. */
export function outputsWanted(
  instances: readonly InstanceRecord[],
  fleet: FleetId | undefined,
  instance: InstanceId | undefined,
): readonly InstanceRecord[] {
  if (instance !== undefined) return instances.filter(({ id }) => id === instance);
  const ofFleet = instances.filter((record) => record.fleet === fleet);
  const existing = ofFleet.filter(({ phase }) => phase.kind !== "gone");
  return existing.length > 0 ? existing : ofFleet.toSorted((a, b) => a.createdAt - b.createdAt).slice(-1);
}

async function outputOf(
  controller: Controller,
  record: InstanceRecord,
  bytes: number,
): Promise<InstanceOutput> {
  return {
    instance: record.id,
    fleet: record.fleet,
    release: record.release,
    output: await controller.output(record.id, bytes),
  };
}
