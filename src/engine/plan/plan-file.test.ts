import { describe, expect, test } from "vitest";
import { identicalValues, markedPaths } from "../../lang/index.ts";
import { applied, converge, harness, planned, stateOf } from "../testing/harness.ts";
import { openPlan, savePlan } from "./plan-file.ts";

const SOURCE = {
  "main.tf": `
    variable "size" { type = number }
    variable "token" {
      ephemeral = true
      default   = "never written down"
    }
    resource "test_thing" "a" {
      count  = 2
      input  = { n = 0.1, big = 12345678901234567890, list = tolist(["é"]), set = toset([1]), map = tomap({ a = true }) }
      secret = "hush"
    }
    module "kit" {
      source = "./kit"
      id     = test_thing.a[0].id
    }`,
  "kit/main.tf": `
    variable "id" {}
    resource "test_thing" "b" {
      input      = "\${var.id}!"
      replace_on = null
    }`,
};

const inputs = [{ kind: "option", text: "size=1" }] as const;

async function saved() {
  const made = harness();
  await converge(made, SOURCE, { inputs });
  made.world.objects.clear();
  const { value } = await planned(made, SOURCE, stateOf(made), { inputs, replace: ["test_thing.a[1]"] });
  return { made, plan: value, text: savePlan(value) };
}

describe("saved plans", () => {
  test("come back whole: values, unknowns, refinements, marks, state, configuration", async () => {
    const { plan, text } = await saved();
    const opened = await openPlan(text);
    if (!("plan" in opened)) throw new Error(opened.diagnostic.detail);
    expect(opened.plan.configuration.digest).toBe(plan.configuration.digest);
    expect(savePlan(opened.plan)).toBe(text);
    for (const [at, change] of plan.changes.entries()) {
      const again = opened.plan.changes[at];
      expect(again?.text).toBe(change.text);
      expect(again && identicalValues(again.after, change.after)).toBe(true);
      expect(markedPaths(again?.after ?? "")).toEqual(markedPaths(change.after));
    }
  });

  test("can be applied elsewhere, once", async () => {
    const { made, text } = await saved();
    const opened = await openPlan(text);
    if (!("plan" in opened)) throw new Error(opened.diagnostic.detail);
    expect((await applied(made, opened.plan)).outcome).toBe("applied");
    const again = await applied(made, opened.plan);
    expect(again.diagnostics.map(({ summary }) => summary)).toEqual(["Saved plan is stale"]);
  });

  test.each([
    [(text: string) => text.replace("test_thing.a[1]", "test_thing.a[7]"), "altered"],
    [(text: string) => text.replace('"action":"create"', '"action":"delete"'), "altered"],
    [(text: string) => text.slice(0, -40), "not a saved plan"],
    [() => "PK\u0003\u0004", "not a saved plan"],
    [(text: string) => text.replace(/"kiln":"[^"]*"/, '"kiln":"99.0.0"'), "99.0.0"],
  ])("altered, torn or foreign ones are refused (%#)", async (change, reason) => {
    const { text } = await saved();
    const opened = await openPlan(change(text));
    if (!("diagnostic" in opened)) throw new Error("it was accepted");
    expect(opened.diagnostic).toMatchObject({ summary: "Failed to load plan file" });
    expect(opened.diagnostic.detail).toContain(reason);
  });

  test("hold nothing ephemeral", async () => {
    expect((await saved()).text).not.toMatch(/"token":/);
  });
});
