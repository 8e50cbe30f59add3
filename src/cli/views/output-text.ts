import type { OutputState } from "../../engine/index.ts";
import { JsonNumber } from "../../lang/index.ts";
import type { Json } from "../../lang/index.ts";

/** An output value as `kiln output` and the end of an apply write it, in the language's own form. */
export function outputText(output: Pick<OutputState, "value" | "type">): string {
  return literal(output.value, output.type, "");
}

/** The lines `name = value` of all outputs, sorted; sensitive ones are hidden. */
export function outputLines(outputs: ReadonlyMap<string, OutputState>): string[] {
  return [...outputs]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, output]) => `${name} = ${output.sensitive ? "<sensitive>" : outputText(output)}`);
}

function literal(value: Json, type: Json | undefined, margin: string): string {
  if (value === null) return nullText(type);
  if (typeof value === "string") return text(value, margin);
  if (typeof value === "boolean" || typeof value === "number") return String(value);
  if (value instanceof JsonNumber) return value.text;
  const [kind, inner] = Array.isArray(type) ? type : [undefined, undefined];
  const deeper = `${margin}  `;
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => {
      const itemType = kind === "tuple" && Array.isArray(inner) ? inner[index] : inner;
      return `${deeper}${literal(item, itemType, deeper)},\n`;
    });
    const body = items.length === 0 ? "[]" : `[\n${items.join("")}${margin}]`;
    return kind === "list" || kind === "set" ? `to${kind}(${body})` : body;
  }
  const members = Object.entries(value).map(([key, member]) => {
    const memberType = kind === "object" && isRecord(inner) ? inner[key] : inner;
    return `${deeper}${JSON.stringify(key)} = ${literal(member, memberType, deeper)}\n`;
  });
  const body = members.length === 0 ? "{}" : `{\n${members.join("")}${margin}}`;
  return kind === "map" ? `tomap(${body})` : body;
}

function isRecord(json: Json | undefined): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json) && !(json instanceof JsonNumber);
}

function nullText(type: Json | undefined): string {
  return typeof type === "string" && type !== "dynamic" ? `to${type}(null)` : "null";
}

/** Several lines stand in a heredoc; a final newline shows as an empty line, as Terraform writes it. */
function text(value: string, margin: string): string {
  if (!value.includes("\n")) return JSON.stringify(value);
  if (margin === "") return `<<EOT\n${value}\nEOT`;
  const lines = value.split("\n").map((line) => (line === "" ? "" : `${margin}${line}`));
  return `<<-EOT\n${lines.join("\n")}\n${margin}EOT`;
}
