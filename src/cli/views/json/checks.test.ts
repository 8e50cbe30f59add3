import { expect, test } from "vitest";
import type { CheckResult } from "../../../engine/index.ts";
import { printJson } from "../../../lang/index.ts";
import { checksJson } from "./checks.ts";

const shown = (checks: readonly CheckResult[]): unknown => JSON.parse(printJson(checksJson(checks)));

test("checks have Terraform's form: whose they are in parts, and what did not hold", () => {
  expect(
    shown([
      {
        kind: "resource",
        address: "module.a.data.test_lookup.b",
        status: "fail",
        objects: [
          {
            address: 'module.a["x.y[0]"].data.test_lookup.b[1]',
            status: "fail",
            problems: ["too big"],
          },
        ],
      },
      { kind: "output", address: "output.o", status: "unknown", objects: [] },
      {
        kind: "var",
        address: "module.a.module.b.var.n",
        status: "pass",
        objects: [{ address: "module.a[0].module.b.var.n", status: "pass", problems: [] }],
      },
    ]),
  ).toEqual([
    {
      address: {
        kind: "resource",
        mode: "data",
        type: "test_lookup",
        name: "b",
        module: "module.a",
        to_display: "module.a.data.test_lookup.b",
      },
      status: "fail",
      instances: [
        {
          address: {
            module: 'module.a["x.y[0]"]',
            instance_key: 1,
            to_display: 'module.a["x.y[0]"].data.test_lookup.b[1]',
          },
          status: "fail",
          problems: [{ message: "too big" }],
        },
      ],
    },
    { address: { kind: "output_value", name: "o", to_display: "output.o" }, status: "unknown" },
    {
      address: { kind: "var", name: "n", module: "module.a.module.b", to_display: "module.a.module.b.var.n" },
      status: "pass",
      instances: [
        {
          address: { module: "module.a[0].module.b", to_display: "module.a[0].module.b.var.n" },
          status: "pass",
        },
      ],
    },
  ]);
});
