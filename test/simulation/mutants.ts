import { step } from "../../src/fleets/index.ts";
import type { ControlState, Machine, RouteTable, Step } from "../../src/fleets/index.ts";

/** A machine with one planted mistake, and the law that has to notice it. */
export interface Mutant {
  readonly name: string;
  readonly law: string;
  readonly machine: Machine;
}

function withTable(next: Step, change: (table: RouteTable) => RouteTable): Step {
  const table = { ...next.state.table, wanted: change(next.state.table.wanted) };
  return {
    ...next,
    state: { ...next.state, table },
    changes: next.changes.map((one) => (one.collection === "table" ? { ...one, record: table } : one)),
    commands: next.commands.map((one) => (one.kind === "push_table" ? { ...one, table: table.wanted } : one)),
  };
}

function inPhase(state: ControlState, ...kinds: readonly string[]) {
  return [...state.rollouts.values()].filter(({ phase }) => kinds.includes(phase.kind));
}

export const mutants: readonly Mutant[] = [
  {
    name: "stops what retires before the table without it is acknowledged",
    law: "F8",
    machine: (state, event) => {
      const next = step(state, event);
      const stops = [...next.state.instances.values()].flatMap(({ id, phase }) =>
        phase.kind === "retiring"
          ? [{ kind: "stop" as const, key: `stop ${id}`, instance: id, timeout: 1000 }]
          : [],
      );
      return { ...next, commands: [...next.commands, ...stops] };
    },
  },
  {
    name: "takes every check for a success",
    law: "law 1",
    machine: (state, event) =>
      step(
        state,
        event.input.kind === "probed"
          ? { ...event, input: { ...event.input, result: { healthy: true } } }
          : event,
      ),
  },
  {
    name: "looks away from what was changed in place",
    law: "law 2",
    machine: (state, event) =>
      step(state, event.input.kind === "drifted" ? { ...event, input: { kind: "tick" } } : event),
  },
  {
    name: "starts what it replaces with something else than its release",
    law: "law 2",
    machine: (state, event) => {
      const next = step(state, event);
      const commands = next.commands.map((one) => {
        if (one.kind !== "start") return one;
        const environment = { ...one.request.content.environment, VERSION: "patched" };
        return { ...one, request: { ...one.request, content: { ...one.request.content, environment } } };
      });
      return { ...next, commands };
    },
  },
  {
    name: "routes to the old and the new release in the bake",
    law: "law 1",
    machine: (state, event) => {
      const next = step(state, event);
      return withTable(next, (table) => ({
        ...table,
        routes: table.routes.map((route) => {
          const rollout = inPhase(next.state, "switching", "baking").find((one) => one.fleet === route.fleet);
          if (rollout?.base === undefined || rollout.base === rollout.target) return route;
          const { base } = rollout;
          const instances = [...next.state.instances.values()].flatMap((one) =>
            one.fleet === route.fleet && one.release === base && one.phase.kind === "verified" && one.address
              ? [one.address]
              : [],
          );
          return { ...route, targets: [...route.targets, { release: base, weight: 1, instances }] };
        }),
      }));
    },
  },
  {
    name: "routes to what is only prepared",
    law: "law 1",
    machine: (state, event) => {
      const next = step(state, event);
      return withTable(next, (table) => ({
        ...table,
        routes: table.routes.map((route) => {
          const rollout = inPhase(next.state, "prepared").find((one) => one.fleet === route.fleet);
          if (rollout === undefined) return route;
          return { ...route, targets: route.targets.map((one) => ({ ...one, release: rollout.target })) };
        }),
      }));
    },
  },
  {
    name: "lets the old instances go when the bake begins",
    law: "law 3",
    machine: (state, event) => {
      const rollouts = new Map(state.rollouts);
      for (const [key, rollout] of rollouts) {
        if (rollout.phase.kind !== "baking" || rollout.base === rollout.target) continue;
        const { base: _base, ...rest } = rollout;
        rollouts.set(key, rest);
      }
      return step({ ...state, rollouts }, event);
    },
  },
  {
    name: "forgets to write the intent of a start",
    law: "law 5",
    machine: (state, event) => {
      const next = step(state, event);
      const written = next.changes.filter(
        (one) => one.collection !== "instances" || one.record?.phase.kind !== "intent",
      );
      return { ...next, changes: written };
    },
  },
  {
    name: "takes one instance too many out of the table while something is rolled out",
    law: "law 6",
    machine: (state, event) => {
      const next = step(state, event);
      if (inPhase(next.state, "preparing").length === 0) return next;
      return withTable(next, (table) => ({
        ...table,
        routes: table.routes.map((route) => ({
          ...route,
          targets: route.targets.map((one) => ({ ...one, instances: one.instances.slice(1) })),
        })),
      }));
    },
  },
  {
    name: "believes that nothing survived the daemon",
    law: "law 6",
    machine: (state, event) =>
      step(
        state,
        event.input.kind === "adopted" ? { ...event, input: { ...event.input, running: [] } } : event,
      ),
  },
  {
    name: "never hears an acknowledgement",
    law: "law 4",
    machine: (state, event) =>
      step(state, event.input.kind === "table_acknowledged" ? { ...event, input: { kind: "tick" } } : event),
  },
  {
    name: "keeps before the table is acknowledged",
    law: "F2",
    machine: (state, event) => {
      const { table } = state;
      return step({ ...state, table: { ...table, acknowledgedVersion: table.wanted.version } }, event);
    },
  },
  {
    name: "takes a verdict back",
    law: "one verdict",
    machine: (state, event) => {
      const next = step(state, event);
      if (event.input.kind !== "rollback") return next;
      const applies = new Map(next.state.applies);
      const changes = [...next.changes];
      for (const [key, apply] of applies) {
        if (apply.verdict.kind !== "kept") continue;
        const record = { ...apply, verdict: { kind: "back" as const, at: event.at, reason: "mutant" } };
        applies.set(key, record);
        changes.push({ collection: "applies", key, record });
      }
      return { ...next, changes, state: { ...next.state, applies } };
    },
  },
  {
    name: "lets a lease abort what is decided",
    law: "one decision",
    machine: (state, event) => {
      const next = step(state, event);
      const applies = new Map(next.state.applies);
      const changes = [...next.changes];
      for (const [key, apply] of applies) {
        const { coordinator, decision, verdict } = apply;
        if (coordinator.kind !== "engine" || event.at < coordinator.leaseUntil) continue;
        if (decision.kind !== "commit" || verdict.kind !== "none") continue;
        const record = { ...apply, decision: { kind: "abort" as const, at: event.at, reason: "mutant" } };
        applies.set(key, record);
        changes.push({ collection: "applies", key, record });
      }
      return { ...next, changes, state: { ...next.state, applies } };
    },
  },
];
