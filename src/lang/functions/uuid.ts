import { createHash } from "node:crypto";
import { STRING } from "../values/index.ts";
import { stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";

/** The bytes in the form of a UUID. */
export function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** The namespaces of RFC 4122 by name. */
const NAMESPACES: ReadonlyMap<string, string> = new Map([
  ["dns", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
  ["url", "6ba7b811-9dad-11d1-80b4-00c04fd430c8"],
  ["oid", "6ba7b812-9dad-11d1-80b4-00c04fd430c8"],
  ["x500", "6ba7b814-9dad-11d1-80b4-00c04fd430c8"],
]);

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Name-based UUIDs (RFC 4122, version 5). */
export const UUID_FUNCTIONS: readonly FunctionDefinition[] = [
  {
    name: "uuidv5",
    parameters: [stringParameter("namespace"), stringParameter("name")],
    resultType: STRING,
    call: (args) => {
      const given = textOf(args, 0);
      const namespace = NAMESPACES.get(given) ?? given;
      if (!UUID.test(namespace)) {
        const why =
          namespace.length === 36 ? "invalid UUID format" : `invalid UUID length: ${namespace.length}`;
        return new FunctionProblem(`uuidv5() doesn't support namespace ${given} (${why})`);
      }
      const hash = createHash("sha1").update(Buffer.from(namespace.replaceAll("-", ""), "hex"));
      const bytes = hash.update(textOf(args, 1)).digest().subarray(0, 16);
      bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x50;
      bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
      return uuidText(bytes);
    },
  },
];
