import { type Diagnostic, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import { compactJson } from "../state/json-text.ts";
import { isNull, nullValue, unmarkDeep, unmarkDeepWithPaths, type Value } from "../../lang/index.ts";
import { surelyEqual } from "../objects/differences.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import {
  decodeObject,
  encodeObject,
  markSensitive,
  sensitivePaths,
  sensitiveSchemaPaths,
} from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import type { InstanceState, ObjectState } from "../state/state.ts";
import type { Planning, TypeSchema } from "./planning.ts";

/** An object as it is now. */
export interface PriorObject {
  /** Null of the type where it is gone. */
  readonly value: Value;
  /** Absent where it is gone. */
  readonly object?: ObjectState;
}

/** Reads an object of the state as a value of the provider's present schema. */
export async function currentObject(
  planning: Planning,
  { loaded, schema }: TypeSchema,
  instance: InstanceState,
  object: ObjectState,
  text: string,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  if (object.schemaVersion === schema.version) return decodeObject(object, schema.block, text, diagnostics);
  if (object.schemaVersion > schema.version) {
    diagnostics.push(
      errorDiagnostic(
        "Resource instance managed by newer provider version",
        `The current state of ${text} was created by a newer provider version than is currently selected.`,
        { address: text, remedy: `Use a newer version of the provider ${loaded.provider.source}.` },
      ),
    );
    return undefined;
  }
  const answer = await loaded.provider.upgrade(
    {
      type: instance.address.type,
      version: object.schemaVersion,
      stored: compactJson(object.attributes),
    },
    planning.session.context,
  );
  diagnostics.push(...placeDiagnostics(answer.diagnostics, undefined, undefined, text));
  if (hasErrors(answer.diagnostics)) return undefined;
  return markSensitive(answer.state, object.sensitivePaths);
}

/**
 * Asks the provider what an object is like now, and notes what drifted. Undefined where that failed; without refresh
 * it is as the state says.
 */
export async function refreshObject(
  planning: Planning,
  types: TypeSchema,
  instance: InstanceState,
  object: ObjectState,
  text: string,
  diagnostics: Diagnostic[],
): Promise<PriorObject | undefined> {
  const { session, options } = planning;
  const before = await currentObject(planning, types, instance, object, text, diagnostics);
  if (before === undefined) return undefined;
  const { loaded, schema } = types;
  const upgraded = { ...object, schemaVersion: schema.version };
  if (!options.refresh || instance.address.mode === "data") {
    return { value: before, object: reencoded(upgraded, object, before, schema.block) };
  }
  session.context.events({ kind: "refresh_started", address: text });
  const { value: bare, paths } = unmarkDeepWithPaths(before);
  const answer = await session.calls.run(() =>
    loaded.provider.read(
      { type: instance.address.type, address: text, current: bare, private: object.private },
      session.context,
    ),
  );
  session.context.events({ kind: "refresh_done", address: text });
  diagnostics.push(...placeDiagnostics(answer.diagnostics, undefined, undefined, text));
  if (hasErrors(answer.diagnostics)) return undefined;
  const found = unmarkDeep(answer.state).value;
  const drifted = { address: instance.address, text, provider: instance.provider, before };
  if (isNull(found)) {
    const after = nullValue(impliedType(schema.block));
    planning.drift.push({ ...drifted, action: "delete", after });
    return { value: after };
  }
  const same = surelyEqual(bare, found);
  const value = same
    ? before
    : markSensitive(found, [...sensitivePaths(paths), ...sensitiveSchemaPaths(schema.block)]);
  if (!same) planning.drift.push({ ...drifted, action: "update", after: value });
  if (same && answer.private === object.private) {
    return { value, object: reencoded(upgraded, object, before, schema.block) };
  }
  return { value, object: encodeObject(value, schema.block, { ...upgraded, private: answer.private }) };
}

/** The object as it stands, encoded anew only where an upgrade changed its form. */
function reencoded(
  upgraded: ObjectState,
  object: ObjectState,
  value: Value,
  block: TypeSchema["schema"]["block"],
): ObjectState {
  return upgraded.schemaVersion === object.schemaVersion ? object : encodeObject(value, block, upgraded);
}
