import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { savePlan } from "../engine/index.ts";
import type { TestWorld } from "../engine/testing/test-provider.ts";
import {
  DiagnosticError,
  EXIT,
  newId,
  systemClock,
  systemRandom,
  warningDiagnostic,
} from "../kernel/index.ts";
import { FLEET_HELD } from "../providers/index.ts";
import { applyExit, applyWorkspace } from "./apply.ts";
import { planWorkspace } from "./plan.ts";
import { request, type Workshop, workshop } from "./testing/workspace.ts";
import { readState, stateOrNew } from "./workspace/read-state.ts";

const THING = 'resource "test_thing" "a" {\n  input = 1\n}\n';
const FLEET = 'resource "test_fleet" "web" {\n  input = 1\n}\n';

const summaries = (diagnostics: readonly { readonly summary: string }[]) =>
  diagnostics.map(({ summary }) => summary);
const addresses = async (made: Workshop) => [...((await readState(made.open()))?.instances.keys() ?? [])];
const stateText = (made: Workshop) => readFileSync(path.join(made.directory, "terraform.tfstate"), "utf8");

describe("the exit code of an apply", () => {
  const outcomes: readonly (readonly [
    title: string,
    code: number,
    kind: string,
    main: string,
    go: (world: TestWorld) => void,
  ])[] = [
    ["everything was done", EXIT.done, "applied", THING + FLEET, () => {}],
    [
      "an object failed, and nothing can be taken back",
      EXIT.error,
      "failed",
      THING,
      (world) => void world.faults.set("create test_thing.a", "error"),
    ],
    [
      "a fleet could not be prepared: begun and taken back",
      EXIT.aborted,
      "aborted",
      FLEET,
      (world) => void world.faults.set("prepare test_fleet.web", "error"),
    ],
    [
      "a fleet could not be prepared after something lasting was done",
      EXIT.partial,
      "partial",
      THING + FLEET.replace("input = 1", "input = test_thing.a.id"),
      (world) => void world.faults.set("prepare test_fleet.web", "error"),
    ],
    [
      "switched back",
      EXIT.switchedBack,
      "switched_back",
      FLEET,
      (world) => (world.verdict = "switched_back"),
    ],
    [
      "held by an operator",
      EXIT.waiting,
      "held",
      FLEET,
      (world) => void world.faults.set("prepare test_fleet.web", "hold"),
    ],
    [
      "waits for a person",
      EXIT.waiting,
      "held",
      FLEET,
      (world) => void world.faults.set("prepare test_fleet.web", "wait"),
    ],
  ];
  test.each(outcomes)("%s: %i", async (_title, code, kind, main, go) => {
    const made = workshop(main);
    go(made.world);
    const outcome = await applyWorkspace(made.open(), request());
    expect(outcome).toMatchObject({ kind: "executed", result: { outcome: kind } });
    expect(applyExit(outcome)).toBe(code);
  });

  test("no changes: 0, and 7 where an operator holds a fleet", async () => {
    const made = workshop(THING);
    await applyWorkspace(made.open(), request());
    const again = await applyWorkspace(made.open(), request());
    expect(again.kind).toBe("no_changes");
    expect(applyExit(again)).toBe(EXIT.done);
    if (again.kind !== "no_changes") throw new Error("it has changes");
    expect(applyExit({ ...again, diagnostics: [warningDiagnostic(FLEET_HELD, "")] })).toBe(EXIT.waiting);
  });

  test("what was not begun: 1, and nothing is written", async () => {
    const wrong = workshop("resource {");
    const unplanned = await applyWorkspace(wrong.open(), request());
    expect([unplanned.kind, applyExit(unplanned)]).toEqual(["not_planned", EXIT.error]);
    const made = workshop(THING);
    const asked = request();
    const declined = await applyWorkspace(made.open(), {
      ...asked,
      approval: { ...asked.approval, approve: () => Promise.resolve(false) },
    });
    expect([declined.kind, applyExit(declined)]).toEqual(["declined", EXIT.error]);
    expect(asked.shown).toHaveLength(1);
    expect(made.world.began).toEqual([]);
    expect(existsSync(path.join(made.directory, "terraform.tfstate"))).toBe(false);
  });

  test("an aborted apply leaves the state byte-identical", async () => {
    const made = workshop(FLEET);
    await applyWorkspace(made.open(), request());
    const before = stateText(made);
    made.files["main.tf"] = FLEET.replace("1", "2");
    made.world.faults.set("prepare test_fleet.web", "error");
    expect(applyExit(await applyWorkspace(made.open(), request()))).toBe(EXIT.aborted);
    expect(stateText(made)).toBe(before);
  });

  test("where the state cannot be written nothing is begun: 1", async () => {
    const made = workshop(THING);
    const workspace = made.open();
    const unwritable = () => Promise.resolve(warningDiagnostic("The state cannot be written", "no"));
    const outcome = await applyWorkspace(
      { ...workspace, backend: { ...workspace.backend, unwritable } },
      request(),
    );
    expect([applyExit(outcome), made.world.began]).toEqual([EXIT.error, []]);
    expect(existsSync(path.join(made.directory, ".kiln"))).toBe(false);
  });
});

describe("a saved plan", () => {
  test("is applied as it was shown, and is stale once something else was applied", async () => {
    const made = workshop(THING);
    const { plan } = await planWorkspace(made.open(), request());
    if (plan === undefined) throw new Error("it was not planned");
    const saved = savePlan(plan);
    made.files["main.tf"] = THING.replace("input = 1", "input = 2");
    const first = await applyWorkspace(made.open(), request({ saved }));
    expect(applyExit(first)).toBe(EXIT.done);
    expect(made.world.objects.size).toBe(1);
    expect(stateText(made)).toContain('"value": 1');
    const began = made.world.began.length;
    const again = await applyWorkspace(made.open(), request({ saved }));
    expect(applyExit(again)).toBe(EXIT.error);
    expect(again.kind === "executed" && summaries(again.diagnostics)).toEqual(["Saved plan is stale"]);
    expect(made.world.began).toHaveLength(began);
  });

  test("that is none says so", async () => {
    const outcome = await applyWorkspace(workshop(THING).open(), request({ saved: "{}" }));
    expect(outcome.kind === "not_planned" && summaries(outcome.diagnostics)).toEqual([
      "Failed to load plan file",
    ]);
  });
});

describe("the lock", () => {
  /** An apply that waits for its approval, and so holds the lock. */
  function holding(made: Workshop) {
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: answer, resolve: approve } = Promise.withResolvers<boolean>();
    const plain = request();
    const approval = {
      ...plain.approval,
      approve: () => {
        ask();
        return answer;
      },
    };
    const ended = applyWorkspace(made.open("kiln apply", "first"), { ...plain, approval });
    return { asked, approve: () => approve(true), ended };
  }

  test("of two applies at once the second is told who holds it, and neither is harmed", async () => {
    const made = workshop(THING);
    const first = holding(made);
    await first.asked;
    const second = applyWorkspace(made.open("kiln destroy", "second"), request());
    const error: unknown = await second.catch((caught: unknown) => caught);
    if (!(error instanceof DiagnosticError)) throw new Error("it was not refused");
    const [refusal] = error.diagnostics;
    expect(`${refusal?.summary} ${refusal?.detail}`).toMatch(/lock/i);
    expect(refusal?.detail).toContain("first@kiln.example");
    expect(refusal?.detail).toContain("kiln apply");
    first.approve();
    expect(applyExit(await first.ended)).toBe(EXIT.done);
    expect(applyExit(await applyWorkspace(made.open(), request()))).toBe(EXIT.done);
  });

  test("is waited for as long as asked", async () => {
    const made = workshop(THING);
    const first = holding(made);
    await first.asked;
    const second = applyWorkspace(made.open(), request({ lockTimeout: 20_000 }));
    first.approve();
    expect((await first.ended).kind).toBe("executed");
    expect((await second).kind).toBe("no_changes");
  });

  test("-lock=false plans and reads beside its holder", async () => {
    const made = workshop(THING);
    const first = holding(made);
    await first.asked;
    const beside = await planWorkspace(made.open(), request({ lock: false }));
    expect(beside.plan?.changes).toMatchObject([{ text: "test_thing.a", action: "create" }]);
    expect(await readState(made.open())).toBeUndefined();
    first.approve();
    await first.ended;
    expect(await addresses(made)).toEqual(["test_thing.a"]);
  });
});

describe("an apply that was cut short", () => {
  /** The journal of an apply that died between a create's result and the snapshot. */
  async function cutShort() {
    const made = workshop(THING);
    const workspace = made.open();
    const { backend } = workspace;
    // The process ends where the snapshot would be written: what the journal has is all that there is.
    const dying = { ...backend, write: () => Promise.reject(new Error("killed")) };
    const { generations } = workspace.store;
    const store = { ...workspace.store, generations: { ...generations, close: () => Promise.resolve() } };
    await applyWorkspace({ ...workspace, backend: dying, store }, request());
    expect(existsSync(path.join(made.directory, "terraform.tfstate"))).toBe(false);
    return made;
  }

  test("is seen by whoever reads, without a lock and without a trace", async () => {
    const made = await cutShort();
    const held = await made.open().backend.lock({
      id: newId(systemClock, systemRandom),
      operation: "somebody else",
      who: "other",
      version: "0",
      created: 0,
      pid: 1,
    });
    expect(held.kind).toBe("locked");
    expect(await addresses(made)).toEqual(["test_thing.a"]);
    const { plan } = await planWorkspace(made.open(), request({ lock: false }));
    expect(plan?.changes).toMatchObject([{ action: "no-op" }]);
    expect(existsSync(path.join(made.directory, "terraform.tfstate"))).toBe(false);
    expect((await made.open().store.generations.list()).map(({ closing }) => closing)).toEqual([undefined]);
  });

  test("is ended by the next command that locks: nothing is made twice", async () => {
    const made = await cutShort();
    const { plan, diagnostics } = await planWorkspace(made.open(), request());
    expect(plan?.changes).toMatchObject([{ action: "no-op" }]);
    expect(summaries(diagnostics)).toEqual(["An earlier apply was cut short"]);
    expect(stateText(made)).toContain('"test_thing"');
    expect(made.world.objects.size).toBe(1);
    const list = await made.open().store.generations.list();
    expect(list.map(({ closing }) => closing?.outcome)).toEqual(["partial"]);
  });

  test("is not folded in twice where its snapshot was written", async () => {
    const made = workshop(THING);
    const workspace = made.open();
    const { generations } = workspace.store;
    const store = { ...workspace.store, generations: { ...generations, close: () => Promise.resolve() } };
    await applyWorkspace({ ...workspace, store }, request());
    made.files["main.tf"] = "locals {\n  none = 1\n}\n";
    const before = await readState(made.open());
    expect(before?.serial).toBe(1);
    expect([...(before?.instances.keys() ?? [])]).toEqual(["test_thing.a"]);
    expect((await stateOrNew(made.open())).lineage).toBe(before?.lineage);
  });
});
