import { type Diagnostic, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import { formatResourceInstance, problemAt, type Resource } from "../../config/index.ts";
import { isNull, nullValue, unmarkDeep } from "../../lang/index.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { impliedType } from "../objects/implied-type.ts";
import type { InstanceState, ObjectState } from "../state/state.ts";
import type { ActionReason } from "./plan.ts";
import { type Planning, recordChange, recordObject, schemaFor, type TypeSchema } from "./planning.ts";
import { refreshObject } from "./refresh.ts";

/**
 * Plans the end of an instance and of what is deposed under its address. Whether that went well. `resource` is its
 * block, where there still is one.
 */
export async function planRemoval(
  planning: Planning,
  instance: InstanceState,
  reason: ActionReason | undefined,
  resource: Resource | undefined,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { address, provider } = instance;
  const text = formatResourceInstance(address);
  if (address.mode === "data") {
    // What was read is only forgotten.
    recordObject(planning, { address, provider, slot: "current" });
    return true;
  }
  const types = schemaFor(planning, provider, address, text, diagnostics);
  if (types === undefined) return false;
  let well = await planDeposed(planning, instance, types, diagnostics);
  if (instance.current !== undefined) {
    const order = { text, ...(reason === undefined ? {} : { reason }) };
    well =
      (await planDelete(planning, types, instance, instance.current, order, resource, diagnostics)) && well;
  }
  return well;
}

/** Plans the end of the deposed objects of an instance. */
export async function planDeposed(
  planning: Planning,
  instance: InstanceState,
  types: TypeSchema,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  let well = true;
  const text = formatResourceInstance(instance.address);
  for (const [deposed, object] of instance.deposed) {
    well =
      (await planDelete(planning, types, instance, object, { text, deposed }, undefined, diagnostics)) &&
      well;
  }
  return well;
}

/** Says that an object may not be destroyed. */
export function preventedDestroy(resource: Resource, text: string): Diagnostic {
  return {
    ...problemAt(
      resource.place,
      "Instance cannot be destroyed",
      `Resource ${text} has lifecycle.prevent_destroy set, but the plan calls for this resource to be destroyed.`,
      { remedy: "Disable lifecycle.prevent_destroy, or leave the resource as it is." },
    ),
    address: text,
  };
}

async function planDelete(
  planning: Planning,
  types: TypeSchema,
  instance: InstanceState,
  object: ObjectState,
  order: { readonly text: string; readonly deposed?: string; readonly reason?: ActionReason },
  resource: Resource | undefined,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { address, provider } = instance;
  const { text, deposed } = order;
  const slot = deposed === undefined ? ("current" as const) : { deposed };
  const prior = await refreshObject(planning, types, instance, object, text, diagnostics);
  if (prior === undefined) return false;
  recordObject(planning, {
    address,
    provider,
    slot,
    ...(prior.object === undefined ? {} : { object: prior.object }),
  });
  if (isNull(prior.value)) return true;
  if (resource?.lifecycle.preventDestroy === true) {
    diagnostics.push(preventedDestroy(resource, text));
    return false;
  }
  const { loaded, schema } = types;
  const none = nullValue(impliedType(schema.block));
  const { session } = planning;
  const answer = await session.calls.run(() =>
    loaded.provider.plan(
      {
        type: address.type,
        address: text,
        prior: unmarkDeep(prior.value).value,
        proposed: none,
        config: none,
        private: object.private,
      },
      session.context,
    ),
  );
  diagnostics.push(...placeDiagnostics(answer.diagnostics, undefined, undefined, text));
  if (hasErrors(answer.diagnostics)) return false;
  if (!isNull(answer.planned)) {
    diagnostics.push(
      errorDiagnostic(
        "Provider produced invalid plan",
        `Provider ${loaded.provider.source} planned a non-null destroy value for ${text}.\n\nThis is a bug in the provider.`,
        { address: text },
      ),
    );
    return false;
  }
  recordChange(planning, {
    address,
    text,
    ...(deposed === undefined ? {} : { deposed }),
    provider,
    action: "delete",
    ...(order.reason === undefined ? {} : { reason: order.reason }),
    before: prior.value,
    after: none,
    requiresReplace: [],
    private: answer.private,
    notes: answer.notes ?? [],
    transactional: false,
    schemaVersion: schema.version,
    dependencies: object.dependencies,
    createBeforeDestroy: object.createBeforeDestroy,
  });
  return true;
}
