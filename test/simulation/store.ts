import { applyChanges, emptyControlState, FencedError } from "../../src/fleets/index.ts";
import type { ControlState, ControlStore, ControlTransaction, EventQuery } from "../../src/fleets/index.ts";
import type { FleetEvent, RecordedEvent } from "../../src/kernel/index.ts";

/** A store in memory: what was committed survives the controller. */
export class SimulatedStore implements ControlStore {
  #state: ControlState = emptyControlState(0);
  readonly #events: RecordedEvent<FleetEvent>[] = [];
  /** Says how the next write ends. */
  fault: () => "none" | "full" | "lost_reply" = () => "none";
  /** Called when something was written: the durable state is the truth that laws are checked against. */
  onWrite: (before: ControlState, after: ControlState, transaction: ControlTransaction) => void = () => {};

  /** What is durable now. */
  get durable(): ControlState {
    return this.#state;
  }

  async claim(): Promise<number> {
    this.#state = { ...this.#state, epoch: this.#state.epoch + 1 };
    return this.#state.epoch;
  }

  async load(): Promise<ControlState> {
    return this.#state;
  }

  async commit(transaction: ControlTransaction): Promise<readonly RecordedEvent<FleetEvent>[]> {
    if (transaction.epoch < this.#state.epoch) throw new FencedError(transaction.epoch, this.#state.epoch);
    const fault = this.fault();
    if (fault === "full") throw new Error("simulated: no space left on device");
    const before = this.#state;
    this.#state = applyChanges(before, transaction.changes);
    const first = this.#events.length + 1;
    const recorded = transaction.events.map((event, index) => ({
      version: 1 as const,
      sequence: first + index,
      at: transaction.at,
      event,
    }));
    this.#events.push(...recorded);
    this.onWrite(before, this.#state, transaction);
    return recorded;
  }

  async events(query: EventQuery): Promise<readonly RecordedEvent<FleetEvent>[]> {
    return this.#events.filter(
      ({ sequence, event }) =>
        sequence > (query.after ?? 0) &&
        (query.fleet === undefined || !("fleet" in event) || event.fleet === query.fleet),
    );
  }
}
