import type { FleetEvent } from "../kernel/index.ts";
import { commandsOf } from "./commands.ts";
import type { Command } from "./commands.ts";
import { converge } from "./converge.ts";
import { Draft } from "./draft.ts";
import { learn } from "./facts.ts";
import type { MachineAnswer, MachineEvent } from "./machine-event.ts";
import { destroy, rollback, scale, steer } from "./operators.ts";
import { abort, commit, grant, handover, prepare, renew, settle } from "./protocol.ts";
import type { ControlState } from "./records.ts";
import type { RecordChange } from "./store.ts";
import { isEnded } from "./views.ts";

/** What follows from one event. */
export interface Step {
  readonly state: ControlState;
  /** What must be durable before any of the commands is begun, in one transaction. Empty: nothing need be. */
  readonly changes: readonly RecordChange[];
  /** To be written in the same transaction. */
  readonly events: readonly FleetEvent[];
  /** Everything that ought to be under way now, begun already or not. */
  readonly commands: readonly Command[];
  readonly answer: MachineAnswer;
}

/** The rollout machine, or a stand-in for it. */
export type Machine = (state: ControlState, event: MachineEvent) => Step;

/**
 * The rollout machine: pure, and the only place where records are decided. No clock, no randomness, no effects:
 * time and a seed come in the event.
 */
export function step(state: ControlState, event: MachineEvent): Step {
  const draft = new Draft(state, event.at, event.node, event.seed);
  const answer = receive(draft, event);
  if (!isQuiet(state, event)) converge(draft);
  return {
    state: draft.state,
    changes: draft.changes(),
    events: draft.events,
    commands: commandsOf(draft.state, event.at),
    answer,
  };
}

/**
 * A good check of what was well already, while nothing is rolled out: no rule looks at it, and what looks at the
 * clock has its own moments. With many instances nearly every event is one of these.
 */
function isQuiet(state: ControlState, { input }: MachineEvent): boolean {
  if (input.kind !== "probed" || !input.result.healthy) return false;
  const phase = state.instances.get(input.instance)?.phase;
  if (phase?.kind !== "verified" || phase.failures > 0) return false;
  for (const rollout of state.rollouts.values()) if (!isEnded(rollout)) return false;
  return true;
}

function receive(draft: Draft, event: MachineEvent): MachineAnswer {
  const { input } = event;
  switch (input.kind) {
    case "prepare":
      return { kind: "prepare", answer: prepare(draft, input.message, input.portProblem) };
    case "commit":
      return { kind: "standing", answer: commit(draft, input.message) };
    case "abort":
      return { kind: "standing", answer: abort(draft, input.message) };
    case "handover":
      return { kind: "standing", answer: handover(draft, input.message) };
    case "renew":
      return { kind: "standing", answer: renew(draft, input.message) };
    case "grant":
      return { kind: "grant", answer: grant(draft, input.message) };
    case "settled":
      settle(draft, input.message);
      return { kind: "none" };
    case "rollback":
      return { kind: "operator", answer: rollback(draft, input.message) };
    case "scale":
      return { kind: "operator", answer: scale(draft, input.message) };
    case "rollout":
      return { kind: "operator", answer: steer(draft, input.message) };
    case "destroy":
      return { kind: "operator", answer: destroy(draft, input.message) };
    default:
      learn(draft, input);
      return { kind: "none" };
  }
}
