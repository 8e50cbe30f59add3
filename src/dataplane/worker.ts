import type { Diagnostic, InstanceId, Logger, Milliseconds, Random } from "../kernel/index.ts";
import type { ListenAddress, Route, RouteTable } from "../traffic/index.ts";
import type { ActiveRoute, ActiveTarget } from "./balancer.ts";
import type { ExchangeContext } from "./exchange-context.ts";
import { Instance } from "./instance.ts";
import type { Limits } from "./limits.ts";
import { Listener, listenKey } from "./listener.ts";
import { duplicateListen, listenDiagnostic } from "./listen-errors.ts";
import { ReleaseFigures } from "./metrics.ts";
import { RetryBudget } from "./retry.ts";
import type { Worker } from "./switch.ts";

export interface WorkerOptions {
  readonly limits: Limits;
  /** Monotonic. */
  readonly now: () => Milliseconds;
  readonly random: Random;
  readonly logger: Logger;
  readonly onLost: (instance: InstanceId) => void;
}

/** Bytes of the buffer that all connections to instances read into. */
const SHARED_BUFFER = 64 * 1024;
/** How many instances' losses are remembered. */
const MOST_LOST = 1000;

/** The part of the proxy that answers requests: listeners, instances, figures. Its state is one table's. */
export class LocalWorker implements Worker {
  readonly instances = new Map<InstanceId, Instance>();
  readonly lost = new Map<InstanceId, number>();
  private readonly options: WorkerOptions;
  private readonly context: ExchangeContext;
  private readonly shared = Buffer.allocUnsafeSlow(SHARED_BUFFER);
  private readonly figures = new Map<string, ReleaseFigures>();
  private readonly listeners = new Map<string, Listener>();
  /** Closed, with connections that are still open. */
  private readonly leaving = new Set<Listener>();
  private readonly total = { connections: 0 };
  private held: { begin(): void }[] | undefined;
  /** Addresses of the table in force. */
  private wanted = new Set<string>();

  constructor(options: WorkerOptions) {
    this.options = options;
    const { limits, now, random } = options;
    this.context = {
      limits,
      now,
      random,
      budget: new RetryBudget(limits),
      hold: (exchange) => {
        if (this.held === undefined) return "free";
        if (this.held.length >= limits.held) return "full";
        this.held.push(exchange);
        return "held";
      },
      lost: (instance) => this.countLost(instance),
    };
  }

  async prepare(table: RouteTable): Promise<Diagnostic | undefined> {
    const twice = duplicateListen(table.routes);
    if (twice !== undefined) return twice;
    for (const { listen } of table.routes) {
      const diagnostic = await this.open(listen);
      if (diagnostic !== undefined) return diagnostic;
    }
    return undefined;
  }

  /** Opens one address, if it is not open. */
  async open(listen: ListenAddress): Promise<Diagnostic | undefined> {
    const key = listenKey(listen);
    if (this.listeners.has(key)) return undefined;
    try {
      this.listeners.set(key, await Listener.open(listen, this.context, this.total));
      return undefined;
    } catch (error) {
      return listenDiagnostic(listen, error);
    }
  }

  isOpen(listen: ListenAddress): boolean {
    return this.listeners.has(listenKey(listen));
  }

  hold(): Promise<void> {
    this.held ??= [];
    return Promise.resolve();
  }

  set(table: RouteTable): Promise<void> {
    const before = new Set(this.instances.values());
    for (const instance of before) instance.connectFailures = 0;
    const serving = new Set<Instance>();
    this.wanted = new Set(table.routes.map(({ listen }) => listenKey(listen)));
    for (const route of table.routes) {
      const active = this.activate(route, serving);
      const listener = this.listeners.get(listenKey(route.listen));
      if (listener !== undefined) listener.route = active;
    }
    for (const instance of this.instances.values()) {
      instance.serving = serving.has(instance);
      if (instance.serving) continue;
      instance.closeIdle();
      this.forgetIfUnused(instance);
    }
    return this.discard();
  }

  release(): Promise<void> {
    const held = this.held ?? [];
    this.held = undefined;
    for (const exchange of held) exchange.begin();
    return Promise.resolve();
  }

  discard(): Promise<void> {
    for (const [key, listener] of this.listeners) {
      if (this.wanted.has(key)) continue;
      this.listeners.delete(key);
      listener.route = undefined;
      this.leave(listener, this.options.limits.drainIdleTime);
    }
    return Promise.resolve();
  }

  /** Accepts nothing more. Resolves to nothing: `connections` says when all are gone. */
  close(): void {
    const { stopIdleTime } = this.options.limits;
    for (const listener of [...this.listeners.values(), ...this.leaving]) this.leave(listener, stopIdleTime);
    this.listeners.clear();
    for (const instance of this.instances.values()) {
      instance.serving = false;
      instance.closeIdle();
      for (const request of instance.inFlight) request.leave();
    }
  }

  destroy(): void {
    this.close();
    for (const listener of this.leaving) listener.destroy();
  }

  get connections(): number {
    return this.total.connections;
  }

  allFigures(): readonly ReleaseFigures[] {
    return [...this.figures.values()];
  }

  /** Looks at the clock: the one timer for everything that has a deadline. */
  tick(): void {
    const now = this.options.now();
    for (const listener of this.listeners.values()) listener.tick(now);
    for (const listener of this.leaving) {
      listener.tick(now);
      if (listener.clients.size === 0) this.leaving.delete(listener);
    }
    for (const instance of this.instances.values()) {
      instance.sweep(now);
      this.forgetIfUnused(instance);
    }
  }

  private leave(listener: Listener, idleTime: Milliseconds): void {
    listener.close(idleTime);
    this.leaving.add(listener);
  }

  private activate(route: Route, serving: Set<Instance>): ActiveRoute {
    const targets: ActiveTarget[] = [];
    for (const target of route.targets) {
      const instances = target.instances.map((address) => {
        const known = this.instances.get(address.id);
        const instance =
          known !== undefined && known.host === address.host && known.port === address.port
            ? known
            : new Instance(address, this.options.limits, this.shared);
        if (instance !== known) {
          known?.closeIdle();
          this.instances.set(address.id, instance);
        }
        serving.add(instance);
        return instance;
      });
      if (target.weight > 0 && instances.length > 0) {
        targets.push({ weight: target.weight, instances, figures: this.figuresOf(route, target.release) });
      }
    }
    return { route, targets };
  }

  private figuresOf(route: Route, release: ReleaseFigures["release"]): ReleaseFigures {
    const key = `${route.fleet}#${release}`;
    const known = this.figures.get(key);
    if (known !== undefined) return known;
    const made = new ReleaseFigures(route.fleet, release);
    this.figures.set(key, made);
    return made;
  }

  private forgetIfUnused(instance: Instance): void {
    if (!instance.serving && instance.inFlight.size === 0 && this.instances.get(instance.id) === instance) {
      this.instances.delete(instance.id);
    }
  }

  private countLost(instance: InstanceId): void {
    this.lost.set(instance, (this.lost.get(instance) ?? 0) + 1);
    if (this.lost.size > MOST_LOST) {
      const oldest = this.lost.keys().next();
      if (oldest.done !== true) this.lost.delete(oldest.value);
    }
    this.options.onLost(instance);
  }
}
