import { type Diagnostic, hasErrors } from "../../kernel/index.ts";
import {
  containsUnknown,
  isNull,
  nullValue,
  objectValue,
  unknownValue,
  unmarkDeepWithPaths,
  type Value,
} from "../../lang/index.ts";
import { formatConfigResource, type Reference } from "../../config/index.ts";
import { checkLifecycle } from "../evaluation/conditions.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { encodeObject, markSensitive, sensitivePaths, sensitiveSchemaPaths } from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import { attributeOf, isComputed } from "../objects/proposed.ts";
import type { BlockSchema } from "../schema.ts";
import { instanceConfig, type PlannedInstance } from "./plan-instance.ts";
import { type Planning, recordChange, recordObject } from "./planning.ts";

/** Reads a data source, or plans its reading where what it asks for is not settled yet. Whether that went well. */
export async function planData(
  planning: Planning,
  instance: PlannedInstance,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session, facts } = planning;
  const { resource, types, place, text } = instance;
  const check = (which: "precondition" | "postcondition", self?: Value): boolean =>
    checkLifecycle(session.evaluation, instance, which, self, diagnostics);
  if (!check("precondition")) return false;
  const config = await instanceConfig(planning, instance, diagnostics);
  if (config === undefined) return false;
  const pending = containsUnknown(config)
    ? ("read_because_config_unknown" as const)
    : waitsForChanges(planning, instance)
      ? ("read_because_dependency_pending" as const)
      : undefined;
  const { schema } = types;
  if (pending !== undefined) {
    const after = unknownComputed(schema.block, config);
    recordChange(planning, {
      address: instance.address,
      text,
      provider: instance.provider,
      action: "read",
      reason: pending,
      before: nullValue(impliedType(schema.block)),
      after,
      requiresReplace: [],
      private: "",
      notes: [],
      transactional: false,
      schemaVersion: schema.version,
      dependencies: facts.dependencies.get(instance.block) ?? [],
      createBeforeDestroy: false,
    });
    session.evaluation.setObject(place.text, resource, instance.key, after);
    return true;
  }
  const value = await readDataSource(planning, instance, config, diagnostics);
  if (value === undefined) return false;
  recordObject(planning, {
    address: instance.address,
    provider: instance.provider,
    slot: "current",
    object: dataObject(value, schema),
  });
  session.evaluation.setObject(place.text, resource, instance.key, value);
  return check("postcondition", value);
}

/** The form in the state of what a data source gave. */
export function dataObject(value: Value, schema: PlannedInstance["types"]["schema"]) {
  return encodeObject(value, schema.block, {
    status: "ready",
    schemaVersion: schema.version,
    private: "",
    dependencies: [],
    createBeforeDestroy: false,
  });
}

/** Asks a data source; undefined where it refused. */
export async function readDataSource(
  planning: Pick<Planning, "session">,
  instance: Pick<PlannedInstance, "types" | "resource" | "text">,
  config: Value,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  const { session } = planning;
  const { resource, types, text } = instance;
  const { value: bare, paths } = unmarkDeepWithPaths(config);
  session.context.events({ kind: "refresh_started", address: text });
  const answer = await session.calls.run(() =>
    types.loaded.provider.readData({ type: resource.type, config: bare }, session.context),
  );
  session.context.events({ kind: "refresh_done", address: text });
  diagnostics.push(...placeDiagnostics(answer.diagnostics, resource.body, resource.place, text));
  if (hasErrors(answer.diagnostics)) return undefined;
  return markSensitive(answer.state, [...sensitivePaths(paths), ...sensitiveSchemaPaths(types.schema.block)]);
}

/** The configuration with everything that the provider decides unknown. */
function unknownComputed(block: BlockSchema, config: Value): Value {
  return objectValue([
    ...Object.entries(block.attributes).map(([name, attribute]) => {
      const given = attributeOf(config, name) ?? nullValue(attribute.type);
      return [name, isComputed(attribute) && isNull(given) ? unknownValue(attribute.type) : given] as const;
    }),
    ...Object.keys(block.blocks).map((name) => [name, attributeOf(config, name) ?? nullValue()] as const),
  ]);
}

/** Whether something that it, or a module around it, names in `depends_on` will change. */
function waitsForChanges(planning: Planning, instance: PlannedInstance): boolean {
  const { place, resource } = instance;
  const lists: { readonly path: readonly string[]; readonly references: readonly Reference[] }[] = [
    { path: place.module.path, references: resource.dependsOn },
  ];
  let module = planning.session.configuration.root;
  for (const name of place.module.path) {
    lists.push({ path: module.path, references: module.calls.get(name)?.dependsOn ?? [] });
    module = module.children.get(name) ?? module;
  }
  return lists.some(({ path, references }) =>
    references.some(({ target }) => {
      if (target.kind === "module") {
        const inside = `${path.map((name) => `module.${name}.`).join("")}module.${target.name}.`;
        return [...planning.byBlock].some(
          ([block, changes]) => block.startsWith(inside) && changes.some(isPending),
        );
      }
      if (target.kind !== "resource") return false;
      return (planning.byBlock.get(formatConfigResource(path, target)) ?? []).some(isPending);
    }),
  );
}

function isPending({ action }: { readonly action: string }): boolean {
  return action !== "no-op";
}
