import { describe, expect, test } from "vitest";
import { parseId } from "../../kernel/index.ts";
import { printState } from "../state/state-file.ts";
import { memoryStore } from "../testing/memory-store.ts";
import { type TestWorld, testWorld } from "../testing/test-provider.ts";
import { actions, applied, converge, harness, planned, stateOf, texts } from "../testing/harness.ts";
import { recover } from "./recover.ts";

const thing = (name: string, body = "", type = "test_thing") =>
  `resource "${type}" "${name}" {\n${body}\n}\n`;
const chain = (key: number, lifecycle = "") =>
  thing("base", `replace_on = ${key}\n${lifecycle}`) + thing("user", `input = test_thing.base.id`);

/** Whether one thing was done before another. */
const ordered = ({ ended }: TestWorld, ...names: string[]) => {
  const places = names.map((name) => ended.indexOf(name));
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
};

describe("order", () => {
  test("a replacement destroys first, and what uses it is changed last", async () => {
    const made = harness();
    await converge(made, chain(1));
    made.world.ended.length = 0;
    const result = await converge(made, chain(2));
    expect(made.world.ended).toEqual([
      "delete test_thing.base",
      "create test_thing.base",
      "update test_thing.user",
    ]);
    expect(result).toMatchObject({ outcome: "applied", added: 1, changed: 1, destroyed: 1 });
  });

  test("with create_before_destroy the old object goes when its users were changed", async () => {
    const made = harness();
    const first = "lifecycle { create_before_destroy = true }";
    await converge(made, chain(1, first));
    made.world.ended.length = 0;
    await converge(made, chain(2, first));
    expect(made.world.ended).toEqual([
      "create test_thing.base",
      "update test_thing.user",
      "delete test_thing.base",
    ]);
    expect(stateOf(made).instances.get("test_thing.base")?.deposed.size).toBe(0);
  });

  test("destroying follows the dependencies of the state, not what the configuration says now", async () => {
    const made = harness();
    await converge(
      made,
      thing("a", "input = test_thing.b.id") + thing("b", "input = test_thing.c.id") + thing("c"),
    );
    made.world.ended.length = 0;
    await converge(made, "locals { none = 1 }");
    expect(made.world.ended).toEqual(["delete test_thing.a", "delete test_thing.b", "delete test_thing.c"]);
    expect(stateOf(made).instances.size).toBe(0);
  });

  test("a whole destroy takes users before what they use, modules and depends_on included", async () => {
    const made = harness();
    const source = {
      "main.tf": `${thing("last", "depends_on = [module.kit]")}module "kit" {\n source = "./kit"\n}`,
      "kit/main.tf": thing("inner"),
    };
    await converge(made, source);
    ordered(made.world, "create module.kit.test_thing.inner", "create test_thing.last");
    const result = await converge(made, source, { mode: "destroy" });
    ordered(made.world, "delete test_thing.last", "delete module.kit.test_thing.inner");
    expect(result).toMatchObject({ outcome: "applied", destroyed: 2 });
  });

  test("never more calls at once than allowed, and as many as allowed", async () => {
    const made = harness(testWorld(), 3);
    made.world.delay = 5;
    await converge(made, thing("a", "count = 12"));
    expect(made.world.mostAtOnce).toBe(3);
  });
});

describe("failures", () => {
  test("what is independent is finished, what depends on the failure is not begun, and nothing made is lost", async () => {
    const made = harness();
    const source = thing("bad") + thing("after", "input = test_thing.bad.id") + thing("free");
    made.world.faults.set("create test_thing.bad", "error");
    const result = await converge(made, source);
    expect(result.outcome).toBe("failed");
    expect(made.world.ended).toEqual(["create test_thing.free"]);
    expect([...stateOf(made).instances.keys()]).toEqual(["test_thing.free"]);
    made.world.faults.clear();
    const again = await converge(made, source);
    expect(actions(again.plan)).toEqual([
      "create test_thing.after",
      "create test_thing.bad",
      "no-op test_thing.free",
    ]);
    expect(again.outcome).toBe("applied");
  });

  test("a create that fails half-way is tainted, and replaced by the next apply", async () => {
    const made = harness();
    made.world.faults.set("create test_thing.a", "tainted");
    await converge(made, thing("a"));
    expect(stateOf(made).instances.get("test_thing.a")?.current?.status).toBe("tainted");
    made.world.faults.clear();
    const again = await converge(made, thing("a"));
    expect(again.plan.changes[0]).toMatchObject({ action: "replace", reason: "replace_because_tainted" });
    expect(stateOf(made).instances.get("test_thing.a")?.current?.status).toBe("ready");
  });

  test("a broken promise of the provider is an error that names the attribute, and the state has the truth", async () => {
    const made = harness();
    made.world.faults.set("create test_thing.a", "inconsistent");
    const result = await converge(made, thing("a", "input = 1"));
    expect(texts(result.diagnostics).join()).toMatch(
      /Provider produced inconsistent result after apply.*\.input/s,
    );
    expect(stateOf(made).instances.get("test_thing.a")?.current?.attributes["input"]).toEqual({
      value: "something else",
      type: "string",
    });
  });

  test("a provider that breaks off leaves an operation in doubt, not an unknown one", async () => {
    const made = harness();
    made.world.faults.set("create test_thing.a", "crash");
    const result = await converge(made, thing("a"));
    expect(texts(result.diagnostics).join()).toContain("Provider broke off");
    expect(await made.store.journal.open()).toMatchObject([
      { intent: { address: "test_thing.a", action: "create" } },
    ]);
  });

  test("where creating first fails, the old object is the current one again", async () => {
    const made = harness();
    const first = "lifecycle { create_before_destroy = true }";
    await converge(made, chain(1, first));
    const before = stateOf(made).instances.get("test_thing.base");
    made.world.faults.set("create test_thing.base", "error");
    await converge(made, chain(2, first));
    expect(stateOf(made).instances.get("test_thing.base")?.current?.attributes).toEqual(
      before?.current?.attributes,
    );
    expect(stateOf(made).instances.get("test_thing.base")?.deposed.size).toBe(0);
  });

  test("a deposed object that could not be destroyed is known, and destroyed by the next apply", async () => {
    const made = harness();
    const source = (key: number) =>
      thing("a", `replace_on = ${key}\nlifecycle { create_before_destroy = true }`);
    await converge(made, source(1));
    made.world.faults.set("delete test_thing.a", "error");
    await converge(made, source(2));
    const [deposed] = stateOf(made).instances.get("test_thing.a")?.deposed.keys() ?? [];
    expect(deposed).toMatch(/^[0-9a-f]{8}$/);
    made.world.faults.clear();
    const again = await converge(made, source(2));
    expect(actions(again.plan)).toContain(`delete test_thing.a (deposed ${deposed})`);
    expect(made.world.objects.size).toBe(1);
  });

  test("an intent that cannot be written means that the call is not made", async () => {
    const made = {
      ...harness(),
      store: memoryStore((write) => {
        if (write === "append") throw new Error("no space left on device");
      }),
    };
    const result = await converge(made, thing("a"));
    expect(made.world.began).toEqual([]);
    expect(texts(result.diagnostics).join()).toContain("no space left on device");
  });

  test("an interrupt finishes what runs and begins nothing more", async () => {
    const made = harness(testWorld(), 1);
    made.world.delay = 5;
    const result = await planned(made, thing("a") + thing("b", "input = test_thing.a.id"));
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 2);
    const ended = await applied(made, result.value, { signal: controller.signal });
    expect(made.world.ended).toEqual(["create test_thing.a"]);
    expect(ended.outcome).toBe("failed");
    expect([...stateOf(made).instances.keys()]).toEqual(["test_thing.a"]);
  });
});

describe("groups", () => {
  const fleet = (version: number, rest = "", base = "test_note") =>
    `${thing("img", `replace_on = ${version}\nlifecycle { create_before_destroy = true }`, base)}
     ${thing("web", `input = ${base}.img.id`, "test_fleet")}${rest}`;

  test("all that was prepared is committed once, after everything else and before what is destroyed", async () => {
    const made = harness();
    await converge(made, fleet(1, thing("old"), "test_thing"));
    made.world.ended.length = 0;
    const result = await converge(made, fleet(2, thing("new"), "test_thing"));
    expect(result.outcome).toBe("applied");
    ordered(
      made.world,
      "prepare test_fleet.web",
      "commit test_fleet.web",
      "grant test_fleet.web",
      "delete test_thing.img",
      "settled",
    );
    ordered(made.world, "create test_thing.new", "commit test_fleet.web", "delete test_thing.old");
    expect(made.store.records.generations.at(-1)?.closing).toMatchObject({
      decision: "commit",
      verdict: "kept",
    });
  });

  test("a fleet that cannot be prepared leaves the state byte-identical, and the apply is aborted", async () => {
    const made = harness();
    await converge(made, fleet(1));
    const before = printState(stateOf(made));
    made.world.faults.set("prepare test_fleet.web", "error");
    const result = await converge(made, fleet(2));
    expect(result).toMatchObject({ outcome: "aborted", added: 0, changed: 0, destroyed: 0 });
    expect(printState(stateOf(made))).toBe(before);
    expect(texts(result.diagnostics).join()).toContain("Health check failed");
    made.world.faults.clear();
    expect((await converge(made, fleet(2))).outcome).toBe("applied");
  });

  test.each(["aborted", "switched_back"] as const)(
    "a group that ends %s changes nothing",
    async (verdict) => {
      const made = harness();
      await converge(made, fleet(1));
      const before = printState(stateOf(made));
      made.world.verdict = verdict;
      expect((await converge(made, fleet(2))).outcome).toBe(verdict);
      expect(printState(stateOf(made))).toBe(before);
    },
  );

  test("another failure takes back what was prepared; what was made for good is named as partial", async () => {
    const made = harness();
    made.world.faults.set("create test_thing.bad", "error");
    const result = await converge(made, fleet(1, thing("good") + thing("bad", "input = test_thing.good.id")));
    expect(result.outcome).toBe("partial");
    expect(made.world.ended).toContain("abort test_fleet.web");
    expect([...stateOf(made).instances.keys()].toSorted()).toEqual(["test_note.img", "test_thing.good"]);
  });

  test("a held fleet keeps what it has, what it uses is not destroyed, and the rest is done", async () => {
    const made = harness();
    await converge(made, fleet(1, "", "test_thing"));
    made.world.faults.set("prepare test_fleet.web", "hold");
    const result = await converge(made, fleet(2, thing("more"), "test_thing"));
    expect(result.outcome).toBe("held");
    expect(made.world.ended).toContain("create test_thing.more");
    expect(made.world.ended).not.toContain("delete test_thing.img");
    expect(stateOf(made).instances.get("test_thing.img")?.deposed.size).toBe(1);
  });

  test("where a person has to speak, the other side takes over and the generation stays open", async () => {
    const made = harness();
    made.world.faults.set("prepare test_fleet.web", "wait");
    const result = await converge(made, fleet(1));
    expect(result.outcome).toBe("held");
    expect(made.world.ended).toContain("handover test_fleet.web");
    expect(made.store.records.generations.at(-1)?.closing).toBeUndefined();
  });
});

describe("a group whose engine or answer is gone", () => {
  const fleet = (version: number) => thing("web", `input = ${version}`, "test_fleet");

  test("a preparation without an answer is taken back at once", async () => {
    const made = harness();
    await converge(made, fleet(1));
    made.world.faults.set("prepare test_fleet.web", "crash");
    made.world.ended.length = 0;
    const result = await converge(made, fleet(2));
    expect(texts(result.diagnostics).join()).toContain("the other side is away");
    expect(made.world.ended).toEqual(["abort", "settled"]);
  });

  test("what a killed apply was preparing is taken back by the next command, which says so", async () => {
    const made = harness();
    await converge(made, fleet(1));
    const { opening } = made.store.records.generations.at(-1) ?? fail();
    const killed = { ...opening, apply: parseId<"apply">("killed"), baseSerial: stateOf(made).serial };
    await made.store.generations.open(killed);
    const id = await made.store.journal.append({
      apply: killed.apply,
      address: "test_fleet.web",
      action: "prepare",
      detail: { type: "test_fleet", provider: 'provider["registry.terraform.io/hashicorp/test"]' },
      deadline: 0,
    });
    made.world.ended.length = 0;
    const recovered = await recover({ ...made.options, backend: made.backend, store: made.store });
    expect(texts(recovered.diagnostics).join()).toContain("What it had begun was taken back.");
    expect(made.world.ended).toEqual(["abort", "settled"]);
    expect(made.store.records.generations.at(-1)?.closing?.outcome).toBe("aborted");
    expect((await made.store.journal.open()).map((operation) => operation.id)).not.toContain(id);
  });
});

describe("generations", () => {
  test("each apply makes one, and one without changes makes none", async () => {
    const made = harness();
    await converge(made, thing("a"));
    const idle = await converge(made, thing("a"));
    expect(idle.outcome).toBe("applied");
    expect(idle.generation).toBeUndefined();
    await converge(made, "locals { none = 1 }");
    const rows = made.store.records.generations.map(({ number, closing }) => [
      number,
      closing?.outcome,
      closing?.serial,
    ]);
    expect(rows).toEqual([
      [1, "applied", 1],
      [2, "applied", 2],
    ]);
  });

  test("a plan that the state has overtaken is stale", async () => {
    const made = harness();
    const first = await planned(made, thing("a"), stateOf(made));
    await applied(made, first.value);
    const again = await applied(made, first.value);
    expect(texts(again.diagnostics).join()).toContain("Saved plan is stale");
    expect(again.generation).toBeUndefined();
    expect(made.world.began).toHaveLength(1);
  });

  test("after a kill between a result and the snapshot, the next command's state has the object", async () => {
    const made = harness();
    await converge(made, thing("kept"));
    const { backend } = made;
    const result = await planned(made, thing("kept", "input = 2") + thing("new"), stateOf(made));
    const dead = { ...backend, write: () => Promise.reject(new Error("killed")) };
    await applied(made, result.value, { backend: dead });
    expect(made.store.records.generations.at(-1)?.closing).toBeUndefined();
    made.store.records.operations.push({
      id: made.store.records.operations[0]?.id ?? fail(),
      intent: { ...(made.store.records.operations.at(-1)?.intent ?? fail()), address: "test_thing.lost" },
    });
    const recovered = await recover({ ...made.options, backend, store: made.store });
    expect([...(recovered.value?.instances.keys() ?? [])].toSorted()).toEqual([
      "test_thing.kept",
      "test_thing.new",
    ]);
    expect(recovered.value?.serial).toBe(2);
    expect(texts(recovered.diagnostics).join()).toContain("test_thing.lost");
    expect(made.store.records.generations.at(-1)?.closing?.outcome).toBe("partial");
    // A second recovery finds nothing to do.
    expect((await recover({ ...made.options, backend, store: made.store })).diagnostics).toEqual([]);
    const again = await planned(made, thing("kept", "input = 2") + thing("new"), stateOf(made));
    expect(actions(again.value)).toEqual(["no-op test_thing.kept", "no-op test_thing.new"]);
  });
});

function fail(): never {
  throw new Error("the journal is empty");
}
