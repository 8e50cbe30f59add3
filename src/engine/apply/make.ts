import type { Resource } from "../../config/index.ts";
import { type ActionKind, type Diagnostic, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import {
  isNull,
  nullValue,
  pathText,
  samePath,
  unmarkDeep,
  unmarkDeepWithPaths,
  type Value,
} from "../../lang/index.ts";
import { checkLifecycle } from "../evaluation/conditions.ts";
import type { ModulePlace } from "../evaluation/evaluation.ts";
import { SINGLE } from "../evaluation/expansion.ts";
import { brokenPromises } from "../objects/differences.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { markSensitive, sensitivePaths, sensitiveSchemaPaths } from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import { proposedNew } from "../objects/proposed.ts";
import { ignoreChanges, ignoredPaths } from "../plan/ignore-changes.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { dataObject, readDataSource } from "../plan/plan-data.ts";
import { instanceConfig } from "../plan/plan-instance.ts";
import type { ApplyAnswer, ResourceTraits } from "../provider.ts";
import { schemaOf } from "../provider-pool.ts";
import type { ObjectState } from "../state/state.ts";
import { type Applying, keep } from "./applying.ts";
import { perform } from "./operation.ts";
import { prepareObject } from "./prepare.ts";
import { brokenResult, type FinalPlan, type Instance, objectIdOf, resultOf } from "./result.ts";

/** Makes, changes, reads or leaves one object, as planned. Whether that went well. */
export async function makeObject(
  applying: Applying,
  change: ResourceChange,
  place: ModulePlace,
  resource: Resource,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session } = applying;
  const loaded = session.pool.get(change.provider);
  const schema =
    loaded === undefined ? undefined : schemaOf(loaded, resource.mode, resource.type, diagnostics);
  if (loaded === undefined || schema === undefined) return false;
  const expansion = session.evaluation.expansion(place, resource) ?? SINGLE;
  const types = { loaded, schema };
  const instance = { place, expansion, key: change.address.key, resource, types, text: change.text };
  const check = (which: "precondition" | "postcondition", self?: Value): boolean =>
    checkLifecycle(session.evaluation, instance, which, self, diagnostics);
  const know = (value: Value): void =>
    session.evaluation.setObject(place.text, resource, change.address.key, value);
  if (change.action === "no-op") {
    know(change.after);
    return check("postcondition", change.after);
  }
  if (!check("precondition")) return false;
  const found: Diagnostic[] = [];
  const config = await instanceConfig({ session }, instance, found);
  diagnostics.push(...found);
  if (config === undefined) return false;
  if (change.action === "read") {
    const value = await readDataSource({ session }, instance, config, diagnostics);
    if (value === undefined) return false;
    keep(applying, {
      address: change.address,
      provider: change.provider,
      slot: "current",
      object: dataObject(value, schema),
    });
    know(value);
    return check("postcondition", value);
  }
  const value = await changeObject(applying, change, instance, config, diagnostics);
  if (value === undefined) return false;
  know(value);
  return check("postcondition", value);
}

async function finalPlan(
  applying: Applying,
  change: ResourceChange,
  instance: Instance,
  config: Value,
  diagnostics: Diagnostic[],
): Promise<FinalPlan | undefined> {
  const { session } = applying;
  const { resource, types } = instance;
  const { block } = types.schema;
  const { value: bare, paths } = unmarkDeepWithPaths(config);
  const old = change.action === "update" ? unmarkDeep(change.before).value : nullValue(impliedType(block));
  const setting = resource.lifecycle.ignoreChanges;
  const ignored = setting === "all" ? setting : ignoredPaths(setting, block, diagnostics);
  const wanted = ignoreChanges(bare, old, ignored, block);
  const before = applying.options.plan.priorState.instances.get(change.text)?.current?.private ?? "";
  const answer = await types.loaded.provider.plan(
    {
      type: resource.type,
      address: change.text,
      prior: old,
      proposed: proposedNew(block, old, wanted),
      config: wanted,
      private: change.action === "update" ? before : "",
    },
    session.context,
  );
  diagnostics.push(...placeDiagnostics(answer.diagnostics, resource.body, resource.place, change.text));
  if (hasErrors(answer.diagnostics)) return undefined;
  const [broken] = brokenPromises(unmarkDeep(change.after).value, answer.planned);
  if (broken !== undefined) {
    diagnostics.push(
      errorDiagnostic(
        "Provider produced inconsistent final plan",
        `When expanding the plan for ${change.text} to include new values learned so far during apply, provider ${types.loaded.provider.source} produced an invalid new value for ${pathText(broken.path) || "the object"}: it ${broken.reason}.\n\nEither what it is made of changed since the plan, or this is a bug in the provider.`,
        { address: change.text, remedy: "Plan again." },
      ),
    );
    return undefined;
  }
  const schemaPaths = sensitiveSchemaPaths(block);
  const marks = sensitivePaths(paths).filter((path) => !schemaPaths.some((known) => samePath(known, path)));
  return {
    request: {
      type: resource.type,
      address: change.text,
      prior: old,
      planned: answer.planned,
      config: wanted,
      private: answer.private,
    },
    marks: [...marks, ...schemaPaths],
  };
}

async function changeObject(
  applying: Applying,
  change: ResourceChange,
  instance: Instance,
  config: Value,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  const final = await finalPlan(applying, change, instance, config, diagnostics);
  if (final === undefined) return undefined;
  const { provider } = instance.types.loaded;
  const traits = provider.traits(instance.resource.type);
  if (change.transactional && provider.transactional !== undefined) {
    return await prepareObject(applying, change, instance, final, traits, diagnostics);
  }
  const deposed = change.action === "replace" && change.replaceOrder === "create_first";
  if (deposed) depose(applying, change);
  const value = await applyObject(applying, change, instance, final, traits, diagnostics);
  if (deposed) restore(applying, change);
  return value;
}

/** Sets the old object aside, under a new key, so that the new one can take its address. */
function depose(applying: Applying, change: ResourceChange): void {
  const { random } = applying.options.surroundings;
  const current = applying.instances.get(change.text)?.current;
  if (current === undefined) return;
  const deposed = Buffer.from(random.bytes(4)).toString("hex");
  const base = { address: change.address, provider: change.provider };
  applying.deposedKeys.set(change.text, deposed);
  keep(applying, { ...base, slot: { deposed }, object: current });
  keep(applying, { ...base, slot: "current" });
}

/** Where nothing new came to be, the old object is the current one again. */
function restore(applying: Applying, change: ResourceChange): void {
  const instance = applying.instances.get(change.text);
  const deposed = applying.deposedKeys.get(change.text);
  const old = deposed === undefined ? undefined : instance?.deposed.get(deposed);
  if (instance?.current !== undefined || deposed === undefined || old === undefined) return;
  const base = { address: change.address, provider: change.provider };
  keep(applying, { ...base, slot: { deposed } });
  keep(applying, { ...base, slot: "current", object: old });
  applying.deposedKeys.delete(change.text);
}

function actionOf(change: ResourceChange): ActionKind {
  return change.action === "update" ? "update" : "create";
}

async function applyObject(
  applying: Applying,
  change: ResourceChange,
  instance: Instance,
  { request, marks }: FinalPlan,
  traits: ResourceTraits,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  const { session } = applying;
  const { loaded } = instance.types;
  const before = applying.instances.get(change.text)?.current;
  const deposed = applying.deposedKeys.get(change.text);
  const action = actionOf(change);
  const found: Diagnostic[] = [];
  const answer = await perform<ApplyAnswer>(
    applying,
    {
      address: change.text,
      action,
      traits,
      detail: { type: change.address.type, ...(deposed === undefined ? {} : { deposed }) },
    },
    async (operation) => {
      const given = await loaded.provider.apply({ ...request, operation }, session.context);
      found.push(
        ...placeDiagnostics(given.diagnostics, instance.resource.body, instance.resource.place, change.text),
      );
      const state = unmarkDeep(given.state).value;
      if (!hasErrors(found))
        found.push(...brokenResult(change.text, loaded.provider.source, request.planned, state));
      const failed = hasErrors(found);
      const result = resultOf(applying, change, { ...given, state }, instance, marks, failed);
      const nothing = failed && isNull(state) && action === "create";
      return {
        answer: given,
        failed,
        ...(nothing ? {} : { record: { change: result } }),
        ...objectIdOf(state),
      };
    },
    found,
  );
  diagnostics.push(...found);
  if (answer === undefined) return undefined;
  const state = unmarkDeep(answer.state).value;
  const failed = hasErrors(found);
  if (isNull(state)) return undefined;
  const result = resultOf(applying, change, { ...answer, state }, instance, marks, failed);
  noteEffect(applying, traits, change, before);
  keep(applying, result);
  if (failed) return undefined;
  if (action === "create") applying.counts.added++;
  else applying.counts.changed++;
  return markSensitive(state, marks);
}

/** Remembers how to take a change back that had no effect outside the state; counts the others. */
function noteEffect(
  applying: Applying,
  traits: ResourceTraits,
  change: ResourceChange,
  before: ObjectState | undefined,
): void {
  if (traits.effect === "outside") {
    applying.lasting++;
    return;
  }
  applying.undo.push({
    address: change.address,
    provider: change.provider,
    slot: "current",
    ...(before === undefined ? {} : { object: before }),
  });
}
