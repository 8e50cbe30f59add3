import { createServer } from "node:net";
import type { Diagnostic, InstanceId, Milliseconds } from "../kernel/index.ts";
import type { DrainResult, ListenAddress, RouteTable, TableResult, TrafficReport } from "../traffic/index.ts";
import { bind } from "./listener.ts";
import { listenDiagnostic } from "./listen-errors.ts";
import { compareTables, switchTable } from "./switch.ts";
import type { TableStore } from "./switch.ts";
import { LocalWorker } from "./worker.ts";
import type { WorkerOptions } from "./worker.ts";

/** How often deadlines are looked at. */
const TICK: Milliseconds = 100;

/** Everything that a proxy process does, but for being one. */
export class Proxy {
  private readonly worker: LocalWorker;
  private readonly store: TableStore;
  private readonly options: WorkerOptions;
  private readonly timer: NodeJS.Timeout;
  private table: RouteTable | undefined;
  /** Not all of the table's addresses could be opened at the start: an equal table is put in force again. */
  private incomplete = false;
  /** Tables are switched one after the other. */
  private turn: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | undefined;

  constructor(store: TableStore, options: WorkerOptions) {
    this.store = store;
    this.options = options;
    this.worker = new LocalWorker(options);
    this.timer = setInterval(() => this.worker.tick(), TICK);
  }

  /** Serves a table that was in force before; what cannot be opened of it is logged. */
  async restore(table: RouteTable): Promise<void> {
    for (const { listen } of table.routes) {
      const diagnostic = await this.worker.open(listen);
      if (diagnostic === undefined) continue;
      this.incomplete = true;
      this.options.logger.error(diagnostic.detail, { listen });
    }
    await this.worker.set(table);
    this.table = table;
  }

  apply(table: RouteTable): Promise<TableResult> {
    return this.inTurn(async () => {
      const again = this.incomplete && this.table !== undefined && compareTables(table, this.table) === 0;
      const result = await switchTable([this.worker], this.store, again ? undefined : this.table, table);
      if (result.kind === "acknowledged") {
        this.table = table;
        this.incomplete = false;
      }
      return result;
    });
  }

  async check(listen: ListenAddress): Promise<Diagnostic | undefined> {
    return this.inTurn(async () => {
      if (this.worker.isOpen(listen)) return undefined;
      const server = createServer((socket) => socket.destroy());
      try {
        await bind(server, listen);
        return undefined;
      } catch (error) {
        return listenDiagnostic(listen, error);
      } finally {
        await new Promise((resolve) => server.close(resolve));
      }
    });
  }

  report(): TrafficReport {
    const instances = [...this.worker.instances.values()];
    return {
      epoch: this.table?.epoch ?? 0,
      version: this.table?.version ?? 0,
      releases: this.worker.allFigures().map((figures) => figures.snapshot()),
      inFlight: instances
        .filter(({ inFlight }) => inFlight.size > 0)
        .map(({ id, inFlight }) => ({ instance: id, count: inFlight.size })),
      lost: [...this.worker.lost].map(([instance, count]) => ({ instance, count })),
      connectFailures: instances
        .filter(({ connectFailures }) => connectFailures > 0)
        .map(({ id, connectFailures }) => ({ instance: id, count: connectFailures })),
    };
  }

  /**
   * Waits until none of the instances has a request in flight. What can be ended without an error is: WebSockets,
   * streams of events. What is left at the deadline is cut; instances that came back into the table are let be.
   */
  async drain(ids: readonly InstanceId[], deadline: Milliseconds): Promise<DrainResult> {
    const draining = ids.flatMap((id) => this.worker.instances.get(id) ?? []).filter((one) => !one.serving);
    const { now } = this.options;
    for (const instance of draining) for (const request of instance.inFlight) request.leave();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadline);
    });
    const empty = draining.map((instance) => instance.empty());
    await Promise.race([late, Promise.all(empty)]);
    clearTimeout(timer);
    const cut: DrainResult["cut"][number][] = [];
    for (const instance of draining) {
      if (instance.serving) continue;
      for (const request of instance.inFlight) {
        const { method, path } = request;
        cut.push({ instance: instance.id, method, path, age: Math.round(now() - request.startedAt) });
        request.cut();
      }
    }
    return { cut };
  }

  /** Ends gracefully: nothing new, answers end their connections, and after `deadline` what is left is cut. */
  close(deadline: Milliseconds): Promise<void> {
    this.closing ??= (async () => {
      this.worker.close();
      const until = this.options.now() + deadline;
      while (this.worker.connections > 0 && this.options.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      this.worker.destroy();
      clearInterval(this.timer);
    })();
    return this.closing;
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.turn.then(work);
    // The next one's turn comes whether this one fails or not; its caller gets the error.
    this.turn = result.then(
      () => undefined,
      () => undefined,
    );
    return result;
  }
}
