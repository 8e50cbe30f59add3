import { describe, expect, test } from "vitest";
import { openPlan, savePlan } from "../plan/plan-file.ts";
import { parseState, printState } from "../state/state-file.ts";
import { applied, converge, harness, planned, stateOf } from "../testing/harness.ts";
import type { CheckResult } from "./checks.ts";

const FILES = {
  "main.tf": `
variable "size" {
  type    = number
  default = 5
  validation {
    condition     = var.size > 1
    error_message = "small"
  }
}
module "m" {
  source = "./m"
  count  = 2
  n      = count.index
}
resource "test_thing" "box" {
  count = 2
  input = var.size
  lifecycle {
    precondition {
      condition     = var.size < 10
      error_message = "too big"
    }
    postcondition {
      condition     = self.id != ""
      error_message = "no id"
    }
  }
}
resource "test_thing" "none" {
  count = 0
  lifecycle {
    precondition {
      condition     = var.size < 10
      error_message = "too big"
    }
  }
}
output "o" {
  value = test_thing.box[0].id
  precondition {
    condition     = test_thing.box[0].id == "another"
    error_message = "bad \${test_thing.box[0].id}"
  }
}`,
  "m/main.tf": `
variable "n" {
  validation {
    condition     = var.n < 5
    error_message = "n"
  }
}`,
};

const brief = (checks: readonly CheckResult[] = []) =>
  checks.map(({ kind, address, status, objects }) => [
    kind,
    address,
    status,
    objects.map((object) => [object.address, object.status, ...object.problems].join(" ")),
  ]);

describe("what conditions come to", () => {
  test("is in the plan, unknown where it is not known yet, also after it was saved", async () => {
    const { value: plan } = await planned(harness(), FILES);
    const expected = [
      ["var", "module.m.var.n", "pass", ["module.m[0].var.n pass", "module.m[1].var.n pass"]],
      ["output", "output.o", "unknown", ["output.o unknown"]],
      ["resource", "test_thing.box", "pass", ["test_thing.box[0] pass", "test_thing.box[1] pass"]],
      ["resource", "test_thing.none", "pass", []],
      ["var", "var.size", "pass", ["var.size pass"]],
    ];
    // An id that is unknown but never null may still be empty.
    const asked = expected.map((row) =>
      row[1] === "test_thing.box"
        ? [
            "resource",
            "test_thing.box",
            "unknown",
            ["test_thing.box[0] unknown", "test_thing.box[1] unknown"],
          ]
        : row,
    );
    expect(brief(plan.checks)).toEqual(asked);
    const opened = await openPlan(savePlan(plan));
    expect("plan" in opened && brief(opened.plan.checks)).toEqual(asked);
  });

  test("is in the state after the apply, with what did not hold, and is read back", async () => {
    const made = harness();
    const { value: plan } = await planned(made, FILES);
    await applied(made, plan);
    const state = stateOf(made);
    const text = printState(state);
    expect(brief(state.checks)).toContainEqual(["output", "output.o", "fail", ["output.o fail bad id-1"]]);
    expect(brief(state.checks)).toContainEqual([
      "resource",
      "test_thing.box",
      "pass",
      ["test_thing.box[0] pass", "test_thing.box[1] pass"],
    ]);
    expect(JSON.parse(text)).toMatchObject({
      check_results: expect.arrayContaining([
        {
          object_kind: "output",
          config_addr: "output.o",
          status: "fail",
          objects: [{ object_addr: "output.o", status: "fail", failure_messages: ["bad id-1"] }],
        },
        { object_kind: "resource", config_addr: "test_thing.none", status: "pass", objects: null },
      ]) as unknown,
    });
    const again = parseState(text, "terraform.tfstate");
    expect("state" in again && printState(again.state)).toBe(text);
  });

  test("is not lost for objects to which nothing is done", async () => {
    const made = harness();
    const main = (input: number) => `
resource "test_thing" "checked" {
  lifecycle {
    precondition {
      condition     = path.module != "x"
      error_message = "never"
    }
  }
}
resource "test_thing" "other" {
  input = ${input}
}`;
    await converge(made, main(1));
    await converge(made, main(2));
    expect(brief(stateOf(made).checks)).toEqual([
      ["resource", "test_thing.checked", "pass", ["test_thing.checked pass"]],
    ]);
    await converge(made, "locals { none = 1 }");
    expect(stateOf(made).checks).toBeUndefined();
  });
});

test("an apply that only refreshes brings the outputs up to date", async () => {
  const made = harness();
  const main = (output: string) => `
resource "test_thing" "a" {
  input = 1
}
output "o" {
  value = "${output} \${test_thing.a.output}"
}`;
  await converge(made, main("first"));
  await converge(made, main("second"), { mode: "refresh_only" });
  expect(stateOf(made).outputs.get("o")?.value).toBe("second 1");
  expect(made.world.ended).toEqual(["create test_thing.a"]);
});
