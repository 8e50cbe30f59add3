import { mkdir } from "node:fs/promises";
import path from "node:path";
import { DiagnosticError, errorDiagnostic, removeTree } from "../../kernel/index.ts";
import type { Clock, Diagnostic, InstanceId, Milliseconds, Random } from "../../kernel/index.ts";
import type {
  InstanceExit,
  ReleaseContent,
  RunningInstance,
  Runtime,
  StartRequest,
  StartResult,
} from "../../fleets/index.ts";
import { inspect } from "./drift.ts";
import { endProcesses } from "./end.ts";
import { instanceEnvironment } from "./environment.ts";
import { executeCommand } from "./execute.ts";
import { createFence } from "./fence.ts";
import type { ImageTrees, SeenFiles } from "./files.ts";
import { findProcesses, identifyNow, isAlive, readBootId } from "./identity.ts";
import type { FoundProcess } from "./identity.ts";
import { launch } from "./launch.ts";
import { keepLog, keptLog, readEnd } from "./log.ts";
import { choosePort } from "./ports.ts";
import { directoryOf, listDirectories, readRecord, writeRecord } from "./record.ts";
import type { InstanceFile } from "./record.ts";
import { makeReadOnly } from "./tree.ts";
import { Watcher } from "./watcher.ts";

/** Instances listen on loopback; traffic from outside comes through the proxy. */
const INSTANCE_HOST = "127.0.0.1";
/** So much of its output goes with the news that an instance had ended before it was looked for. */
const ENDED_OUTPUT_BYTES = 4096;

export interface ProcessRuntimeParts {
  /** Instances, a directory for each. */
  readonly instances: string;
  /** Logs of ended instances. */
  readonly logs: string;
  /** The KILN_HOME that everything started here belongs to. */
  readonly home: string;
  readonly images: ImageTrees;
  readonly clock: Clock;
  readonly random: Random;
  /** Where PATH, HOME, LANG and TZ come from. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Runs instances as processes of this machine. */
export async function createProcessRuntime(parts: ProcessRuntimeParts): Promise<Runtime> {
  await mkdir(parts.instances, { recursive: true, mode: 0o700 });
  return new ProcessRuntime(parts, await readBootId());
}

class ProcessRuntime implements Runtime {
  readonly name = "process";
  readonly #parts: ProcessRuntimeParts;
  readonly #bootId: string;
  readonly #fence: ReturnType<typeof createFence>;
  readonly #watcher: Watcher;
  /** Starts and stops of one instance never overlap. */
  readonly #turns = new Map<InstanceId, Promise<unknown>>();
  /** Ports that were chosen and may not be bound yet. */
  readonly #ports = new Map<InstanceId, number>();
  readonly #seen = new Map<InstanceId, SeenFiles>();
  /** The machine's programs are the same for all instances. */
  readonly #programs: SeenFiles = new Map();

  constructor(parts: ProcessRuntimeParts, bootId: string) {
    this.#parts = parts;
    this.#bootId = bootId;
    this.#fence = createFence(parts.instances);
    this.#watcher = new Watcher(bootId);
  }

  fence(epoch: number): Promise<void> {
    return this.#fence.raise(epoch);
  }

  start(request: StartRequest): Promise<StartResult> {
    return this.#inTurn(request.id, async () => {
      await this.#fence.check(request.epoch);
      const known = await this.#find(request.id);
      if (known !== undefined) return { kind: "started", instance: known };
      try {
        const started = await this.#startAnew(request);
        if ("id" in started) return { kind: "started", instance: started };
        await this.#remove(request.id);
        return { kind: "failed", diagnostic: started };
      } catch (error) {
        await this.#remove(request.id);
        if (error instanceof DiagnosticError && error.diagnostics[0] !== undefined) {
          return { kind: "failed", diagnostic: error.diagnostics[0] };
        }
        return { kind: "failed", diagnostic: startProblem(request, error) };
      }
    });
  }

  stop(id: InstanceId, timeout: Milliseconds, epoch: number): Promise<void> {
    return this.#inTurn(id, async () => {
      await this.#fence.check(epoch);
      this.#watcher.forget(id);
      const record = await readRecord(directoryOf(this.#parts.instances, id));
      const { home, clock } = this.#parts;
      const leader = record?.process ?? (await this.#leaders()).get(id)?.identity;
      await endProcesses(
        leader === undefined ? { id } : { id, process: leader },
        { home, bootId: this.#bootId, clock },
        timeout,
      );
      await this.#remove(id);
    });
  }

  async list(): Promise<{
    readonly running: readonly RunningInstance[];
    readonly ended: readonly InstanceExit[];
  }> {
    const leaders = await this.#leaders();
    const ids = new Set([...(await listDirectories(this.#parts.instances)), ...leaders.keys()]);
    const running: RunningInstance[] = [];
    const ended: InstanceExit[] = [];
    for (const id of ids) {
      // A start of it that is under way is waited for.
      const found = await this.#inTurn(id, () => this.#find(id, leaders));
      if (found !== undefined) running.push(found);
      else ended.push({ id, output: await this.output(id, ENDED_OUTPUT_BYTES) });
    }
    return { running, ended };
  }

  watch(listener: (exit: InstanceExit) => void): () => void {
    return this.#watcher.listen(listener);
  }

  async execute(id: InstanceId, command: readonly string[], timeout: Milliseconds) {
    const record = await readRecord(directoryOf(this.#parts.instances, id));
    return record === undefined
      ? { healthy: false as const, reason: "the instance is gone" }
      : executeCommand(command, record, timeout);
  }

  async drift(id: InstanceId, content: ReleaseContent) {
    const directory = directoryOf(this.#parts.instances, id);
    if ((await readRecord(directory)) === undefined) return [];
    const seen = this.#seen.get(id) ?? new Map();
    this.#seen.set(id, seen);
    const expected = await this.#parts.images.files(content.image);
    return inspect({ id, root: directory.root, content, expected, seen, programs: this.#programs });
  }

  async output(id: InstanceId, bytes: number): Promise<string> {
    const live = await readEnd(directoryOf(this.#parts.instances, id).log, bytes);
    return live !== "" ? live : readEnd(keptLog(this.#parts.logs, id), bytes);
  }

  /** The intent first, then the process, then its identity: a crash in between leaves what can be found. */
  async #startAnew(request: StartRequest): Promise<RunningInstance | Diagnostic> {
    const { id, content } = request;
    const { images, home, random, environment: outer } = this.#parts;
    const directory = directoryOf(this.#parts.instances, id);
    await removeTree(directory.top);
    await mkdir(directory.temporary, { recursive: true, mode: 0o700 });
    const port = content.port ?? (await choosePort(INSTANCE_HOST, new Set(this.#ports.values()), random));
    this.#ports.set(id, port);
    const at = { host: INSTANCE_HOST, port, temporary: directory.temporary, home };
    const record: InstanceFile = {
      id,
      epoch: request.epoch,
      host: INSTANCE_HOST,
      port,
      environment: instanceEnvironment(request, at, outer),
      workdir: path.join(directory.root, path.resolve("/", content.workdir)),
    };
    await writeRecord(directory, record);
    await images.checkout(content.image, directory.root);
    await makeReadOnly(directory.root);
    const launched = await launch(content, directory, record.workdir, record.environment);
    if (!("pid" in launched)) return launched;
    const process = identifyNow(launched.pid, this.#bootId);
    this.#watcher.add(id, process, directory.log, launched.child);
    await writeRecord(directory, { ...record, process });
    return { id, address: { host: record.host, port }, process };
  }

  /** The instance as it runs; adopted where this daemon did not start it, its record completed where it was cut off. */
  async #find(
    id: InstanceId,
    leaders?: ReadonlyMap<InstanceId, FoundProcess>,
  ): Promise<RunningInstance | undefined> {
    const directory = directoryOf(this.#parts.instances, id);
    const record = await readRecord(directory);
    if (record?.process !== undefined) {
      if (!(await isAlive(record.process, this.#bootId))) return undefined;
      if (!this.#ports.has(id)) this.#adopt(id, record.process, record.port, directory.log);
      return { id, address: { host: record.host, port: record.port }, process: record.process };
    }
    const leader = (leaders ?? (await this.#leaders())).get(id);
    if (leader === undefined) return undefined;
    const host = leader.environment.get("HOST") ?? INSTANCE_HOST;
    const port = Number(leader.environment.get("PORT"));
    if (record !== undefined) await writeRecord(directory, { ...record, process: leader.identity });
    this.#adopt(id, leader.identity, port, directory.log);
    return { id, address: { host, port }, process: leader.identity };
  }

  #adopt(id: InstanceId, process: NonNullable<RunningInstance["process"]>, port: number, log: string): void {
    this.#ports.set(id, port);
    this.#watcher.add(id, process, log);
  }

  /** What runs of this home, by instance: the process that leads its session. */
  async #leaders(): Promise<Map<InstanceId, FoundProcess>> {
    const found = await findProcesses(this.#parts.home, this.#bootId);
    const leaders = found.filter(({ identity }) => identity.pid === identity.session);
    return new Map(leaders.map((process) => [process.instance as InstanceId, process]));
  }

  async #remove(id: InstanceId): Promise<void> {
    const directory = directoryOf(this.#parts.instances, id);
    await keepLog(directory.log, this.#parts.logs, id);
    await removeTree(directory.top);
    this.#ports.delete(id);
    this.#seen.delete(id);
  }

  #inTurn<Result>(id: InstanceId, work: () => Promise<Result>): Promise<Result> {
    const before = this.#turns.get(id) ?? Promise.resolve();
    // What became of the one before is its caller's business; here only its end matters.
    const mine = Promise.allSettled([before]).then(work);
    const turn = mine.finally(() => {
      if (this.#turns.get(id) === turn) this.#turns.delete(id);
    });
    this.#turns.set(id, turn);
    return turn;
  }
}

function startProblem(request: StartRequest, error: unknown): Diagnostic {
  const message = error instanceof Error ? error.message : String(error);
  return errorDiagnostic(
    "Instance cannot be started",
    `Instance ${request.id} of fleet ${request.fleet.name} could not be made: ${message}.`,
    { remedy: "Check the disk and the permissions of KILN_HOME." },
  );
}
