import { describe, expect, test } from "vitest";
import type { VariableInput } from "../config/index.ts";
import { applyWorkspace } from "./apply.ts";
import { initialiseWorkspace } from "./initialise.ts";
import { planWorkspace } from "./plan.ts";
import { readSnapshot } from "./snapshots.ts";
import { request, workshop } from "./testing/workspace.ts";
import { validateWorkspace } from "./validate.ts";

const MAIN = `
variable "text" {
  default = "default"
}
variable "count" {
  type    = number
  default = 1
}
resource "test_thing" "a" {
  input = [var.text, var.count]
}
`;

const file = (filename: string, content: string): VariableInput => ({ kind: "file", filename, content });
const option = (text: string): VariableInput => ({ kind: "option", text });
const environment = (name: string, text: string): VariableInput => ({ kind: "environment", name, text });

describe("variables", () => {
  test("flags count more than files, files more than the environment, and that more than defaults", async () => {
    const made = workshop(MAIN.replaceAll('"count"', '"number"').replaceAll("var.count", "var.number"));
    const text = async (...inputs: VariableInput[]) => {
      const { plan, diagnostics } = await planWorkspace(made.open(), request({ inputs }));
      expect(diagnostics).toEqual([]);
      return JSON.stringify(plan?.changes[0]?.after);
    };
    expect(await text()).toContain('"default"');
    made.inputs.push(environment("text", "environment"));
    expect(await text()).toContain('"environment"');
    made.inputs.push(file("terraform.tfvars", 'text = "file"'));
    expect(await text()).toContain('"file"');
    made.inputs.push(file("a.auto.tfvars", 'text = "auto"'));
    expect(await text()).toContain('"auto"');
    expect(await text(option("text=flag"))).toContain('"flag"');
    expect(await text(option("text=flag"), file("x.tfvars", 'text = "later"'))).toContain('"later"');
  });

  test("are in the plan as they were given, and a generation is planned again with them", async () => {
    const made = workshop(MAIN.replaceAll('"count"', '"number"').replaceAll("var.count", "var.number"));
    const inputs = [option("number=42"), option("text=first")];
    const outcome = await applyWorkspace(made.open(), request({ inputs }));
    if (outcome.kind !== "executed" || outcome.result.generation === undefined)
      throw new Error("not applied");
    expect(outcome.plan.variables.get("number")).toBe("42");
    const snapshot = await readSnapshot(made.open(), outcome.result.generation);
    made.files["main.tf"] = "locals {\n  none = 1\n}\n";
    const again = await planWorkspace(made.open(), request({ snapshot }));
    expect(again.plan?.changes).toMatchObject([{ text: "test_thing.a", action: "no-op" }]);
  });
});

describe("mistakes", () => {
  const WRONG = `
output "a" {
  value = try(local.nowhere, 1)
}
output "b" {
  value = length(1)
}
`;
  test("in references and in everything else are told in one run", async () => {
    const made = workshop(WRONG);
    const found = await validateWorkspace(made.open(), request());
    const said = found.map(({ summary, subject }) => `${subject?.start.line} ${summary}`);
    expect(said).toEqual(["3 Reference to undeclared local value", expect.stringMatching(/^6 /)]);
    const { plan, diagnostics } = await planWorkspace(made.open(), request());
    expect(plan).toBeUndefined();
    expect(diagnostics).toHaveLength(2);
  });

  test("of expressions are no matter of init", async () => {
    expect((await initialiseWorkspace(workshop(WRONG).open())).diagnostics).toEqual([]);
    const broken = await initialiseWorkspace(workshop('module "m" {\n  source = "./gone"\n}\n').open());
    expect(broken.diagnostics.map(({ summary }) => summary)).toEqual(["Unreadable module directory"]);
  });
});
