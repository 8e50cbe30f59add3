import {
  convert,
  DYNAMIC,
  isNull,
  isUnknown,
  mark,
  type Mark,
  refineNotNull,
  type Type,
  typeOf,
  unknownValue,
  unmarkDeep,
  type Value,
} from "../values/index.ts";
import {
  type FunctionContext,
  type FunctionDefinition,
  FunctionProblem,
  type Parameter,
} from "./definition.ts";

/** The parameter that the argument at this position is for, or undefined where it is one too many. */
export function parameterAt(definition: FunctionDefinition, position: number): Parameter | undefined {
  return definition.parameters[position] ?? definition.variadic;
}

/**
 * Calls a function as the language does: converts every argument to its parameter's type, refuses nulls, gives an
 * unknown where an argument is unknown or of dynamic type and the parameter does not take that, takes marks off,
 * computes the result's type, calls, and puts marks and refinements on. The number of arguments is the caller's to
 * check. All problems with arguments come back together.
 */
export function callFunction(
  definition: FunctionDefinition,
  args: readonly Value[],
  context: FunctionContext,
): { readonly value: Value } | { readonly problems: readonly FunctionProblem[] } {
  const problems: FunctionProblem[] = [];
  const converted: Value[] = [];
  for (const [position, argument] of args.entries()) {
    const parameter = expectParameter(definition, position);
    const conversion = convert(argument, parameter.type);
    if ("problem" in conversion) problems.push(new FunctionProblem(conversion.problem, position));
    else converted.push(conversion.value);
  }
  if (problems.length > 0) return { problems };
  const result = callConverted(definition, converted, context);
  return result instanceof FunctionProblem ? { problems: [result] } : { value: result };
}

function expectParameter(definition: FunctionDefinition, position: number): Parameter {
  const parameter = parameterAt(definition, position);
  if (parameter === undefined) throw new TypeError(`too many arguments for ${definition.name}`);
  return parameter;
}

function callConverted(
  definition: FunctionDefinition,
  args: readonly Value[],
  context: FunctionContext,
): Value | FunctionProblem {
  if (args.length < definition.parameters.length)
    throw new TypeError(`too few arguments for ${definition.name}`);
  const bare: Value[] = [];
  let marks: ReadonlySet<Mark> = new Set();
  let unknown = false;
  let dynamic = false;
  for (const [position, argument] of args.entries()) {
    const parameter = expectParameter(definition, position);
    if (isNull(argument) && parameter.allowNull !== true) {
      return new FunctionProblem("argument must not be null", position);
    }
    dynamic ||= typeOf(argument) === DYNAMIC && parameter.allowDynamic !== true;
    unknown ||= isUnknown(argument) && parameter.allowUnknown !== true;
    if (parameter.allowMarked === true) {
      bare.push(argument);
    } else {
      const unmarked = unmarkDeep(argument);
      bare.push(unmarked.value);
      marks = marks.union(unmarked.marks);
    }
  }
  const type = dynamic ? DYNAMIC : resultTypeOf(definition, bare);
  if (type instanceof FunctionProblem) return type;
  const result = dynamic || unknown ? unknownValue(type) : definition.call(bare, context, type);
  if (result instanceof FunctionProblem) return result;
  return mark(definition.mayBeNull === true ? result : refineNotNull(result), marks);
}

function resultTypeOf(definition: FunctionDefinition, args: readonly Value[]): Type | FunctionProblem {
  return typeof definition.resultType === "function" ? definition.resultType(args) : definition.resultType;
}
