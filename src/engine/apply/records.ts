import { formatResourceInstance, parseResourceInstance } from "../../config/index.ts";
import { parseJsonLossless, type Json } from "../../lang/index.ts";
import type { PreparedToken } from "../provider.ts";
import { compactJson, isJsonObject, type JsonObject, textOf } from "../state/json-text.ts";
import { objectFromJson, objectToJson } from "../state/state-file.ts";
import type { ObjectChange } from "../state/state.ts";

/** What the journal keeps of a call that ended: what is there now, and for a preparation its token. */
export interface OperationRecord {
  readonly change: ObjectChange;
  /** Of a preparation, whose change counts only when its group is kept. */
  readonly token?: PreparedToken;
}

/** The record as the journal's text. */
export function printRecord({ change, token }: OperationRecord): string {
  const { address, provider, slot, object } = change;
  const tree: JsonObject = {
    address: formatResourceInstance(address),
    provider,
    ...(slot === "current" ? {} : { deposed: slot.deposed }),
    ...(object === undefined ? {} : { status: object.status, object: objectToJson(object) }),
    ...(token === undefined ? {} : { token: token.token }),
  };
  return compactJson(tree);
}

/** Reads a record. Throws where the text is none, which only a damaged journal has. */
export function parseRecord(text: string): OperationRecord {
  const parsed = parseJsonLossless(text);
  const tree: Json = "json" in parsed ? parsed.json : null;
  const address = isJsonObject(tree) ? parseResourceInstance(textOf(tree["address"])) : undefined;
  if (!isJsonObject(tree) || address === undefined)
    throw new Error(`the journal has a damaged record: ${text}`);
  const { deposed, object, status, token } = {
    deposed: tree["deposed"],
    object: tree["object"],
    status: tree["status"],
    token: tree["token"],
  };
  const what = formatResourceInstance(address);
  return {
    change: {
      address,
      provider: textOf(tree["provider"]),
      slot: typeof deposed === "string" ? { deposed } : "current",
      ...(isJsonObject(object)
        ? { object: { ...objectFromJson(object, what), status: status === "tainted" ? "tainted" : "ready" } }
        : {}),
    },
    ...(typeof token === "string" ? { token: { address: what, token } } : {}),
  };
}
