import type { Json } from "../../lang/index.ts";
import type { CheckedObject, CheckResult, CheckStatus } from "../evaluation/checks.ts";
import { isJsonArray, isJsonObject, textOf } from "./json-text.ts";

const STATUSES: readonly CheckStatus[] = ["pass", "fail", "error", "unknown"];
const KINDS: readonly CheckResult["kind"][] = ["resource", "output", "var"];

/** The `check_results` of a state file. */
export function checksToJson(checks: readonly CheckResult[]): Json {
  if (checks.length === 0) return null;
  return checks.map(({ kind, address, status, objects }) => ({
    object_kind: kind,
    config_addr: address,
    status,
    objects: objects.length === 0 ? null : objects.map(objectToJson),
  }));
}

function objectToJson({ address, status, problems }: CheckedObject): Json {
  return {
    object_addr: address,
    status,
    ...(problems.length === 0 ? {} : { failure_messages: [...problems] }),
  };
}

/** Reads them back; those of a kind that Kiln does not know are left out, since the next apply asks anew. */
export function checksFromJson(tree: Json | undefined): readonly CheckResult[] {
  if (!isJsonArray(tree)) return [];
  return tree.filter(isJsonObject).flatMap((each) => {
    const kind = KINDS.find((known) => known === each["object_kind"]);
    if (kind === undefined) return [];
    const objects = isJsonArray(each["objects"]) ? each["objects"].filter(isJsonObject) : [];
    return [
      {
        kind,
        address: textOf(each["config_addr"]),
        status: statusOf(each["status"]),
        objects: objects.map((object) => ({
          address: textOf(object["object_addr"]),
          status: statusOf(object["status"]),
          problems: isJsonArray(object["failure_messages"]) ? object["failure_messages"].map(textOf) : [],
        })),
      },
    ];
  });
}

function statusOf(tree: Json | undefined): CheckStatus {
  return STATUSES.find((status) => status === tree) ?? "unknown";
}
