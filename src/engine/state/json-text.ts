import { type Json, JsonNumber, printJson } from "../../lang/index.ts";

/** A JSON object whose numbers keep all digits. */
export type JsonObject = { readonly [key: string]: Json };

/** Whether a part of a tree is an object. */
export function isJsonObject(tree: Json | undefined): tree is JsonObject {
  return typeof tree === "object" && tree !== null && !Array.isArray(tree) && !(tree instanceof JsonNumber);
}

/** Whether a part of a tree is an array. */
export function isJsonArray(tree: Json | undefined): tree is readonly Json[] {
  return Array.isArray(tree);
}

/** The JSON text of a tree, on one line, all digits kept. */
export function compactJson(tree: Json): string {
  return printJson(tree);
}

/** A part that ought to be a string; the empty text where it is not. */
export function textOf(tree: Json | undefined): string {
  return typeof tree === "string" ? tree : "";
}
