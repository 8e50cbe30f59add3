import { convert, STRING, type Value } from "../values/index.ts";
import { anyParameter, argument, stringParameter, textOf } from "./arguments.ts";
import { type FunctionDefinition, FunctionProblem } from "./definition.ts";
import { templateVariables } from "./files.ts";

/** Positions in a template that comes from a value are relative to this. */
const SOURCE_NAME = "<templatestring argument>";

/** Renders a string as a template. That its first argument is a reference is for the evaluator to check. */
export const templatestring: FunctionDefinition = {
  name: "templatestring",
  parameters: [stringParameter("template"), anyParameter("vars")],
  resultType: STRING,
  call: (args: readonly Value[], context) => {
    if (context.renderTemplate === undefined) {
      return new FunctionProblem(
        "cannot recursively call templatestring from inside another template function",
      );
    }
    const variables = templateVariables(argument(args, 1), 1);
    if (variables instanceof FunctionProblem) return variables;
    const rendered = context.renderTemplate(textOf(args, 0), SOURCE_NAME, variables);
    if (rendered instanceof FunctionProblem) return rendered;
    const text = convert(rendered, STRING);
    return "problem" in text ? new FunctionProblem(`invalid template result: ${text.problem}`) : text.value;
  },
};
