import { expect } from "vitest";
import { fleetId, parseId } from "../../kernel/index.ts";
import type { ApplyId, Diagnostic, FleetEvent, InstanceId } from "../../kernel/index.ts";
import type { MachineInput } from "../machine-event.ts";
import type { PrepareMessage } from "../messages.ts";
import type { ControlState } from "../records.ts";
import type { FleetSpecification, ReleaseContent } from "../release.ts";
import { step } from "../step.ts";
import type { Step } from "../step.ts";
import { applyChanges, emptyControlState } from "../store.ts";

export const LINEAGE = parseId<"lineage">("lineage");
export const WEB = fleetId(LINEAGE, "kiln_fleet.web");
export const API = fleetId(LINEAGE, "kiln_fleet.api");
export const ASKED = { who: "ana", why: "kiln apply" };

export const apply = (name: string): ApplyId => parseId<"apply">(name);

function content(version: string): ReleaseContent {
  return {
    runtime: "process",
    image: parseId<"image">(`sha256:${version}`),
    command: ["node", "server.js"],
    workdir: "/app",
    environment: { VERSION: version },
    secrets: {},
    health: {
      probe: { kind: "tcp" },
      interval: 1000,
      timeout: 500,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
      startDeadline: 10_000,
    },
    mounts: [],
    limits: {},
    stopTimeout: 2000,
  };
}

export function specification(version: string, more: Partial<FleetSpecification> = {}): FleetSpecification {
  return {
    name: "web",
    replicas: 2,
    listen: { host: "127.0.0.1", port: 8080 },
    rollout: { strategy: "blue_green", bake: 5000, keepWarm: 60_000, drain: 1000, retainReleases: 2 },
    content: content(version),
    ...more,
  };
}

/** The machine by itself, fed one event after the other; what is written is checked to be what is meant. */
export class Bench {
  state: ControlState = emptyControlState(1);
  at = 1_000_000;
  last: Step | undefined;
  readonly log: FleetEvent[] = [];
  #seed = 0;
  #port = 20_000;

  send(input: MachineInput): Step {
    const before = this.state;
    const next = step(before, { at: this.at, seed: ++this.#seed, node: "here", input });
    // Replaying the written changes gives the state, but for the counters of checks.
    const written = applyChanges(before, next.changes);
    expect([...written.applies]).toEqual([...next.state.applies]);
    expect([...written.rollouts]).toEqual([...next.state.rollouts]);
    expect(written.table).toEqual(next.state.table);
    this.state = next.state;
    this.last = next;
    this.log.push(...next.events);
    return next;
  }

  pass(duration: number): void {
    this.at += duration;
    this.send({ kind: "tick" });
  }

  prepare(id: string, version: string, more: Partial<PrepareMessage> = {}, portProblem?: Diagnostic) {
    const base = this.state.fleets.get(fleetId(LINEAGE, more.address ?? "kiln_fleet.web"))?.serving;
    const message: PrepareMessage = {
      ...ASKED,
      apply: apply(id),
      lineage: LINEAGE,
      address: "kiln_fleet.web",
      ...(base === undefined ? {} : { base }),
      specification: specification(version),
      lease: 30_000,
      ...more,
    };
    const next = this.send({
      kind: "prepare",
      message,
      ...(portProblem === undefined ? {} : { portProblem }),
    });
    return next.answer.kind === "prepare" ? next.answer.answer : undefined;
  }

  commit(id: string, fleets = [WEB]) {
    const next = this.send({
      kind: "commit",
      message: { ...ASKED, apply: apply(id), lineage: LINEAGE, fleets },
    });
    return next.answer.kind === "standing" ? next.answer.answer : undefined;
  }

  /** Carries out what is asked for: starts succeed, checks too; tables are acknowledged, drains and stops end. */
  work(...kinds: readonly string[]): void {
    for (let round = 0; round < 30; round++) {
      const due = (this.last?.commands ?? []).filter(
        (command) => kinds.includes(command.kind) && (!("due" in command) || command.due <= this.at),
      );
      if (due.length === 0) return;
      for (const command of due) {
        if (command.kind === "start") this.started(command.request.id);
        if (command.kind === "probe") this.probed(command.instance);
        if (command.kind === "push_table") {
          const { epoch, version } = command.table;
          this.send({ kind: "table_acknowledged", epoch, version });
        }
        if (command.kind === "drain") this.send({ kind: "drained", instance: command.instance, cut: [] });
        if (command.kind === "stop") this.send({ kind: "stopped", instance: command.instance, lost: 0 });
      }
    }
  }

  started(id: InstanceId): void {
    this.send({
      kind: "instance_started",
      instance: { id, address: { host: "127.0.0.1", port: this.#port++ } },
    });
  }

  probed(instance: InstanceId, reason?: string): void {
    const result =
      reason === undefined ? ({ healthy: true } as const) : ({ healthy: false, reason } as const);
    this.send({ kind: "probed", instance, result });
  }

  /** Checks go on for a while. */
  live(duration: number): void {
    for (let passed = 0; passed < duration; passed += 250) {
      this.pass(250);
      this.work("start", "probe");
    }
  }

  everything(): void {
    this.work("start", "push_table", "drain", "stop");
    this.live(1000);
    this.work("start", "push_table", "drain", "stop");
  }

  /** A release that serves. */
  serve(id: string, version: string): this {
    this.prepare(id, version);
    this.everything();
    this.commit(id);
    this.work("push_table");
    this.live(6000);
    this.everything();
    expect(this.rollout(id)).toBe("complete");
    return this;
  }

  rollout(id: string, fleet = WEB): string | undefined {
    return this.state.rollouts.get(`${id} ${fleet}`)?.phase.kind;
  }

  release(number: number) {
    return this.state.releases.get(`${WEB}#${number}`);
  }

  instances(release: number, ...phases: readonly string[]): InstanceId[] {
    return [...this.state.instances.values()]
      .filter(
        (one) =>
          one.fleet === WEB &&
          one.release === release &&
          (phases.length === 0 || phases.includes(one.phase.kind)),
      )
      .map((one) => one.id);
  }

  /** Release numbers in the wanted table, one for each instance. */
  routed(): number[] {
    return this.state.table.wanted.routes.flatMap((route) =>
      route.targets.flatMap((target) => target.instances.map(() => Number(target.release))),
    );
  }

  commands(kind: string): string[] {
    return (this.last?.commands ?? []).filter((command) => command.kind === kind).map((one) => one.key);
  }
}
