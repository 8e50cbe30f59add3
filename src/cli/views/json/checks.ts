import { parseResourceInstance } from "../../../config/index.ts";
import type { CheckResult } from "../../../engine/index.ts";
import { plainObject } from "../../../lang/index.ts";
import type { Json } from "../../../lang/index.ts";

/** What conditions came to, as `checks` of a plan or state has it. */
export function checksJson(checks: readonly CheckResult[]): Json {
  return checks.map((check) =>
    plainObject([
      ["address", blockJson(check)],
      ["status", check.status],
      ...(check.objects.length === 0
        ? []
        : [
            [
              "instances",
              check.objects.map(({ address, status, problems }) =>
                plainObject([
                  ["address", objectJson(check.kind, address)],
                  ["status", status],
                  ...(problems.length === 0
                    ? []
                    : [["problems", problems.map((message) => ({ message }))] as const]),
                ]),
              ),
            ] as const,
          ]),
    ]),
  );
}

/** `module.a[0].output.x` as `module.a[0]` and `output.x`; keys may hold anything but a quotation mark. */
function splitModule(address: string): { readonly module: string; readonly rest: string } {
  const steps = /^(?:module\.[\w-]+(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?\.)+/.exec(address)?.[0] ?? "";
  return { module: steps.slice(0, -1), rest: address.slice(steps.length) };
}

function blockJson({ kind, address }: CheckResult): Json {
  const { module, rest } = splitModule(address);
  const parts = rest.split(".");
  const mode = parts[0] === "data" ? "data" : "managed";
  const [type = "", name = ""] = kind === "resource" ? parts.slice(mode === "data" ? 1 : 0) : ["", parts[1]];
  return plainObject([
    ["kind", kind === "output" ? "output_value" : kind],
    ...(kind === "resource"
      ? ([
          ["mode", mode],
          ["type", type],
        ] as const)
      : []),
    ["name", name],
    ...(module === "" ? [] : [["module", module] as const]),
    ["to_display", address],
  ]);
}

function objectJson(kind: CheckResult["kind"], address: string): Json {
  const { module } = splitModule(address);
  const key = kind === "resource" ? parseResourceInstance(address)?.key : undefined;
  return plainObject([
    ...(module === "" ? [] : [["module", module] as const]),
    ...(key === undefined ? [] : [["instance_key", key] as const]),
    ["to_display", address],
  ]);
}
