import { expect, test } from "vitest";
import type { ResourceDrift } from "../../engine/index.ts";
import { mark, nullValue, objectValue } from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { isOperatorsRelease } from "./fleet.ts";

const fleet = (release: number, replicas = 3, env: Value = "plain") =>
  objectValue({ name: "web", release, replicas, env });

function drift(before: Value, after: Value, type = "kiln_fleet"): ResourceDrift {
  const address = { module: [], mode: "managed" as const, type, name: "web", key: undefined };
  return { address, text: `${type}.web`, provider: "", action: "update", before, after };
}

test("which release an operator put there is no drift of the fleet; its settings and its absence are", () => {
  expect(isOperatorsRelease(drift(fleet(2), fleet(1)))).toBe(true);
  expect(isOperatorsRelease(drift(fleet(2, 3, mark("s", ["sensitive"])), fleet(1, 3, "s")))).toBe(true);
  expect(isOperatorsRelease(drift(fleet(2), fleet(1, 5)))).toBe(false);
  expect(isOperatorsRelease(drift(fleet(2), nullValue()))).toBe(false);
  expect(isOperatorsRelease(drift(fleet(2), fleet(1), "kiln_image"))).toBe(false);
});
