import { type AttributePath, attributeStep, indexStep, type Json } from "../../lang/index.ts";
import { isJsonArray, isJsonObject } from "./json-text.ts";

/*
 * Attribute paths in the form of state files: `{"type":"get_attr","value":"env"}` and
 * `{"type":"index","value":{"value":0,"type":"number"}}`.
 */

/** Encodes a path. A path through a set's element ends at the set, as elements have no lasting name. */
export function pathToJson(path: AttributePath): Json {
  const steps: Json[] = [];
  for (const step of path) {
    if (step.kind === "attribute") steps.push({ type: "get_attr", value: step.name });
    else if (typeof step.key === "number") {
      steps.push({ type: "index", value: { value: step.key, type: "number" } });
    } else if (typeof step.key === "string") {
      steps.push({ type: "index", value: { value: step.key, type: "string" } });
    } else break;
  }
  return steps;
}

/** Decodes a path; undefined where it is malformed. */
export function pathFromJson(tree: Json): AttributePath | undefined {
  if (!isJsonArray(tree)) return undefined;
  const path = [];
  for (const step of tree) {
    if (!isJsonObject(step)) return undefined;
    const value = step["value"];
    if (step["type"] === "get_attr" && typeof value === "string") path.push(attributeStep(value));
    else if (step["type"] === "index") {
      const key = isJsonObject(value) ? value["value"] : value;
      if (typeof key !== "string" && typeof key !== "number") return undefined;
      path.push(indexStep(key));
    } else return undefined;
  }
  return path;
}
