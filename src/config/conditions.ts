import type { Diagnostic } from "../kernel/index.ts";
import { type Block, content, references } from "../lang/index.ts";
import type { Condition } from "./configuration.ts";
import { headerOf, problemAt } from "./problems.ts";

const CONDITION = {
  attributes: [
    { name: "condition", required: true },
    { name: "error_message", required: true },
  ],
  blocks: [],
};

/** Reads a `validation`, `precondition` or `postcondition` block; undefined where it lacks one of its arguments. */
export function decodeCondition(block: Block, diagnostics: Diagnostic[]): Condition | undefined {
  const found = content(block.body, CONDITION);
  diagnostics.push(...found.diagnostics);
  const condition = found.attributes.get("condition");
  const message = found.attributes.get("error_message");
  if (condition !== undefined && references(condition.expression).length === 0) {
    diagnostics.push(
      problemAt(
        condition.expression,
        `Invalid ${block.type} expression`,
        "The condition expression must refer to at least one object from elsewhere in the configuration, or else its result would not be checking anything.",
      ),
    );
  }
  if (condition === undefined || message === undefined) return undefined;
  return {
    condition: condition.expression,
    message: message.expression,
    place: headerOf(block),
  };
}
