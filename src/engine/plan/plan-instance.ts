import {
  formatResourceInstance,
  type InstanceKey,
  problemAt,
  type Resource,
  type ResourceInstanceAddress,
} from "../../config/index.ts";
import { type Diagnostic, hasErrors } from "../../kernel/index.ts";
import { isNull, markedPaths, nullValue, pathText, unmarkDeep, type Value } from "../../lang/index.ts";
import { checkLifecycle } from "../evaluation/conditions.ts";
import type { ModulePlace } from "../evaluation/evaluation.ts";
import type { Expansion } from "../evaluation/expansion.ts";
import { type Repeated, repeatedScope, scopeOf } from "../evaluation/scope.ts";
import { decodeBody, placeDiagnostics } from "../objects/decode.ts";
import { impliedType } from "../objects/implied-type.ts";
import type { BlockSchema } from "../schema.ts";
import type { InstanceState, ObjectState } from "../state/state.ts";
import { ignoredPaths } from "./ignore-changes.ts";
import type { ActionReason, ResourceChange } from "./plan.ts";
import { planChange, type PlannedChange } from "./plan-change.ts";
import { planDeposed, preventedDestroy } from "./plan-delete.ts";
import { type Planning, recordChange, recordObject, type TypeSchema } from "./planning.ts";
import { type PriorObject, refreshObject } from "./refresh.ts";
import { isTriggered } from "./triggers.ts";

/** One instance that the configuration has. */
export interface PlannedInstance {
  readonly address: ResourceInstanceAddress;
  readonly text: string;
  readonly place: ModulePlace;
  readonly expansion: Expansion;
  readonly key: InstanceKey;
  /** The text of its block. */
  readonly block: string;
  readonly resource: Resource;
  /** The text of its provider configuration. */
  readonly provider: string;
  readonly types: TypeSchema;
  /** What the state has of it; absent: nothing. */
  readonly prior?: InstanceState;
  /** Where the state has it, if not here. */
  readonly previous?: ResourceInstanceAddress;
}

/** The configuration of an instance, checked by its provider; undefined where it is wrong. */
export async function instanceConfig(
  planning: Pick<Planning, "session">,
  instance: Pick<PlannedInstance, "place" | "expansion" | "key" | "resource" | "types" | "text">,
  diagnostics: Diagnostic[],
): Promise<Value | undefined> {
  const { session } = planning;
  const { resource, types, text } = instance;
  const scope = repeatedScope(scopeOf(session.evaluation, instance.place, [resource.body]), instance);
  const found: Diagnostic[] = [];
  const config = decodeBody(resource.body, types.schema.block, scope, resource.place, found);
  if (!hasErrors(found)) found.push(...ephemeralProblems(config, types.schema.block, resource));
  diagnostics.push(...found.map((diagnostic) => ({ address: text, ...diagnostic })));
  if (hasErrors(found)) return undefined;
  const request = { type: resource.type, config: unmarkDeep(config).value };
  const { provider } = types.loaded;
  const answer =
    resource.mode === "data"
      ? await provider.validateDataSource(request, session.context)
      : await provider.validateResource(request, session.context);
  diagnostics.push(...placeDiagnostics(answer.diagnostics, resource.body, resource.place, text));
  return hasErrors(answer.diagnostics) ? undefined : config;
}

/** Ephemeral values may stand only where nothing keeps them. */
function ephemeralProblems(config: Value, schema: BlockSchema, resource: Resource): Diagnostic[] {
  return markedPaths(config)
    .filter(({ marks }) => marks.has("ephemeral"))
    .flatMap(({ path }) => {
      const [first] = path;
      const name = first?.kind === "attribute" ? first.name : "";
      if (schema.attributes[name]?.writeOnly === true) return [];
      return [
        problemAt(
          resource.body.attributes.get(name)?.expression ?? resource.place,
          "Invalid use of ephemeral value",
          `Ephemeral values are not valid for "${pathText(path).replace(/^\./, "")}", because it is not a write-only attribute and must be persisted to state.`,
        ),
      ];
    });
}

/** Plans one instance of a managed resource. Whether that went well. */
export async function planInstance(
  planning: Planning,
  instance: PlannedInstance,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session, facts } = planning;
  const { resource, types, place, text, block } = instance;
  const repeated: Repeated = { expansion: instance.expansion, key: instance.key };
  if (instance.prior !== undefined && !(await planDeposed(planning, instance.prior, types, diagnostics)))
    return false;
  const object = instance.prior?.current;
  const prior = await priorObject(planning, instance, object, diagnostics);
  if (prior === undefined) return false;

  const conditions = (which: "precondition" | "postcondition", self?: Value): boolean =>
    checkLifecycle(session.evaluation, instance, which, self, diagnostics);
  if (!conditions("precondition")) return false;
  const config = await instanceConfig(planning, instance, diagnostics);
  if (config === undefined) return false;
  const { ignoreChanges } = resource.lifecycle;
  const ignored =
    ignoreChanges === "all" ? ignoreChanges : ignoredPaths(ignoreChanges, types.schema.block, diagnostics);
  if (hasErrors(diagnostics)) return false;
  const replaceBecause = replacementReason(planning, instance, repeated);
  const found: Diagnostic[] = [];
  const planned = await planChange(
    planning,
    {
      types,
      type: resource.type,
      text,
      prior: prior.value,
      tainted: prior.object?.status === "tainted",
      config,
      private: prior.object?.private ?? "",
      ignored,
      ...(replaceBecause === undefined ? {} : { replaceBecause }),
    },
    found,
  );
  diagnostics.push(...placeDiagnostics(found, resource.body, resource.place, text));
  if (planned === undefined) return false;
  if (planned.action === "replace" && resource.lifecycle.preventDestroy) {
    diagnostics.push(preventedDestroy(resource, text));
    return false;
  }
  const createFirst = facts.createBeforeDestroy.has(block) || prefersCreateFirst(instance);
  const change = changeOf(planning, instance, planned, createFirst, object);
  recordChange(planning, change);
  recordPrior(planning, instance, prior, change, createFirst);
  session.evaluation.setObject(place.text, resource, instance.key, planned.after);
  return conditions("postcondition", planned.after);
}

async function priorObject(
  planning: Planning,
  instance: PlannedInstance,
  object: ObjectState | undefined,
  diagnostics: Diagnostic[],
): Promise<PriorObject | undefined> {
  const { types, text, prior } = instance;
  if (prior === undefined || object === undefined)
    return { value: nullValue(impliedType(types.schema.block)) };
  const found = await refreshObject(planning, types, prior, object, text, diagnostics);
  if (found === undefined) return undefined;
  // An object that somebody took away is made anew, not replaced.
  return found;
}

function replacementReason(
  planning: Planning,
  instance: PlannedInstance,
  repeated: Repeated,
): ActionReason | undefined {
  if (planning.options.replace.includes(instance.text)) return "replace_by_request";
  const { replaceTriggeredBy } = instance.resource.lifecycle;
  return isTriggered(planning, instance.place, replaceTriggeredBy, repeated)
    ? "replace_by_triggers"
    : undefined;
}

function changeOf(
  planning: Planning,
  instance: PlannedInstance,
  planned: PlannedChange,
  createFirst: boolean,
  object: ObjectState | undefined,
): ResourceChange {
  const { loaded, schema } = instance.types;
  const { action, reason } = planned;
  const isTransactional =
    loaded.provider.transactional !== undefined &&
    loaded.provider.traits(instance.resource.type).transactional;
  const before = object?.dependencies ?? [];
  const now = planning.facts.dependencies.get(instance.block) ?? [];
  return {
    address: instance.address,
    text: instance.text,
    ...(instance.previous === undefined ? {} : { previous: formatResourceInstance(instance.previous) }),
    provider: instance.provider,
    action,
    // A transactional object is made and proven beside the old one, whatever the block says.
    ...(action === "replace"
      ? {
          replaceOrder:
            createFirst || isTransactional ? ("create_first" as const) : ("delete_first" as const),
        }
      : {}),
    ...(reason === undefined ? {} : { reason }),
    before: planned.before,
    after: planned.after,
    requiresReplace: planned.requiresReplace,
    private: planned.private,
    notes: planned.notes,
    transactional: isTransactional && action !== "no-op",
    schemaVersion: schema.version,
    dependencies: action === "no-op" ? now : mergeSorted(before, now),
    createBeforeDestroy: createFirst,
  };
}

function mergeSorted(a: readonly string[], b: readonly string[]): readonly string[] {
  if (a.length === 0) return b;
  return [...new Set([...a, ...b])].toSorted();
}

/**
 * Notes the object in the refreshed state. Its dependencies are those of then and now, as the order of destroying
 * needs both; where nothing is to be done they are today's alone.
 */
function recordPrior(
  planning: Planning,
  instance: PlannedInstance,
  prior: PriorObject,
  change: ResourceChange,
  createFirst: boolean,
): void {
  const { address, previous, provider } = instance;
  if (previous !== undefined) {
    recordObject(planning, { address: previous, provider, slot: "current" });
    for (const [deposed, object] of instance.prior?.deposed ?? []) {
      recordObject(planning, { address: previous, provider, slot: { deposed } });
      recordObject(planning, { address, provider, slot: { deposed }, object });
    }
  }
  const object =
    prior.object === undefined || isNull(prior.value)
      ? undefined
      : { ...prior.object, dependencies: change.dependencies, createBeforeDestroy: createFirst };
  recordObject(planning, { address, provider, slot: "current", ...(object === undefined ? {} : { object }) });
}

/** Whether the type itself replaces by creating first, where the configuration does not say. */
function prefersCreateFirst({ types, resource }: PlannedInstance): boolean {
  return (
    resource.lifecycle.createBeforeDestroy === undefined &&
    types.loaded.provider.traits(resource.type).createFirst === true
  );
}
