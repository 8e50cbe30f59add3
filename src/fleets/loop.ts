import type { InstanceId, Milliseconds } from "../kernel/index.ts";
import { commandsOf } from "./commands.ts";
import type { Command } from "./commands.ts";
import type { ControllerParts } from "./control.ts";
import { carryOut } from "./effects.ts";
import type { FactEvent, MachineAnswer, MachineInput } from "./machine-event.ts";
import type { ControlState } from "./records.ts";
import type { Machine } from "./step.ts";
import { emptyControlState, FencedError } from "./store.ts";

/** Why a timer is cancelled; a text, since an error's stack costs more than the timer. */
const EARLIER = "an earlier moment came up";
/** Timers of the platform overflow at 24 days; looking every hour costs nothing. */
const LONGEST_SLEEP: Milliseconds = 3_600_000;
const RETRY_INTERVAL: Milliseconds = 1000;

/**
 * The effectful loop around the machine: events are taken one after the other; each is reduced, what it changed is
 * made durable, and only then what it permits is begun.
 */
export class ControlLoop {
  readonly #parts: ControllerParts;
  readonly #step: Machine;
  readonly #retryInterval: Milliseconds;
  readonly #inFlight = new Map<string, Promise<void>>();
  /** Commands that failed, and when they may be begun again. */
  readonly #delayed = new Map<string, Milliseconds>();
  readonly #ending = new AbortController();
  #state: ControlState = emptyControlState(0);
  #revision = 0;
  #waiters: (() => void)[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #acting = false;
  #timer: { readonly moment: Milliseconds; readonly cancel: AbortController } | undefined;

  constructor(parts: ControllerParts, machine: Machine) {
    this.#parts = parts;
    this.#step = machine;
    this.#retryInterval = parts.settings.retryInterval ?? RETRY_INTERVAL;
  }

  get state(): ControlState {
    return this.#state;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Aborts when the loop ends. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  /** Takes the store over; nothing is begun before `act`. */
  async load(): Promise<void> {
    const epoch = await this.#parts.store.claim();
    // Whoever claims it between these two lines has a higher one, and fences this daemon out.
    this.#state = { ...(await this.#parts.store.load()), epoch };
  }

  /** From now on what the records ask for is done. */
  act(): void {
    this.#acting = true;
    this.#dispatch(commandsOf(this.#state, this.#parts.clock.now()));
  }

  end(reason: Error): void {
    if (this.#ending.signal.aborted) return;
    this.#ending.abort(reason);
    this.#timer?.cancel.abort();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** Takes an event when those before it are done; resolves when what it changed is durable. */
  async take(input: MachineInput): Promise<MachineAnswer> {
    return this.#take(input);
  }

  #take(input: MachineInput, finished?: string): Promise<MachineAnswer> {
    const taken = this.#turn.then(() => this.#process(input, finished));
    // The turn only orders; whoever sent the event gets its error.
    this.#turn = taken.catch(() => undefined);
    return taken;
  }

  /** Resolves once the revision is above `after`, or after `timeout`, or when the loop ends. */
  async changed(after: number, timeout: Milliseconds): Promise<number> {
    if (this.#revision > after || this.ending.aborted) return this.#revision;
    const timer = new AbortController();
    const woken = new Promise<void>((resolve) => {
      this.#waiters.push(resolve);
    });
    const slept = this.#parts.clock.sleep(timeout, timer.signal).catch(() => {
      // Woken by a change, which is what was waited for.
    });
    await Promise.race([woken, slept]);
    timer.abort(EARLIER);
    return this.#revision;
  }

  /** Carries out one command of the instance's now, or waits for the one under way, and takes what it finds. */
  async probeNow(instance: InstanceId): Promise<void> {
    const under = this.#inFlight.get(`probe ${instance}`);
    if (under !== undefined) return under;
    const command = commandsOf(this.#state, this.#parts.clock.now()).find(
      (one) => one.kind === "probe" && one.instance === instance,
    );
    if (command !== undefined && command.kind !== "wake") await this.#begin(command);
  }

  /** `finished`: the command whose result this is; until it is taken in, the command counts as under way. */
  async #process(input: MachineInput, finished?: string): Promise<MachineAnswer> {
    this.ending.throwIfAborted();
    const { store, clock, random, settings, sink } = this.#parts;
    const at = clock.now();
    const seed = Math.floor(random.next() * 2 ** 32);
    const next = this.#step(this.#state, { at, seed, node: settings.node, input });
    if (next.changes.length > 0 || next.events.length > 0) {
      const { changes, events } = next;
      const recorded = await this.#write(() =>
        store.commit({ epoch: next.state.epoch, at, changes, events }),
      );
      this.#state = next.state;
      this.#revision += 1;
      for (const event of recorded) sink(event);
      for (const wake of this.#waiters.splice(0)) wake();
    } else {
      this.#state = next.state;
    }
    if (finished !== undefined) this.#inFlight.delete(finished);
    this.#dispatch(next.commands);
    return next.answer;
  }

  async #write<Value>(write: () => Promise<Value>): Promise<Value> {
    try {
      return await write();
    } catch (error) {
      if (error instanceof FencedError) this.end(error);
      // What was not written did not happen: the state stays as it was, and time brings the next attempt.
      else this.#wakeAt(this.#parts.clock.now() + this.#retryInterval);
      throw error;
    }
  }

  #dispatch(commands: readonly Command[]): void {
    if (!this.#acting || this.ending.aborted) return;
    const now = this.#parts.clock.now();
    let earliest: Milliseconds | undefined;
    for (const command of commands) {
      // With many instances nearly all are checks that are not due yet, and cannot be under way.
      const due = "due" in command ? command.due : 0;
      if (due > now) {
        earliest = Math.min(earliest ?? due, due);
        continue;
      }
      if (this.#inFlight.has(command.key) || this.#isBlocked(command)) continue;
      const again = this.#delayed.get(command.key) ?? 0;
      if (again > now) earliest = Math.min(earliest ?? again, again);
      else if (command.kind !== "wake") void this.#begin(command);
    }
    if (earliest !== undefined) this.#wakeAt(earliest);
  }

  /** One table at a time, and no stop while the instance's start may still take effect. */
  #isBlocked(command: Command): boolean {
    if (command.kind === "stop") return this.#inFlight.has(`start ${command.instance}`);
    if (command.kind !== "push_table") return false;
    return [...this.#inFlight.keys()].some((key) => key.startsWith("table "));
  }

  #begin(command: Exclude<Command, { kind: "wake" }>): Promise<void> {
    this.#delayed.delete(command.key);
    const running = this.#carryOut(command);
    this.#inFlight.set(command.key, running);
    return running;
  }

  async #carryOut(command: Exclude<Command, { kind: "wake" }>): Promise<void> {
    const { clock, logger } = this.#parts;
    try {
      const fact = await carryOut(this.#parts, this.#state, command, (late) => this.report(late));
      if (fact.kind === "table_refused" || fact.kind === "table_superseded") {
        logger.warn("the proxy did not take the table", { fact });
        this.#delayed.set(command.key, clock.now() + this.#retryInterval);
      }
      if (!this.ending.aborted) await this.#take(fact, command.key);
    } catch (error) {
      this.#inFlight.delete(command.key);
      if (this.ending.aborted) return;
      logger.warn("a command failed and is made again", { command: command.key, error: String(error) });
      const again = clock.now() + this.#retryInterval;
      this.#delayed.set(command.key, again);
      this.#wakeAt(again);
    }
  }

  /** Takes a fact that nothing else would bring up again: until it is written. */
  report(fact: FactEvent): void {
    const attempt = async (): Promise<void> => {
      while (!this.ending.aborted) {
        try {
          await this.take(fact);
          return;
        } catch (error) {
          if (this.ending.aborted) return;
          this.#parts.logger.warn("a fact could not be written", { kind: fact.kind, error: String(error) });
          await this.#parts.clock.sleep(this.#retryInterval, this.ending);
        }
      }
    };
    attempt().catch((error: unknown) => {
      if (!this.ending.aborted) this.#parts.logger.error("a fact is lost", { error: String(error) });
    });
  }

  /** Looks again at that moment, or earlier: a look too many changes nothing. */
  #wakeAt(moment: Milliseconds): void {
    if (this.#timer !== undefined && this.#timer.moment <= moment) return;
    this.#timer?.cancel.abort(EARLIER);
    const timer = { moment, cancel: new AbortController() };
    this.#timer = timer;
    const { clock, logger } = this.#parts;
    const look = async (): Promise<void> => {
      const wait = Math.min(Math.max(0, moment - clock.now()), LONGEST_SLEEP);
      await clock.sleep(wait, timer.cancel.signal);
      if (this.#timer === timer) this.#timer = undefined;
      await this.take({ kind: "tick" });
    };
    look().catch((error: unknown) => {
      // Replaced by an earlier moment, or at the end.
      if (timer.cancel.signal.aborted || this.ending.aborted) return;
      logger.warn("a look at the clock failed, and is repeated", { error: String(error) });
    });
  }
}
