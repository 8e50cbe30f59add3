import { type Diagnostic, errorDiagnostic } from "../../kernel/index.ts";
import {
  type AttributePath,
  attributeStep,
  compareText,
  isNull,
  mark,
  type MarkedPath,
  pathText,
  samePath,
  transformValue,
  unmarkDeepWithPaths,
  type Value,
  valueFromJson,
  valueToJson,
} from "../../lang/index.ts";
import type { BlockSchema } from "../schema.ts";
import { isJsonObject } from "../state/json-text.ts";
import type { ObjectState } from "../state/state.ts";
import { impliedType } from "./implied-type.ts";

/** Paths of the attributes that a schema calls sensitive, at its top and in single blocks. */
export function sensitiveSchemaPaths(block: BlockSchema, prefix: AttributePath = []): AttributePath[] {
  return [
    ...Object.entries(block.attributes)
      .filter(([, attribute]) => attribute.sensitive === true)
      .map(([name]) => [...prefix, attributeStep(name)]),
    ...Object.entries(block.blocks)
      .filter(([, nested]) => nested.nesting === "single" || nested.nesting === "group")
      .flatMap(([name, nested]) => sensitiveSchemaPaths(nested.block, [...prefix, attributeStep(name)])),
  ];
}

/** The value with parts marked as sensitive. A path that leads nowhere is ignored. */
export function markSensitive(value: Value, paths: readonly AttributePath[]): Value {
  if (paths.length === 0 || isNull(value)) return value;
  return transformValue(value, (path, part) =>
    paths.some((wanted) => samePath(wanted, path)) ? mark(part, ["sensitive"]) : part,
  );
}

/** The paths of a value that are marked as sensitive. */
export function sensitivePaths(paths: readonly MarkedPath[]): AttributePath[] {
  return paths.filter(({ marks }) => marks.has("sensitive")).map(({ path }) => path);
}

/** The form of an object in the state. Throws where a value cannot be stored, which a provider must not give. */
export function encodeObject(
  value: Value,
  schema: BlockSchema,
  more: Omit<ObjectState, "attributes" | "sensitivePaths">,
): ObjectState {
  const { value: bare, paths } = unmarkDeepWithPaths(value);
  const encoded = valueToJson(bare, impliedType(schema));
  if ("problem" in encoded) throw new TypeError(`${pathText(encoded.path)}: ${encoded.problem}`);
  if (!isJsonObject(encoded.json)) throw new TypeError("an object's state must be an object");
  const schemaPaths = sensitiveSchemaPaths(schema);
  const configured = sensitivePaths(paths).filter(
    (path) => !schemaPaths.some((known) => samePath(known, path)),
  );
  return {
    ...more,
    attributes: encoded.json,
    sensitivePaths: [...configured, ...schemaPaths].toSorted((a, b) => compareText(pathText(a), pathText(b))),
  };
}

/** An object of the state as a value of its schema; undefined, with a diagnostic, where it does not fit. */
export function decodeObject(
  object: ObjectState,
  schema: BlockSchema,
  address: string,
  diagnostics: Diagnostic[],
): Value | undefined {
  const decoded = valueFromJson(object.attributes, impliedType(schema));
  if ("problem" in decoded) {
    diagnostics.push(
      errorDiagnostic(
        "Invalid object in the state",
        `What the state has of ${address} does not fit its type: ${pathText(decoded.path)}: ${decoded.problem}.`,
        {
          address,
          remedy: "Restore the state from its backup, or use the version of the provider that wrote it.",
        },
      ),
    );
    return undefined;
  }
  return markSensitive(decoded.value, object.sensitivePaths);
}
