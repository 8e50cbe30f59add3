import { errorDiagnostic, type Diagnostic, hasErrors } from "../../kernel/index.ts";
import { isNull, unmarkDeep, type Value } from "../../lang/index.ts";
import { placeDiagnostics } from "../objects/decode.ts";
import { markSensitive } from "../objects/encode.ts";
import type { ResourceChange } from "../plan/plan.ts";
import type { PrepareResult, ResourceTraits } from "../provider.ts";
import type { ObjectChange } from "../state/state.ts";
import type { Applying } from "./applying.ts";
import { perform } from "./operation.ts";
import { brokenResult, type FinalPlan, type Instance, resultOf } from "./result.ts";

/**
 * Does everything of a transactional change that may fail. What depends on it goes on with what it will be; the state
 * learns of it when the group is kept. Undefined where it failed.
 */
export async function prepareObject(
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
      detail: { type: change.address.type, provider: change.provider },
    },
    async (operation) => {
      applying.asked.add(transactional);
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
