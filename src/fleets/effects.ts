import { errorDiagnostic } from "../kernel/index.ts";
import type { InstanceId, Milliseconds } from "../kernel/index.ts";
import type { Command } from "./commands.ts";
import type { ControllerParts } from "./control.ts";
import type { ProbeResult } from "./drivers.ts";
import type { FactEvent } from "./machine-event.ts";
import type { ControlState } from "./records.ts";
import type { ReleaseContent } from "./release.ts";
import type { InstanceAddress } from "./table.ts";

type Effects = Pick<ControllerParts, "runtime" | "traffic" | "prober" | "clock" | "logger">;

/** How much of an instance's output goes with a failed check. */
const OUTPUT_BYTES = 4096;
/** A prober that does not keep to its own timeout is not waited for longer than this beyond it. */
const PROBE_SLACK: Milliseconds = 1000;
/** A driver's call that takes so much longer than it may is made again: every one is idempotent. */
const CALL_SLACK: Milliseconds = 30_000;

/** Why a timer is not needed any more: a text, since an error's stack costs more than the timer. */
const ANSWERED = "answered";

/**
 * Carries one command out, and returns what was found out. Rejects where the call failed and has to be made
 * again. `late` gets a start's result that comes after it was given up.
 */
export async function carryOut(
  parts: Effects,
  state: ControlState,
  command: Exclude<Command, { kind: "wake" }>,
  late: (fact: FactEvent) => void,
): Promise<FactEvent> {
  switch (command.kind) {
    case "start":
      return start(parts, command, late);
    case "probe": {
      const result = await probe(parts, command.instance, command.address, command.content);
      if (result.healthy) return { kind: "probed", instance: command.instance, result };
      const output = await outputOf(parts, command.instance);
      return { kind: "probed", instance: command.instance, result, output };
    }
    case "drain": {
      const { instance, deadline } = command;
      const draining = parts.traffic.drain([instance], deadline);
      const { cut } = await limited(parts, draining, deadline + CALL_SLACK, command.key);
      return { kind: "drained", instance, cut };
    }
    case "stop": {
      const { instance, timeout } = command;
      const crashed = state.instances.get(instance)?.failure !== undefined;
      const lost = crashed ? await lostBy(parts, instance) : 0;
      const stopping = parts.runtime.stop(instance, timeout, state.epoch);
      await limited(parts, stopping, timeout + CALL_SLACK, command.key);
      return { kind: "stopped", instance, lost };
    }
    case "push_table": {
      const { epoch, version } = command.table;
      const result = await limited(parts, parts.traffic.apply(command.table), CALL_SLACK, command.key);
      switch (result.kind) {
        case "acknowledged":
          return { kind: "table_acknowledged", epoch, version };
        case "refused":
          return { kind: "table_refused", version, diagnostic: result.diagnostic };
        case "superseded":
          return { kind: "table_superseded", epoch: result.epoch, version: result.version };
      }
    }
  }
}

async function start(
  parts: Effects,
  command: Extract<Command, { kind: "start" }>,
  late: (fact: FactEvent) => void,
): Promise<FactEvent> {
  const { request, limit } = command;
  const calling = parts.runtime
    .start(request)
    .then((result): FactEvent =>
      result.kind === "started"
        ? { kind: "instance_started", instance: result.instance }
        : { kind: "start_failed", instance: request.id, diagnostic: result.diagnostic },
    );
  const answer = await within(parts, calling, limit);
  if (answer !== undefined) return answer;
  calling.then(late, (error: unknown) => {
    parts.logger.warn("a start that was given up failed", { instance: request.id, error: String(error) });
  });
  const detail = `The runtime did not answer within ${limit} ms.`;
  return {
    kind: "start_failed",
    instance: request.id,
    diagnostic: errorDiagnostic("Start got no answer", detail),
  };
}

/** Asks an instance how it is; an answer that does not come in time is a failed check. */
export async function probe(
  parts: Effects,
  id: InstanceId,
  address: InstanceAddress,
  content: ReleaseContent,
): Promise<ProbeResult> {
  const { probe: how, timeout } = content.health;
  const asking =
    how.kind === "command"
      ? parts.runtime.execute(id, how.command, timeout)
      : parts.prober.probe(address, content);
  // A prober that breaks has not found the instance healthy.
  const asked = asking.catch((error: unknown): ProbeResult => ({ healthy: false, reason: String(error) }));
  const answer = await within(parts, asked, timeout + PROBE_SLACK);
  return answer ?? { healthy: false, reason: `no answer within ${timeout} ms` };
}

/** The call's value; rejects where it takes longer than `limit`. */
async function limited<Value>(
  parts: Pick<Effects, "clock">,
  call: Promise<Value>,
  limit: Milliseconds,
  what: string,
): Promise<Value> {
  const answer = await within(
    parts,
    call.then((value) => ({ value })),
    limit,
  );
  if (answer === undefined) throw new Error(`${what}: no answer within ${limit} ms`);
  return answer.value;
}

/** The promise's value, or undefined where it takes longer than `limit`. */
async function within<Value>(
  { clock }: Pick<Effects, "clock">,
  promise: Promise<Value>,
  limit: Milliseconds,
): Promise<Value | undefined> {
  const timer = new AbortController();
  const timeout = clock.sleep(limit, timer.signal).then(
    () => undefined,
    // Aborted: the promise has settled the race already.
    () => undefined,
  );
  try {
    return await Promise.race([promise, timeout]);
  } finally {
    timer.abort(ANSWERED);
  }
}

async function outputOf(parts: Effects, instance: InstanceId): Promise<string> {
  try {
    return await parts.runtime.output(instance, OUTPUT_BYTES);
  } catch (error) {
    parts.logger.warn("the output of an instance cannot be read", { instance, error: String(error) });
    return "";
  }
}

async function lostBy(parts: Effects, instance: InstanceId): Promise<number> {
  try {
    const report = await parts.traffic.report();
    return report.lost.find((one) => one.instance === instance)?.count ?? 0;
  } catch (error) {
    parts.logger.warn("the proxy does not say what was lost", { instance, error: String(error) });
    return 0;
  }
}
