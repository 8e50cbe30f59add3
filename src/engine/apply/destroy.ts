import { type Diagnostic, errorDiagnostic, hasErrors, warningDiagnostic } from "../../kernel/index.ts";
import { isNull, nullValue, unmarkDeep } from "../../lang/index.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { encodeObject } from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import { attributeOf } from "../objects/proposed.ts";
import type { ResourceChange } from "../plan/plan.ts";
import { blockOf } from "../plan/planning.ts";
import type { ApplyAnswer } from "../provider.ts";
import { schemaOf } from "../provider-pool.ts";
import type { ObjectChange, ObjectSlot } from "../state/state.ts";
import { type Applying, keep } from "./applying.ts";
import { grantDestroy } from "./group.ts";
import { perform } from "./operation.ts";

/** Which of an address's objects a change destroys; undefined where there is none any more. */
function slotOf(applying: Applying, change: ResourceChange): ObjectSlot | undefined {
  if (change.deposed !== undefined) return { deposed: change.deposed };
  if (change.action !== "replace" || change.replaceOrder === "delete_first") return "current";
  const deposed = applying.deposedKeys.get(change.text);
  return deposed === undefined ? undefined : { deposed };
}

/** Destroys one object, as planned. Whether that went well. */
export async function destroyObject(
  applying: Applying,
  change: ResourceChange,
  diagnostics: Diagnostic[],
): Promise<boolean> {
  const { session } = applying;
  const slot = slotOf(applying, change);
  const instance = applying.instances.get(change.text);
  const object = slot === "current" ? instance?.current : slot && instance?.deposed.get(slot.deposed);
  if (slot === undefined || object === undefined) return true;
  // The configuration of an object in the state may be gone, so its provider is the state's.
  const loaded = session.pool.get(instance?.provider ?? change.provider);
  const schema =
    loaded === undefined
      ? undefined
      : schemaOf(loaded, change.address.mode, change.address.type, diagnostics);
  if (loaded === undefined || schema === undefined) return false;
  const { provider } = loaded;
  const traits = provider.traits(change.address.type);
  // What is only taken from the state is lost to nobody who was made with it.
  const takesAway = traits.effect === "outside";
  if (takesAway && isHeld(applying, change)) {
    diagnostics.push(
      warningDiagnostic("Not destroyed", `${change.text} was left: a held object may still need it.`, {
        address: change.text,
      }),
    );
    return false;
  }
  if (takesAway && !(await grantDestroy(applying, change, diagnostics))) return false;
  const none = nullValue(impliedType(schema.block));
  const prior = unmarkDeep(change.before).value;
  const base = { address: change.address, provider: change.provider, slot };
  const found: Diagnostic[] = [];
  const resultOf = (answer: ApplyAnswer): ObjectChange => {
    const state = unmarkDeep(answer.state).value;
    if (isNull(state)) return base;
    const left = encodeObject(state, schema.block, { ...object, private: answer.private });
    return { ...base, object: { ...left, sensitivePaths: object.sensitivePaths } };
  };
  const id = attributeOf(prior, "id");
  const answer = await perform<ApplyAnswer>(
    applying,
    {
      address: change.text,
      action: "delete",
      traits,
      detail: { type: change.address.type, ...(slot === "current" ? {} : { deposed: slot.deposed }) },
    },
    async (operation) => {
      const given = await provider.apply(
        {
          type: change.address.type,
          address: change.text,
          operation,
          prior,
          planned: none,
          config: none,
          private: change.action === "delete" ? change.private : object.private,
        },
        session.context,
      );
      found.push(...placeDiagnostics(given.diagnostics, undefined, undefined, change.text));
      if (!hasErrors(found) && !isNull(unmarkDeep(given.state).value)) {
        found.push(
          errorDiagnostic(
            "Provider returned invalid result object after apply",
            `After applying a "delete" action, provider ${provider.source} still has an object for ${change.text}.\n\nThis is a bug in the provider.`,
            { address: change.text },
          ),
        );
      }
      return {
        answer: given,
        failed: hasErrors(found),
        record: { change: resultOf(given) },
        ...(typeof id === "string" ? { objectId: id } : {}),
      };
    },
    found,
  );
  diagnostics.push(...found);
  if (answer === undefined) return false;
  const result = resultOf(answer);
  if (traits.effect === "outside") applying.lasting++;
  else applying.undo.push({ ...base, object });
  keep(applying, result);
  if (result.object !== undefined || hasErrors(found)) return false;
  applying.counts.destroyed++;
  return true;
}

/** Whether the old version of a held object may still use what is to be destroyed. */
function isHeld(applying: Applying, change: ResourceChange): boolean {
  const block = blockOf(change.address);
  return applying.held.some(({ dependencies }) => dependencies.includes(block));
}
