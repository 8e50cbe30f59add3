import { formatResourceInstance } from "../../config/index.ts";
import { sortedInstances } from "../../engine/index.ts";
import type { InstanceState, ObjectState, Plan, State } from "../../engine/index.ts";
import { printJson } from "../../lang/index.ts";
import type { Console } from "../console.ts";
import { blockDifference, drawBlock, drawOutputs } from "./diff/block.ts";
import { difference } from "./diff/difference.ts";
import type { DrawOptions } from "./diff/draw.ts";
import { DYNAMIC_SHAPE } from "./diff/shown.ts";
import { blockShapeOf, shownOf } from "./diff/values.ts";
import { planJson } from "./json/plan.ts";
import { stateJson } from "./json/state.ts";
import { outputShown } from "./output-shown.ts";
import { pictureOf } from "./plan-picture.ts";
import { renderPlan } from "./plan-text.ts";
import { blockSchemaOf } from "./schemas.ts";
import type { Schemas } from "./schemas.ts";
import { objectValueOf } from "./state-values.ts";

/** Shows a saved plan. */
export function showPlan(console: Console, plan: Plan, schemas: Schemas, json: boolean): void {
  console.out(
    json
      ? `${printJson(planJson(plan, schemas))}\n`
      : `\n${renderPlan(pictureOf(plan, schemas), console.style)}\n`,
  );
}

/** Shows a state: its resources as blocks, and its outputs. */
export function showState(console: Console, state: State | undefined, schemas: Schemas, json: boolean): void {
  if (json) {
    console.out(`${printJson(stateJson(state, schemas))}\n`);
    return;
  }
  if (state === undefined || (state.instances.size === 0 && state.outputs.size === 0)) {
    console.out(
      state === undefined ? "No state.\n" : "The state file is empty. No resources are represented.\n",
    );
    return;
  }
  const options: DrawOptions = { style: console.style, withoutSymbols: true, showUnchanged: true };
  const blocks = sortedInstances(state).flatMap((instance) => instanceTexts(instance, schemas, options));
  const outputs = [...state.outputs]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, output]) => {
      const shown = outputShown(output);
      return [name, difference(shown, shown, DYNAMIC_SHAPE)] as const;
    });
  const sections = blocks.length === 0 ? [] : [`${blocks.join("\n\n")}\n`];
  if (outputs.length > 0)
    sections.push(
      `${blocks.length === 0 ? "" : "\n"}Outputs:\n\n${drawOutputs(outputs, options).join("\n")}\n`,
    );
  console.out(sections.join("\n"));
}

function instanceTexts(instance: InstanceState, schemas: Schemas, options: DrawOptions): string[] {
  const objects: (readonly [string, ObjectState])[] = [...instance.deposed].map(([key, object]) => [
    `: (deposed ${key})`,
    object,
  ]);
  if (instance.current !== undefined) {
    objects.unshift([instance.current.status === "tainted" ? ": (tainted)" : ":", instance.current]);
  }
  const { mode, type, name } = instance.address;
  return objects.flatMap(([suffix, object]) => {
    const schema = blockSchemaOf(schemas, instance.provider, mode, type);
    const value = objectValueOf(instance, object, schemas);
    if (schema === undefined || value === undefined) return [];
    const shown = shownOf(value);
    const body = drawBlock(blockDifference(shown, shown, blockShapeOf(schema), []), 0, options);
    const head = `# ${formatResourceInstance(instance.address)}${suffix}`;
    return [`${head}\n${mode === "data" ? "data" : "resource"} "${type}" "${name}" ${body}`];
  });
}
