import type {
  InstanceDrift,
  InstanceExit,
  Prober,
  ProbeResult,
  RunningInstance,
  Runtime,
  StartRequest,
  StartResult,
} from "../../fleets/index.ts";
import { errorDiagnostic } from "../../kernel/index.ts";
import type { Clock, InstanceId, Milliseconds } from "../../kernel/index.ts";
import type { Behaviour, CallFault, RuntimeCall } from "./behaviour.ts";

/** One instance of the simulated world. */
interface SimulatedInstance {
  readonly id: InstanceId;
  readonly request: StartRequest;
  readonly behaviour: Behaviour;
  readonly port: number;
  /** `starting`: nothing runs yet; `running`; `ended`: it ended by itself and is not cleaned up. */
  readonly state: "starting" | "running" | "ended";
  readonly startedAt: Milliseconds;
  readonly drift: readonly InstanceDrift[];
}

/** A runtime whose instances exist in memory, under whatever clock it is given. */
export interface SimulatedRuntime extends Runtime, Prober {
  /** What exists now. */
  instances(): readonly SimulatedInstance[];
  /** The instance ends by itself, as if killed. False where it does not run. */
  crash(id: InstanceId): boolean;
  /** Somebody changes a file of it. False where it does not run. */
  tamper(id: InstanceId, kind?: InstanceDrift["kind"]): boolean;
  /** Its health checks fail, or succeed, from now on, whatever it is made of. */
  sicken(id: InstanceId, sick: boolean): void;
  /** Its health checks answer as its behaviour says again. */
  heal(id: InstanceId): void;
  /** Every instance ends, as in a reboot: nobody is told. */
  reboot(): void;
}

interface Parts {
  readonly clock: Clock;
  readonly behave: (request: StartRequest) => Behaviour;
  /** Asked before each call; absent: no call fails. */
  readonly fault?: (call: RuntimeCall, id?: InstanceId) => CallFault;
}

interface Entry {
  instance: SimulatedInstance;
  exit?: InstanceExit;
  sick?: boolean;
  starting?: Promise<StartResult>;
  /** A stop came while it was starting. */
  cancelled: boolean;
}

const FIRST_PORT = 20_000;

export function createSimulatedRuntime({ clock, behave, fault }: Parts): SimulatedRuntime {
  const entries = new Map<InstanceId, Entry>();
  /** Logs outlive their instance. */
  const outputs = new Map<InstanceId, string>();
  const listeners = new Set<(exit: InstanceExit) => void>();
  let fence = 0;

  /** The lowest free port: a number is used again as soon as it may be. */
  const freePort = (): number => {
    const used = new Set([...entries.values()].map((entry) => entry.instance.port));
    let port = FIRST_PORT;
    while (used.has(port)) port++;
    return port;
  };

  const call = async <Value>(
    name: RuntimeCall,
    id: InstanceId | undefined,
    effect: () => Promise<Value>,
  ): Promise<Value> => {
    const what = fault?.(name, id) ?? "none";
    if (what === "refused") throw new Error(`simulated: ${name} refused`);
    const value = await effect();
    if (what === "lost_reply") throw new Error(`simulated: the reply of ${name} was lost`);
    if (what === "hangs") return new Promise<Value>(() => {});
    return value;
  };

  const checkFence = (epoch: number): void => {
    if (epoch < fence) throw new Error(`simulated: epoch ${epoch} is over, epoch ${fence} has it`);
  };

  const end = (entry: Entry, exit: Omit<InstanceExit, "id">, told = true): void => {
    if (entry.instance.state !== "running") return;
    entry.instance = { ...entry.instance, state: "ended" };
    entry.exit = { id: entry.instance.id, ...exit };
    if (told) for (const listener of listeners) listener(entry.exit);
  };

  const run = (entry: Entry): void => {
    entry.instance = { ...entry.instance, state: "running", startedAt: clock.now() };
    outputs.set(entry.instance.id, entry.instance.behaviour.output);
    const { exitAfter, exitCode, output } = entry.instance.behaviour;
    if (exitAfter === undefined) return;
    const live = async (): Promise<void> => {
      await clock.sleep(exitAfter);
      end(entry, { code: exitCode, output });
    };
    void live();
  };

  const boot = async (request: StartRequest, entry: Entry): Promise<StartResult> => {
    const { startDelay, startFailure } = entry.instance.behaviour;
    await clock.sleep(startDelay);
    // The fence is looked at where the effect happens (rule F19).
    if (request.epoch < fence || entry.cancelled || startFailure !== undefined) {
      if (entries.get(request.id) === entry) entries.delete(request.id);
      checkFence(request.epoch);
      return {
        kind: "failed",
        diagnostic: errorDiagnostic("Start failed", startFailure ?? "It was stopped."),
      };
    }
    run(entry);
    delete entry.starting;
    return { kind: "started", instance: found(entry) };
  };

  const start = async (request: StartRequest): Promise<StartResult> => {
    checkFence(request.epoch);
    const known = entries.get(request.id);
    if (known?.starting !== undefined) {
      try {
        return await known.starting;
      } catch {
        // The call of a daemon that was fenced meanwhile: this one has its own right to start it.
        return start(request);
      }
    }
    if (known !== undefined && known.exit === undefined) return { kind: "started", instance: found(known) };
    if (known?.exit !== undefined) {
      const detail = `It ended: ${known.exit.output}`;
      entries.delete(request.id);
      return { kind: "failed", diagnostic: errorDiagnostic("Instance ended", detail) };
    }
    const entry: Entry = {
      cancelled: false,
      instance: {
        id: request.id,
        request,
        behaviour: behave(request),
        port: freePort(),
        state: "starting",
        startedAt: clock.now(),
        drift: [],
      },
    };
    entries.set(request.id, entry);
    entry.starting = boot(request, entry);
    return entry.starting;
  };

  const stop = async (id: InstanceId, timeout: Milliseconds, epoch: number): Promise<void> => {
    checkFence(epoch);
    const entry = entries.get(id);
    if (entry === undefined) return;
    entry.cancelled = true;
    if (entry.instance.state === "running") {
      const { ignoresTerm, stopDelay } = entry.instance.behaviour;
      await clock.sleep(ignoresTerm ? timeout : Math.min(stopDelay, timeout));
    }
    if (entries.get(id) === entry) entries.delete(id);
  };

  const health = (id: InstanceId): ProbeResult => {
    const entry = entries.get(id);
    if (entry?.instance.state !== "running") return { healthy: false, reason: "connection refused" };
    if (entry.sick !== undefined)
      return entry.sick ? { healthy: false, reason: "answered 503" } : { healthy: true };
    const { healthyAfter, unhealthyAfter } = entry.instance.behaviour;
    const age = clock.now() - entry.instance.startedAt;
    if (age < healthyAfter) return { healthy: false, reason: "connection refused" };
    return unhealthyAfter !== undefined && age >= unhealthyAfter
      ? { healthy: false, reason: "answered 500" }
      : { healthy: true };
  };

  return {
    name: "simulated",
    fence: (epoch) =>
      call("fence", undefined, async () => {
        checkFence(epoch);
        fence = epoch;
      }),
    start: (request) => call("start", request.id, () => start(request)),
    stop: (id, timeout, epoch) => call("stop", id, () => stop(id, timeout, epoch)),
    list: () =>
      call("list", undefined, async () => ({
        running: [...entries.values()].filter((entry) => entry.instance.state === "running").map(found),
        ended: [...entries.values()].flatMap((entry) => (entry.exit === undefined ? [] : [entry.exit])),
      })),
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    execute: (id) => call("execute", id, async () => health(id)),
    probe: (address) => call("probe", address.id, async () => health(address.id)),
    drift: (id) => call("drift", id, async () => entries.get(id)?.instance.drift ?? []),
    output: (id, bytes) => call("output", id, async () => (outputs.get(id) ?? "").slice(-bytes)),
    instances: () => [...entries.values()].map((entry) => entry.instance),
    crash: (id) => {
      const entry = entries.get(id);
      if (entry?.instance.state !== "running") return false;
      end(entry, { signal: "SIGKILL", output: entry.instance.behaviour.output });
      return true;
    },
    tamper: (id, kind = "file_changed") => {
      const entry = entries.get(id);
      if (entry?.instance.state !== "running") return false;
      const expected = `sha256:${"0".repeat(64)}`;
      const drift: InstanceDrift = {
        instance: id,
        kind,
        subject: "app/server.js",
        expected,
        found: expected.replace("0", "1"),
      };
      entry.instance = { ...entry.instance, drift: [drift] };
      return true;
    },
    sicken: (id, sick) => {
      const entry = entries.get(id);
      if (entry !== undefined) entry.sick = sick;
    },
    heal: (id) => {
      const entry = entries.get(id);
      if (entry !== undefined) delete entry.sick;
    },
    reboot: () => {
      for (const entry of entries.values()) end(entry, { output: "" }, false);
    },
  };
}

function found({ instance }: Entry): RunningInstance {
  return { id: instance.id, address: { host: "127.0.0.1", port: instance.port } };
}
