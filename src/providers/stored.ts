import { impliedType } from "../engine/index.ts";
import type { Answer, Schema } from "../engine/index.ts";
import { errorDiagnostic } from "../kernel/index.ts";
import { nullValue, parseJsonLossless, valueFromJson } from "../lang/index.ts";
import type { Value } from "../lang/index.ts";

/** Reads attributes as a state stores them. Types that are built in have had one form so far. */
export function decodeStored(stored: string, schema: Schema): Answer & { readonly state: Value } {
  const type = impliedType(schema.block);
  const parsed = parseJsonLossless(stored);
  const decoded = "json" in parsed ? valueFromJson(parsed.json, type) : parsed;
  if ("value" in decoded) return { state: decoded.value, diagnostics: [] };
  return {
    state: nullValue(type),
    diagnostics: [
      errorDiagnostic(
        "Stored attributes do not fit the resource type",
        `The state holds attributes that this version of Kiln cannot read: ${decoded.problem}.`,
        { remedy: "Use the version of Kiln or of the provider that wrote the state." },
      ),
    ],
  };
}
