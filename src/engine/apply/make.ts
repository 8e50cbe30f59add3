import type { Resource } from "../../config/index.ts";
import { type ActionKind, type Diagnostic, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import {
  containsUnknown,
  isNull,
  isUnknown,
  nullValue,
  pathText,
  samePath,
  transformValue,
  typeOf,
  unmarkDeep,
  unmarkDeepWithPaths,
  type Value,
} from "../../lang/index.ts";
import { checkConditions } from "../evaluation/conditions.ts";
import type { ModulePlace } from "../evaluation/evaluation.ts";
import { SINGLE } from "../evaluation/expansion.ts";
import type { Repeated } from "../evaluation/scope.ts";
import { brokenPromises } from "../objects/differences.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { encodeObject, markSensitive, sensitivePaths, sensitiveSchemaPaths } from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import { attributeOf, proposedNew } from "../objects/proposed.ts";
import { ignoreChanges, ignoredPaths } from "../plan/ignore-changes.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { dataObject, readDataSource } from "../plan/plan-data.ts";
import { instanceConfig, type PlannedInstance } from "../plan/plan-instance.ts";
import { blockOf } from "../plan/planning.ts";
import type { ApplyAnswer, ApplyRequest, PrepareResult, ResourceTraits } from "../provider.ts";
import { schemaOf } from "../provider-pool.ts";
import type { ObjectChange, ObjectState } from "../state/state.ts";
import { type Applying, keep } from "./applying.ts";
import { perform } from "./operation.ts";

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
  const repeated: Repeated = { expansion, key: change.address.key };
  const types = { loaded, schema };
  const instance = { place, expansion, key: change.address.key, resource, types, text: change.text };
  const check = (which: "precondition" | "postcondition", self?: Value): boolean =>
    checkConditions(
      session.evaluation,
      place,
      which === "precondition" ? resource.lifecycle.preconditions : resource.lifecycle.postconditions,
      self === undefined ? repeated : { ...repeated, self },
      () => ({ summary: `Resource ${which} failed`, what: `resource ${which}`, address: change.text }),
      diagnostics,
    );
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

type Instance = Pick<PlannedInstance, "place" | "expansion" | "key" | "resource" | "types" | "text">;

/** The final plan of an object, now that what it refers to is known. */
interface FinalPlan {
  readonly request: Omit<ApplyRequest, "operation">;
  readonly marks: ReturnType<typeof sensitiveSchemaPaths>;
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

function objectIdOf(state: Value): { objectId?: string } {
  const id = attributeOf(state, "id");
  return typeof id === "string" ? { objectId: id } : {};
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

function brokenResult(text: string, source: string, planned: Value, actual: Value): Diagnostic[] {
  const bug = "This is a bug in the provider.";
  if (isNull(actual) || containsUnknown(actual)) {
    return [
      errorDiagnostic(
        "Provider returned invalid result object after apply",
        `After the apply operation, the provider ${source} ${isNull(actual) ? "gave nothing" : "still indicated an unknown value"} for ${text}.\n\n${bug}`,
        { address: text },
      ),
    ];
  }
  return brokenPromises(planned, actual).map(({ path, reason }) =>
    errorDiagnostic(
      "Provider produced inconsistent result after apply",
      `When applying changes to ${text}, provider ${source} produced an unexpected new value: ${pathText(path) || "the object"}: ${reason}.\n\n${bug}`,
      { address: text },
    ),
  );
}

/** What the state says of an object after a call. What is unknown after a failure is null in it. */
function resultOf(
  applying: Applying,
  change: ResourceChange,
  answer: ApplyAnswer,
  instance: Instance,
  marks: FinalPlan["marks"],
  failed: boolean,
): ObjectChange {
  const base = { address: change.address, provider: change.provider, slot: "current" as const };
  if (isNull(answer.state)) return base;
  const { schema } = instance.types;
  const creating = change.action !== "update";
  return {
    ...base,
    object: encodeObject(markSensitive(withoutUnknowns(answer.state), marks), schema.block, {
      status: failed && creating ? "tainted" : "ready",
      schemaVersion: schema.version,
      private: answer.private,
      dependencies: failed
        ? change.dependencies
        : (applying.facts.dependencies.get(blockOf(change.address)) ?? change.dependencies),
      createBeforeDestroy: change.createBeforeDestroy,
    }),
  };
}

function withoutUnknowns(value: Value): Value {
  return containsUnknown(value)
    ? transformValue(value, (_path, part) => (isUnknown(part) ? nullValue(typeOf(part)) : part))
    : value;
}

async function prepareObject(
  applying: Applying,
  change: ResourceChange,
  instance: Instance,
  { request, marks }: FinalPlan,
  traits: ResourceTraits,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  const { session, scope } = applying;
  const { transactional } = instance.types.loaded.provider;
  if (transactional === undefined) return undefined;
  const found: Diagnostic[] = [];
  const result = await perform<PrepareResult>(
    applying,
    {
      address: change.text,
      action: "prepare",
      traits: { ...traits, effect: "outside" },
      detail: { type: change.address.type },
    },
    async (operation) => {
      const given = await transactional.prepare(scope, { ...request, operation }, session.context);
      found.push(
        ...placeDiagnostics(given.diagnostics, instance.resource.body, instance.resource.place, change.text),
      );
      if (given.kind === "failed" && !hasErrors(found)) {
        found.push(
          errorDiagnostic("Preparation failed", `${change.text} could not be prepared.`, {
            address: change.text,
          }),
        );
      }
      if (given.kind !== "prepared") return { answer: given, failed: given.kind === "failed" };
      const state = unmarkDeep(given.state).value;
      found.push(...brokenResult(change.text, instance.types.loaded.provider.source, request.planned, state));
      const kept = resultOf(applying, change, { ...given, state }, instance, marks, false);
      return { answer: given, failed: hasErrors(found), record: { change: kept, token: given.token } };
    },
    found,
  );
  diagnostics.push(...found);
  if (result === undefined) return undefined;
  switch (result.kind) {
    case "failed":
      return undefined;
    case "held":
      applying.held.push(change);
      return isNull(change.before) ? undefined : change.before;
    case "waiting":
      applying.waiting = true;
      applying.prepared.push({
        change,
        token: result.token,
        transactional,
        result: priorResult(applying, change),
      });
      return change.after;
    case "prepared": {
      const state = unmarkDeep(result.state).value;
      const kept = resultOf(applying, change, { ...result, state }, instance, marks, false);
      applying.prepared.push({ change, token: result.token, transactional, result: kept });
      return hasErrors(found) ? undefined : markSensitive(state, marks);
    }
  }
}

function priorResult(applying: Applying, change: ResourceChange): ObjectChange {
  const object = applying.instances.get(change.text)?.current;
  const base = { address: change.address, provider: change.provider, slot: "current" as const };
  return object === undefined ? base : { ...base, object };
}
