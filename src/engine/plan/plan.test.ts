import { describe, expect, test } from "vitest";
import { hasErrors } from "../../kernel/index.ts";
import {
  containsUnknown,
  isUnknown,
  markedPaths,
  pathText,
  valueAt,
  attributeStep,
  type Value,
} from "../../lang/index.ts";
import { actions, converge, harness, planned, stateOf, texts } from "../testing/harness.ts";

const at = (value: Value | undefined, name: string) =>
  value === undefined ? undefined : valueAt(value, [attributeStep(name)]);

/** The actions of a second configuration over an applied first. */
async function then(first: string, second: string, more: Parameters<typeof planned>[3] = {}) {
  const made = harness();
  await converge(made, first);
  const result = await planned(made, second, stateOf(made), more);
  return { made, actions: actions(result.value), plan: result.value, texts: texts(result.diagnostics) };
}

const thing = (body: string, name = "a") => `resource "test_thing" "${name}" {\n${body}\n}\n`;

describe("expansion", () => {
  test("count, for_each and modules make instances with their own values", async () => {
    const made = harness();
    const { value, diagnostics } = await planned(made, {
      "main.tf": `
        module "kit" {
          source   = "./kit"
          for_each = { x = 2, y = 1 }
          size     = each.value
        }
        output "all" { value = [for kit in module.kit : kit.inputs] }`,
      "kit/main.tf": `
        variable "size" { type = number }
        resource "test_thing" "a" {
          count = var.size
          input = "n\${count.index}"
        }
        output "inputs" { value = test_thing.a[*].input }`,
    });
    expect(texts(diagnostics)).toEqual([]);
    expect(actions(value)).toEqual([
      'create module.kit["x"].test_thing.a[0]',
      'create module.kit["x"].test_thing.a[1]',
      'create module.kit["y"].test_thing.a[0]',
    ]);
    expect(containsUnknown(value.outputs[0]?.after ?? "")).toBe(false);
  });

  test.each([
    ["count = -1", "Invalid count argument"],
    ["count = null", "Invalid count argument"],
    ["count = 1.5", "Invalid count argument"],
    ['count = "x"', "Incorrect value type"],
    ["for_each = [1]", "Invalid for_each argument"],
    ["for_each = toset([1])", "Invalid for_each set argument"],
    ["for_each = sensitive({})", "Invalid for_each argument"],
    ["count = test_thing.seed.id", "Invalid count argument"],
    ["for_each = toset([test_thing.seed.id])", "Invalid for_each argument"],
  ])("%s is refused", async (line, summary) => {
    const { value, diagnostics } = await planned(harness(), `${thing("", "seed")}${thing(line)}`);
    expect(diagnostics.map((each) => each.summary)).toEqual([summary]);
    expect(diagnostics[0]?.subject?.filename).toBe("main.tf");
    expect(value.errored).toBe(true);
    expect(value.applicable).toBe(false);
  });

  test("fewer instances, another kind of instances, no block: each is deleted for its reason", async () => {
    const reasons = async (second: string) => {
      const { plan } = await then(thing("count = 2"), second);
      return plan.changes.map(({ action, text, reason }) => `${action} ${text} ${reason ?? ""}`.trim());
    };
    expect(await reasons(thing("count = 1"))).toEqual([
      "no-op test_thing.a[0]",
      "delete test_thing.a[1] delete_because_count_index",
    ]);
    expect(await reasons(thing('for_each = toset(["x"])'))).toEqual([
      "delete test_thing.a[0] delete_because_wrong_repetition",
      "delete test_thing.a[1] delete_because_wrong_repetition",
      'create test_thing.a["x"]',
    ]);
    expect(await reasons("locals { nothing = 1 }")).toEqual([
      "delete test_thing.a[0] delete_because_no_resource_config",
      "delete test_thing.a[1] delete_because_no_resource_config",
    ]);
    // A lone [0] follows a count that goes.
    expect(await reasons(thing(""))).toEqual([
      "no-op test_thing.a",
      "delete test_thing.a[1] delete_because_wrong_repetition",
    ]);
  });
});

test("a module call that gains count keeps its objects, and gives them back", async () => {
  const source = (count: string) => ({
    "main.tf": `module "kit" {\n source = "./kit"\n ${count}\n}`,
    "kit/main.tf": thing(""),
  });
  const made = harness();
  await converge(made, source(""));
  const gained = await converge(made, source("count = 2"));
  expect(actions(gained.plan)).toEqual([
    "no-op module.kit[0].test_thing.a",
    "create module.kit[1].test_thing.a",
  ]);
  expect(gained.plan.changes[0]?.previous).toBe("module.kit.test_thing.a");
  expect([...stateOf(made).instances.keys()]).toEqual([
    "module.kit[0].test_thing.a",
    "module.kit[1].test_thing.a",
  ]);
  const lost = await converge(made, source(""));
  expect(actions(lost.plan)).toEqual(["no-op module.kit.test_thing.a", "delete module.kit[1].test_thing.a"]);
});

describe("values", () => {
  test("what is not known yet stays unknown through names, modules and templates; the rest is known", async () => {
    const { value } = await planned(harness(), {
      "main.tf": `
        ${thing("")}
        locals { text = "id is \${test_thing.a.id}" }
        module "kit" {
          source = "./kit"
          given  = { known = 1, later = local.text }
        }
        output "known" { value = module.kit.given.known }
        output "later" { value = module.kit.given.later }`,
      "kit/main.tf": 'variable "given" {}\noutput "given" { value = var.given }',
    });
    const outputs = new Map(value.outputs.map((output) => [output.name, output.after]));
    expect(outputs.get("known")).toBe(1);
    expect(isUnknown(outputs.get("later") ?? "")).toBe(true);
  });

  test("sensitive values keep their mark in the plan and must be declared in outputs", async () => {
    const source = `
      variable "password" {
        sensitive = true
        default   = "hush"
      }
      ${thing("input = { p = var.password }")}
      output "leak" { value = test_thing.a.input.p }`;
    const { value, diagnostics } = await planned(harness(), source);
    expect(texts(diagnostics).join()).toContain("Output refers to sensitive values");
    const marked = markedPaths(value.changes[0]?.after ?? "").map(({ path }) => pathText(path));
    expect(marked).toContain(".input.p");
  });

  test("an ephemeral value may not reach what the state keeps", async () => {
    const { diagnostics } = await planned(
      harness(),
      `variable "token" {\n ephemeral = true\n default = "t"\n}\n${thing("input = var.token")}`,
    );
    expect(diagnostics.map((each) => each.summary)).toEqual(["Invalid use of ephemeral value"]);
  });

  test("a condition that fails stops its resource and what needs it, nothing else", async () => {
    const { value, diagnostics } = await planned(
      harness(),
      `variable "size" { default = 12 }
       resource "test_thing" "a" {
         lifecycle {
           precondition {
             condition     = var.size < 10
             error_message = "Size must be below 10, not \${var.size}."
           }
         }
       }
       ${thing("input = test_thing.a.id", "b")}
       ${thing("", "free")}`,
    );
    expect(diagnostics.map(({ summary, detail }) => `${summary}: ${detail}`)).toEqual([
      "Resource precondition failed: Size must be below 10, not 12.",
    ]);
    expect(actions(value)).toEqual(["create test_thing.free"]);
  });

  test("data sources are read while planning, or later where something is pending", async () => {
    const { value } = await planned(
      harness(),
      `${thing("")}
       data "test_lookup" "now" { id = "x" }
       data "test_lookup" "later" { id = test_thing.a.id }
       data "test_lookup" "after" {
         id = "y"
         depends_on = [test_thing.a]
       }
       output "now" { value = data.test_lookup.now.value }`,
    );
    expect(
      value.changes.map(({ action, text, reason }) => `${action} ${text} ${reason ?? ""}`.trim()),
    ).toEqual([
      "read data.test_lookup.after read_because_dependency_pending",
      "read data.test_lookup.later read_because_config_unknown",
      "create test_thing.a",
    ]);
    expect(value.outputs[0]?.after).toBe("looked up x");
  });
});

describe("lifecycle", () => {
  test("an attribute that cannot change in place replaces, the old object first", async () => {
    const { plan, actions: made } = await then(thing("replace_on = 1"), thing("replace_on = 2"));
    expect(made).toEqual(["replace delete_first test_thing.a"]);
    expect(plan.changes[0]?.reason).toBe("replace_because_cannot_update");
    expect(plan.changes[0]?.requiresReplace.map(pathText)).toEqual([".replace_on"]);
    expect(isUnknown(at(plan.changes[0]?.after, "id") ?? "")).toBe(true);
  });

  test("create_before_destroy reaches everything that it depends on, through modules, and no dependents", async () => {
    const source = (version: number) => ({
      "main.tf": `
        ${thing(`replace_on = ${version}`, "base")}
        module "kit" {
          source = "./kit"
          base   = test_thing.base.id
          key    = ${version}
        }
        resource "test_thing" "top" {
          input      = module.kit.id
          replace_on = ${version}
          lifecycle { create_before_destroy = true }
        }
        resource "test_thing" "user" {
          input      = test_thing.top.id
          replace_on = ${version}
        }`,
      "kit/main.tf": `
        variable "base" {}
        variable "key" {}
        resource "test_thing" "inner" {
          input      = var.base
          replace_on = var.key
        }
        output "id" { value = test_thing.inner.id }`,
    });
    const made = harness();
    await converge(made, source(1));
    const { value } = await planned(made, source(2), stateOf(made));
    expect(actions(value)).toEqual([
      "replace create_first test_thing.base",
      "replace create_first test_thing.top",
      "replace delete_first test_thing.user",
      "replace create_first module.kit.test_thing.inner",
    ]);
  });

  test("prevent_destroy refuses a replacement and a destroy, at the block", async () => {
    const guarded = (key: number) => thing(`replace_on = ${key}\nlifecycle { prevent_destroy = true }`);
    expect((await then(guarded(1), guarded(2))).texts.join()).toContain("Instance cannot be destroyed");
    expect((await then(guarded(1), guarded(1), { mode: "destroy" })).texts[0]).toMatch(
      /^main.tf:1 Instance cannot be destroyed/,
    );
  });

  test("ignore_changes keeps what was; others still change", async () => {
    const source = (a: number, b: number, ignored: string) =>
      thing(`input = ${a}\nreplace_on = ${b}\nlifecycle { ignore_changes = ${ignored} }`);
    expect((await then(source(1, 1, "[replace_on]"), source(1, 2, "[replace_on]"))).actions).toEqual([
      "no-op test_thing.a",
    ]);
    expect((await then(source(1, 1, "[replace_on]"), source(2, 2, "[replace_on]"))).actions).toEqual([
      "update test_thing.a",
    ]);
    expect((await then(source(1, 1, "all"), source(2, 2, "all"))).actions).toEqual(["no-op test_thing.a"]);
    expect((await then(source(1, 1, "[input]"), source(1, 1, "[absent]"))).texts.join()).toContain(
      "Unsupported attribute",
    );
  });

  test("replace_triggered_by looks at a resource, an instance or an attribute", async () => {
    const source = (version: number, trigger: string) => `
      resource "test_thing" "base" {
        count = 2
        input = count.index == 0 ? ${version} : 0
      }
      resource "test_thing" "a" {
        count = 2
        lifecycle { replace_triggered_by = [${trigger}] }
      }`;
    const replaced = async (trigger: string) =>
      (await then(source(1, trigger), source(2, trigger))).plan.changes
        .filter(({ reason }) => reason === "replace_by_triggers")
        .map(({ text }) => text);
    expect(await replaced("test_thing.base")).toEqual(["test_thing.a[0]", "test_thing.a[1]"]);
    expect(await replaced("test_thing.base[count.index]")).toEqual(["test_thing.a[0]"]);
    expect(await replaced("test_thing.base[0].input")).toEqual(["test_thing.a[0]", "test_thing.a[1]"]);
    expect(await replaced("test_thing.base[0].secret")).toEqual([]);
  });

  test("an object that somebody took away is drift, and made anew; one that changed is put right", async () => {
    const made = harness();
    await converge(made, thing("input = 1"));
    made.world.objects.clear();
    const gone = await planned(made, thing("input = 1"), stateOf(made));
    expect(gone.value.drift.map(({ action, text }) => `${action} ${text}`)).toEqual(["delete test_thing.a"]);
    expect(actions(gone.value)).toEqual(["create test_thing.a"]);
    expect(gone.value.applicable).toBe(true);
  });

  test("-replace replaces what did not change", async () => {
    const { plan } = await then(thing(""), thing(""), { replace: ["test_thing.a"] });
    expect(plan.changes[0]).toMatchObject({ action: "replace", reason: "replace_by_request" });
  });
});

describe("mistakes", () => {
  test("a cycle is named with its members, and has a place", async () => {
    const { diagnostics } = await planned(
      harness(),
      `${thing("input = test_thing.b.id")}${thing("input = test_thing.a.id", "b")}`,
    );
    expect(diagnostics).toHaveLength(1);
    expect(diagnostics[0]).toMatchObject({
      summary: "Cycle: test_thing.a, test_thing.b",
      subject: { filename: "main.tf" },
    });
  });

  test.each([
    ['resource "test_ting" "a" {}', 'Did you mean "test_thing"?'],
    [thing("inptu = 1"), 'Did you mean "input"?'],
    [thing('id = "mine"'), "Value for unconfigurable attribute"],
    [thing("secret = [1]"), "Incorrect attribute value type"],
    [thing("input = test_thing.b.nothing") + thing("", "b"), "Unsupported attribute"],
    ['data "test_lookup" "a" {}', "Missing required argument"],
    ['resource "other_thing" "a" {}', "There is no provider registry.terraform.io/hashicorp/other"],
  ])("%s", async (source, expected) => {
    const { value, diagnostics } = await planned(harness(), source);
    expect(texts(diagnostics).join("\n")).toContain(expected);
    expect(hasErrors(diagnostics)).toBe(true);
    expect(diagnostics[0]?.subject).toBeDefined();
    expect(value.errored).toBe(true);
  });
});

test("5,000 resources are planned in about a second, also when nothing changes", async () => {
  const made = harness();
  const source = Array.from({ length: 50 }, (_, layer) =>
    thing(
      `count = 100\ninput = ${layer === 0 ? '"x"' : `test_thing.l${layer - 1}[count.index].id`}`,
      `l${layer}`,
    ),
  ).join("");
  const result = await converge(made, source);
  expect(result.added).toBe(5000);
  const started = performance.now();
  const again = await planned(made, source, stateOf(made));
  expect(again.value.applicable).toBe(false);
  // Far above what it takes on a machine that does nothing else: the tests share theirs.
  expect(performance.now() - started).toBeLessThan(6000);
});
