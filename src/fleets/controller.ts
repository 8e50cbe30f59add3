import { fleetId } from "../kernel/index.ts";
import type { FleetId, InstanceId, Milliseconds } from "../kernel/index.ts";
import type { Controller, ControllerParts } from "./control.ts";
import { chainOf, viewApply, viewFleet } from "./fleet-views.ts";
import { ControlLoop } from "./loop.ts";
import { step } from "./step.ts";
import type { Machine } from "./step.ts";
import type { FactEvent, MessageEvent } from "./machine-event.ts";
import type {
  ApplyView,
  CommitMessage,
  DestroyMessage,
  DriftView,
  FleetView,
  GrantAnswer,
  GrantMessage,
  OperatorAnswer,
  PrepareAnswer,
  PrepareMessage,
  ReadMessage,
  RollbackMessage,
  RolloutMessage,
  ScaleMessage,
  Standing,
} from "./messages.ts";
import type { InstanceDrift, TrafficReport } from "./drivers.ts";
import type { ControlState } from "./records.ts";
import { instancesOf, isEnded, isVerified, releaseOf, rolloutsIn, rolloutsOf } from "./views.ts";

const DRIFT_INTERVAL: Milliseconds = 5000;
const READ_TIMEOUT: Milliseconds = 25_000;
/** How long a `prepare` waits for a rollout of its fleet that is being taken back. */
const TAKE_BACK_TIMEOUT: Milliseconds = 60_000;

/** Makes the controller; nothing happens before `start`. `machine` decides; simulations plant mistakes in it. */
export function createController(parts: ControllerParts, machine: Machine = step): Controller {
  const loop = new ControlLoop(parts, machine);
  const { clock, runtime, traffic, store, logger, settings } = parts;
  const ready = Promise.withResolvers<void>();
  // Whoever waits for it gets the error; nobody may be waiting yet.
  ready.promise.catch(() => undefined);
  let unwatch = (): void => {};

  const start = async (): Promise<void> => {
    // Epoch, proxy, runtime, and only then read and act (rule F20).
    await loop.load();
    await loop.take({ kind: "recovered", node: settings.node });
    await fenceTraffic();
    const ended: FactEvent[] = [];
    let adopted = false;
    unwatch = runtime.watch((exit) => {
      const fact: FactEvent = { kind: "instance_exited", exit };
      if (adopted) loop.report(fact);
      else ended.push(fact);
    });
    await runtime.fence(loop.state.epoch);
    const found = await runtime.list();
    await loop.take({ kind: "adopted", ...found });
    adopted = true;
    for (const fact of ended) loop.report(fact);
    for (const { id } of found.running) {
      if (!loop.state.instances.has(id)) logger.warn("an instance runs that no record names", { id });
    }
    loop.act();
    watchDrift();
  };

  /** A proxy that does not answer is no reason to wait: what needs its word waits for its word. */
  const fenceTraffic = async (): Promise<void> => {
    const { wanted } = loop.state.table;
    try {
      const result = await traffic.apply(wanted);
      if (result.kind === "acknowledged") {
        await loop.take({ kind: "table_acknowledged", epoch: wanted.epoch, version: wanted.version });
      }
    } catch (error) {
      logger.warn("the proxy cannot be reached", { error: String(error) });
    }
  };

  const watchDrift = (): void => {
    const watch = async (): Promise<void> => {
      while (!loop.ending.aborted) {
        await clock.sleep(settings.driftInterval ?? DRIFT_INTERVAL, loop.ending);
        for (const fleet of loop.state.fleets.keys()) await driftOf(fleet);
      }
    };
    watch().catch((error: unknown) => {
      if (!loop.ending.aborted) logger.error("the watch for drift ended", { error: String(error) });
    });
  };

  const driftOf = async (fleet: FleetId): Promise<InstanceDrift[]> => {
    const found: InstanceDrift[] = [];
    for (const instance of instancesOf(loop.state, fleet).filter(isVerified)) {
      const content = releaseOf(loop.state, fleet, instance.release)?.content;
      if (content === undefined) continue;
      try {
        const drift = await runtime.drift(instance.id, content);
        if (drift.length === 0) continue;
        found.push(...drift);
        if (instance.drifted !== undefined) continue;
        // Another program of the machine is what every new instance would run as well: only a new release mends it.
        const healed = drift.filter((one) => one.kind !== "executable");
        const subjects = healed.map((one) => `${one.kind} ${one.subject}`);
        await loop.take({ kind: "drifted", instance: instance.id, subjects });
      } catch (error) {
        if (loop.ending.aborted) return found;
        logger.warn("an instance could not be compared", { instance: instance.id, error: String(error) });
      }
    }
    return found;
  };

  const send = async (input: MessageEvent) => {
    await ready.promise;
    return loop.take(input);
  };
  const ask = async (input: MessageEvent): Promise<Standing> => {
    const answer = await send(input);
    if (answer.kind !== "standing") throw new Error(`no standing for ${input.kind}`);
    return answer.answer;
  };
  const operate = async (input: MessageEvent): Promise<OperatorAnswer> => {
    const answer = await send(input);
    if (answer.kind !== "operator") throw new Error(`no answer for ${input.kind}`);
    return answer.answer;
  };

  const prepare = async (message: PrepareMessage): Promise<PrepareAnswer> => {
    await ready.promise;
    const fleet = fleetId(message.lineage, message.address);
    await untilTakenBack(message, fleet);
    const { listen } = message.specification;
    const routed = loop.state.table.wanted.routes.find((route) => route.fleet === fleet)?.listen;
    const same = listen !== undefined && routed?.host === listen.host && routed.port === listen.port;
    const portProblem = listen === undefined || same ? undefined : await traffic.check(listen);
    const answer = await loop.take({
      kind: "prepare",
      message,
      ...(portProblem === undefined ? {} : { portProblem }),
    });
    if (answer.kind !== "prepare") throw new Error("no answer for prepare");
    return answer.answer;
  };

  /** What is being taken back ends soon and by itself. */
  const untilTakenBack = async (message: PrepareMessage, fleet: FleetId): Promise<void> => {
    const deadline = clock.now() + TAKE_BACK_TIMEOUT;
    const busy = (): boolean =>
      rolloutsOf(loop.state, fleet).some(
        (rollout) =>
          rollout.apply !== message.apply && !isEnded(rollout) && rollout.phase.kind === "aborting",
      );
    while (busy() && clock.now() < deadline && !loop.ending.aborted) {
      await loop.changed(loop.revision, deadline - clock.now());
    }
  };

  /** The last checks are made just before the switch (rule F6). */
  const commit = async (message: CommitMessage): Promise<Standing> => {
    await ready.promise;
    if (loop.state.applies.get(message.apply)?.decision.kind === "open") {
      const targets = rolloutsIn(loop.state, message.apply).flatMap((rollout) =>
        instancesOf(loop.state, rollout.fleet).filter(
          (instance) => instance.release === rollout.target && isVerified(instance),
        ),
      );
      await Promise.all(targets.map((instance) => loop.probeNow(instance.id)));
    }
    return ask({ kind: "commit", message });
  };

  const read = async (message: ReadMessage): Promise<ApplyView> => {
    await ready.promise;
    if (message.after !== undefined) await loop.changed(message.after, message.timeout ?? READ_TIMEOUT);
    return viewApply(loop.state, message.apply, loop.revision);
  };

  const grant = async (message: GrantMessage): Promise<GrantAnswer> => {
    const answer = await send({ kind: "grant", message });
    if (answer.kind !== "grant") throw new Error("no answer for grant");
    return answer.answer;
  };

  const fleets = async (): Promise<readonly FleetView[]> => {
    await ready.promise;
    const report = await reportTraffic();
    return [...loop.state.fleets.values()].map((fleet) => viewFleet(loop.state, fleet, report));
  };

  const reportTraffic = async (): Promise<TrafficReport | undefined> => {
    try {
      return await traffic.report();
    } catch (error) {
      logger.warn("the proxy does not report", { error: String(error) });
      return undefined;
    }
  };

  const drift = async (fleet?: FleetId): Promise<readonly DriftView[]> => {
    await ready.promise;
    const views: DriftView[] = [];
    for (const { id, specification } of loop.state.fleets.values()) {
      if (fleet !== undefined && id !== fleet) continue;
      views.push({ fleet: id, name: specification.name, drift: await driftOf(id) });
    }
    return views;
  };

  return {
    start: async () => {
      try {
        await start();
        ready.resolve();
      } catch (error) {
        const reason = error instanceof Error ? error : new Error(String(error));
        ready.reject(reason);
        unwatch();
        loop.end(reason);
        throw reason;
      }
    },
    stop: async () => {
      unwatch();
      const reason = new Error("the daemon is stopping");
      ready.reject(reason);
      loop.end(reason);
    },
    prepare,
    commit,
    abort: async (message) => ask({ kind: "abort", message }),
    read,
    grant,
    settled: async (message) => {
      await send({ kind: "settled", message });
    },
    handover: async (message) => ask({ kind: "handover", message }),
    renew: async (message) => ask({ kind: "renew", message }),
    rollback: async (message: RollbackMessage) => operate({ kind: "rollback", message }),
    scale: async (message: ScaleMessage) => operate({ kind: "scale", message }),
    rollout: async (message: RolloutMessage) => operate({ kind: "rollout", message }),
    destroy: async (message: DestroyMessage) => operate({ kind: "destroy", message }),
    fleets,
    drift,
    why: async (fleet) => chainOf(await store.events({ fleet }), fleet),
    output: async (instance: InstanceId, bytes: number) => runtime.output(instance, bytes),
    state: (): ControlState => loop.state,
    revision: () => loop.revision,
    changed: async (after, timeout) => loop.changed(after, timeout),
    proxyRestarted: async () => {
      await ready.promise;
      await loop.take({ kind: "proxy_restarted" });
    },
  };
}
