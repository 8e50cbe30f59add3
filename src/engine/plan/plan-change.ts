import { type Diagnostic, errorDiagnostic, hasErrors } from "../../kernel/index.ts";
import {
  type AttributePath,
  isNull,
  nullValue,
  pathText,
  typeOf,
  unmarkDeepWithPaths,
  type Value,
  valueAt,
  samePath,
} from "../../lang/index.ts";
import { surelyEqual } from "../objects/differences.ts";
import { markSensitive, sensitivePaths, sensitiveSchemaPaths } from "../objects/encode.ts";
import { impliedType } from "../objects/implied-type.ts";
import { attributeOf, isComputed, proposedNew } from "../objects/proposed.ts";
import type { PlanAnswer } from "../provider.ts";
import { ignoreChanges } from "./ignore-changes.ts";
import type { ActionReason, ResourceChange } from "./plan.ts";
import type { Planning, TypeSchema } from "./planning.ts";

/** One object whose change is to be planned. */
export interface ChangeRequest {
  readonly types: TypeSchema;
  readonly type: string;
  readonly text: string;
  /** As it is now, with marks; null where there is none. */
  readonly prior: Value;
  readonly tainted: boolean;
  /** With marks. */
  readonly config: Value;
  readonly private: string;
  readonly ignored: "all" | readonly AttributePath[];
  /** Absent: nothing outside the object asks for its replacement. */
  readonly replaceBecause?: ActionReason;
}

/** What the provider planned, and the action that follows. */
export type PlannedChange = Pick<
  ResourceChange,
  "action" | "before" | "after" | "requiresReplace" | "private" | "notes"
> & { readonly reason?: ActionReason };

/** Plans one object: what it will be, and what that takes. Undefined where the provider refused. */
export async function planChange(
  planning: Planning,
  request: ChangeRequest,
  diagnostics: Diagnostic[],
): Promise<PlannedChange | undefined> {
  const { schema } = request.types;
  const { value: config, paths } = unmarkDeepWithPaths(request.config);
  const none = nullValue(impliedType(schema.block));
  const prior = unmarkDeepWithPaths(request.prior).value;
  const wanted = ignoreChanges(config, prior, request.ignored, schema.block);
  const marks = [
    ...sensitivePaths(paths),
    ...sensitiveSchemaPaths(schema.block).filter(
      (path) => !paths.some((known) => samePath(known.path, path)),
    ),
  ];
  // A new object is as the configuration says: there is nothing of it whose change could be ignored.
  const ask = (before: Value, data: string): Promise<PlanAnswer | undefined> =>
    askProvider(planning, request, before, isNull(before) ? config : wanted, data, diagnostics);

  if (isNull(prior) || request.tainted) {
    const answer = await ask(none, request.private);
    if (answer === undefined) return undefined;
    return {
      action: isNull(prior) ? "create" : "replace",
      ...reasonOfCreate(isNull(prior), request.replaceBecause),
      before: request.prior,
      after: markSensitive(answer.planned, marks),
      requiresReplace: [],
      private: answer.private,
      notes: answer.notes ?? [],
    };
  }

  const answer = await ask(prior, request.private);
  if (answer === undefined) return undefined;
  const forced = answer.requiresReplace.filter((path) => differsAt(prior, answer.planned, path));
  const reason: ActionReason | undefined =
    request.replaceBecause ?? (forced.length > 0 ? "replace_because_cannot_update" : undefined);
  if (reason !== undefined) {
    // The new object takes nothing over from the old one, so it is planned as one that is made from nothing.
    const fresh = await ask(none, answer.private);
    if (fresh === undefined) return undefined;
    return {
      action: "replace",
      reason,
      before: request.prior,
      after: markSensitive(fresh.planned, marks),
      requiresReplace: forced,
      private: fresh.private,
      notes: fresh.notes ?? answer.notes ?? [],
    };
  }
  const after = markSensitive(answer.planned, marks);
  const same = surelyEqual(prior, answer.planned) && sameMarks(request.prior, after);
  return {
    action: same ? "no-op" : "update",
    before: request.prior,
    after,
    requiresReplace: [],
    private: answer.private,
    notes: answer.notes ?? [],
  };
}

/** A replaced tainted object says so; a new one says only that something asked for its replacement, as Terraform does. */
function reasonOfCreate(isNew: boolean, because: ActionReason | undefined): { reason?: ActionReason } {
  if (!isNew) return { reason: "replace_because_tainted" };
  return because === "replace_by_triggers" ? { reason: because } : {};
}

function sameMarks(a: Value, b: Value): boolean {
  const left = sensitivePaths(unmarkDeepWithPaths(a).paths);
  const right = sensitivePaths(unmarkDeepWithPaths(b).paths);
  return left.length === right.length && left.every((path) => right.some((other) => samePath(path, other)));
}

function differsAt(prior: Value, planned: Value, path: AttributePath): boolean {
  const before = valueAt(prior, path);
  const after = valueAt(planned, path);
  if (before === undefined || after === undefined) return before !== after;
  return !surelyEqual(before, after);
}

async function askProvider(
  planning: Planning,
  request: ChangeRequest,
  prior: Value,
  config: Value,
  data: string,
  diagnostics: Diagnostic[],
): Promise<PlanAnswer | undefined> {
  const { loaded, schema } = request.types;
  const { session } = planning;
  const proposed = proposedNew(schema.block, prior, config);
  const answer = await session.calls.run(() =>
    loaded.provider.plan(
      { type: request.type, address: request.text, prior, proposed, config, private: data },
      session.context,
    ),
  );
  diagnostics.push(...answer.diagnostics);
  if (hasErrors(answer.diagnostics)) return undefined;
  const broken = invalidPlan(request, prior, config, answer.planned);
  if (broken !== undefined) {
    diagnostics.push(
      errorDiagnostic(
        "Provider produced invalid plan",
        `Provider ${loaded.provider.source} planned an invalid value for ${request.text}: ${broken}.\n\nThis is a bug in the provider.`,
        { address: request.text },
      ),
    );
    return undefined;
  }
  return answer;
}

/** Why a planned value breaks the contract: it must be the configuration's wherever that says something. */
function invalidPlan(
  request: ChangeRequest,
  prior: Value,
  config: Value,
  planned: Value,
): string | undefined {
  const { block } = request.types.schema;
  if (isNull(planned)) return "planned for absence, but the configuration wants existence";
  const type = typeOf(planned);
  if (type.kind !== "object") return `an object is required, not ${type.kind}`;
  for (const name of [...Object.keys(block.attributes), ...Object.keys(block.blocks)]) {
    if (!type.index.has(name)) return `the attribute ${name} is missing`;
  }
  for (const [name, attribute] of Object.entries(block.attributes)) {
    const given = attributeOf(config, name);
    const after = attributeOf(planned, name);
    const before = attributeOf(prior, name);
    if (given === undefined || after === undefined || attribute.writeOnly === true) continue;
    if (isComputed(attribute) && isNull(given)) continue;
    const kept = before !== undefined && surelyEqual(before, after);
    const asGiven = given === after || surelyEqual(given, after) || typeof given === "object";
    if (!kept && !asGiven)
      return `${pathText([{ kind: "attribute", name }])} is not what the configuration says`;
  }
  return undefined;
}
