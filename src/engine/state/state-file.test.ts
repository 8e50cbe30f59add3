import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseState, printState } from "./state-file.ts";

/** The reference implementation, where it is installed. */
const TERRAFORM = process.env["TERRAFORM"] ?? "terraform";

/** A state as Terraform 1.11.4 wrote it, with everything that a state can have. */
const RECORDED = `{
  "version": 4,
  "terraform_version": "1.11.4",
  "serial": 6,
  "lineage": "c2536d85-7e9e-f0fe-c184-c5e80958dc83",
  "outputs": {
    "s": {
      "value": "\\u003chush \\u0026 quiet\\u003e",
      "type": "string",
      "sensitive": true
    }
  },
  "resources": [
    {
      "mode": "managed",
      "type": "terraform_data",
      "name": "a",
      "provider": "provider[\\"terraform.io/builtin/terraform\\"]",
      "instances": [
        {
          "index_key": 0,
          "status": "tainted",
          "schema_version": 0,
          "attributes": {
            "id": "fba10d14-ad6c-0218-66ea-0e76a29a86f5",
            "input": {
              "value": [
                1.5,
                12345678901234567890,
                {}
              ],
              "type": [
                "tuple",
                [
                  "number",
                  "number",
                  [
                    "object",
                    {}
                  ]
                ]
              ]
            },
            "output": null,
            "triggers_replace": null
          },
          "sensitive_attributes": [
            [
              {
                "type": "get_attr",
                "value": "input"
              },
              {
                "type": "index",
                "value": {
                  "value": 0,
                  "type": "number"
                }
              }
            ]
          ],
          "private": "eyJrIjoidiJ9",
          "create_before_destroy": true
        },
        {
          "index_key": 0,
          "deposed": "00c0ffee",
          "schema_version": 0,
          "attributes": {
            "id": "old",
            "input": null,
            "output": null,
            "triggers_replace": null
          },
          "sensitive_attributes": []
        }
      ]
    },
    {
      "module": "module.m[\\"k\\"]",
      "mode": "managed",
      "type": "terraform_data",
      "name": "c",
      "provider": "provider[\\"terraform.io/builtin/terraform\\"]",
      "instances": [
        {
          "schema_version": 0,
          "attributes": {
            "id": "dafa5ffd-3295-8542-a891-d2932800e082",
            "input": null,
            "output": null,
            "triggers_replace": null
          },
          "sensitive_attributes": [],
          "dependencies": [
            "terraform_data.a"
          ]
        }
      ]
    }
  ],
  "check_results": null
}
`;

function parsed(text: string) {
  const result = parseState(text, "terraform.tfstate");
  if ("diagnostic" in result) throw new Error(result.diagnostic.detail);
  return result.state;
}

describe("state files", () => {
  test("what Terraform wrote comes out byte for byte", () => {
    expect(printState(parsed(RECORDED))).toBe(RECORDED);
  });

  test("everything in it is understood", () => {
    const instance = parsed(RECORDED).instances.get("terraform_data.a[0]");
    expect(instance?.current).toMatchObject({
      status: "tainted",
      private: '{"k":"v"}',
      createBeforeDestroy: true,
    });
    expect([...(instance?.deposed.keys() ?? [])]).toEqual(["00c0ffee"]);
    expect(parsed(RECORDED).instances.get('module.m["k"].terraform_data.c')?.current?.dependencies).toEqual([
      "terraform_data.a",
    ]);
  });

  test.each([
    ["", "unexpected end"],
    ["{}", "version"],
    ['{"version": 3}', "version 3"],
    ['{"version": 4}', "lineage"],
    [RECORDED.slice(0, 900), "unexpected end"],
    [RECORDED.replace('"managed"', '"other"'), "mode"],
    [RECORDED.replace('"name": "c"', '"name": 1'), "name"],
    [RECORDED.replace('module.m[\\"k\\"]', "nonsense["), "module"],
  ])("a damaged one is refused with a remedy (%#)", (text, reason) => {
    const result = parseState(text, "terraform.tfstate");
    if (!("diagnostic" in result)) throw new Error("it was accepted");
    expect(result.diagnostic.detail).toContain(reason);
    expect(result.diagnostic.remedy).toContain("terraform.tfstate");
  });

  test.skipIf(!hasTerraform())(
    "the real Terraform reads it and finds nothing to change (where it is not installed, skipped: nothing to ask)",
    () => {
      const directory = mkdtempSync(path.join(tmpdir(), "kiln-state-"));
      onTestFinished(() => rmSync(directory, { recursive: true }));
      const id = "0b7f5a5c-0000-4000-8000-000000000000";
      const state = parsed(RECORDED);
      const object = state.instances.get('module.m["k"].terraform_data.c');
      const address = { module: [], mode: "managed", type: "terraform_data", name: "x", key: "é" } as const;
      const current = object?.current && {
        ...object.current,
        dependencies: [],
        attributes: { id, input: null, output: null, triggers_replace: null },
      };
      if (object === undefined || current === undefined) throw new Error("the recorded state has changed");
      const instances = new Map([['terraform_data.x["é"]', { ...object, address, current }]]);
      writeFileSync(
        path.join(directory, "terraform.tfstate"),
        printState({ ...state, instances, outputs: new Map() }),
      );
      writeFileSync(
        path.join(directory, "main.tf"),
        'resource "terraform_data" "x" {\n  for_each = toset(["é"])\n}\n',
      );
      const run = (...args: string[]) =>
        execFileSync(TERRAFORM, args, {
          cwd: directory,
          env: { ...process.env, CHECKPOINT_DISABLE: "1" },
          stdio: "pipe",
        });
      run("init", "-input=false");
      run("plan", "-input=false", "-detailed-exitcode");
      run("apply", "-input=false", "-auto-approve", "-refresh-only");
      expect(readFileSync(path.join(directory, "terraform.tfstate"), "utf8")).toContain(id);
    },
  );
});

function hasTerraform(): boolean {
  try {
    execFileSync(TERRAFORM, ["version"], { stdio: "ignore" });
    return true;
  } catch {
    // Not installed: the recorded file above still holds.
    return false;
  }
}
