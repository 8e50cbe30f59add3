import type { PlanAnswer } from "../../engine/index.ts";
import type { Random } from "../../kernel/index.ts";
import {
  DYNAMIC,
  identicalValues,
  isNull,
  isUnknown,
  nullValue,
  objectValue,
  STRING,
  typeOf,
  unknownValue,
} from "../../lang/index.ts";
import type { Value } from "../../lang/index.ts";
import { attribute, withAttributes } from "../resource-provider.ts";
import type { ResourceType } from "../resource-provider.ts";

const UNKNOWN_ID = () => unknownValue(STRING, { notNull: true });

/** What `output` will be: of the input's type, and null where the input is. */
function laterOutput(input: Value): Value {
  return isNull(input) ? input : unknownValue(typeOf(input));
}

/** `terraform_data`: keeps a value, and is replaced when its triggers change. Nothing outside the state changes. */
export function terraformData(random: Random): ResourceType {
  return {
    schema: {
      version: 0,
      block: {
        attributes: {
          id: { type: STRING, use: "computed", description: "A random id of this instance." },
          input: { type: DYNAMIC, use: "optional", description: "The value to keep." },
          output: {
            type: DYNAMIC,
            use: "computed",
            description: "The value of `input`, known after the apply.",
          },
          triggers_replace: {
            type: DYNAMIC,
            use: "optional",
            description: "A change of this value replaces the resource.",
          },
        },
        blocks: {},
      },
    },
    traits: { effect: "none", recovery: "in_process", transactional: false },
    plan: ({ prior, proposed, private: data }) => {
      const answer = (planned: Value, requiresReplace: PlanAnswer["requiresReplace"] = []) =>
        Promise.resolve({ planned, requiresReplace, private: data, diagnostics: [] });
      if (isNull(proposed)) return answer(proposed);
      const input = attribute(proposed, "input");
      const anew = () => withAttributes(proposed, { id: UNKNOWN_ID(), output: laterOutput(input) });
      if (isNull(prior)) return answer(anew());
      if (!identicalValues(attribute(prior, "triggers_replace"), attribute(proposed, "triggers_replace"))) {
        return answer(anew(), [[{ kind: "attribute", name: "triggers_replace" }]]);
      }
      if (!identicalValues(attribute(prior, "input"), input)) {
        return answer(withAttributes(proposed, { output: unknownValue(typeOf(input)) }));
      }
      return answer(proposed);
    },
    apply: ({ planned, private: data }) => {
      const changes: Record<string, Value> = {};
      if (!isNull(planned)) {
        if (isUnknown(attribute(planned, "output"))) changes["output"] = attribute(planned, "input");
        if (isUnknown(attribute(planned, "id"))) changes["id"] = uuid(random);
      }
      const state = isNull(planned) ? planned : withAttributes(planned, changes);
      return Promise.resolve({ state, private: data, diagnostics: [] });
    },
    import: (id) =>
      Promise.resolve({
        objects: [
          {
            type: "terraform_data",
            state: objectWith(id),
            private: "",
          },
        ],
        diagnostics: [],
      }),
  };
}

function objectWith(id: string): Value {
  const none = nullValue(DYNAMIC);
  return objectValue({ id, input: none, output: none, triggers_replace: none });
}

/** Sixteen random bytes in the form of a UUID. */
function uuid(random: Random): string {
  const text = Buffer.from(random.bytes(16)).toString("hex");
  return text.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
