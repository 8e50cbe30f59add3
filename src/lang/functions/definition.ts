import type { Random } from "../../kernel/index.ts";
import type { Type, Value } from "../values/index.ts";

/** One parameter. What it does not allow never reaches the function. */
export interface Parameter {
  /** As messages call it. */
  readonly name: string;
  /** Arguments are converted to it; DYNAMIC takes them as they are. */
  readonly type: Type;
  /** Otherwise a null is the error "argument must not be null". */
  readonly allowNull?: true;
  /** Otherwise an unknown argument makes the result unknown. What is inside it may be unknown either way. */
  readonly allowUnknown?: true;
  /** Otherwise an argument of dynamic type makes the result unknown of dynamic type. */
  readonly allowDynamic?: true;
  /** Otherwise marks are taken off at every depth, and their union put on the result. */
  readonly allowMarked?: true;
}

/** Why a call has no result: the end of a sentence, without full stop. */
export class FunctionProblem {
  readonly message: string;
  /** Index of the argument that is at fault; absent where it is the call as a whole. */
  readonly argument?: number;

  constructor(message: string, argument?: number) {
    this.message = message;
    if (argument !== undefined) this.argument = argument;
  }
}

/** What a file function finds at a path. */
export type FileKind = "file" | "directory" | "other" | "missing";

/** The files that functions may read. Relative paths start where the reader says. */
export interface FunctionFiles {
  /** The content, or undefined where there is no readable file. */
  read(path: string): Uint8Array | undefined;
  kind(path: string): FileKind;
}

/** What functions need from outside. */
export interface FunctionContext {
  readonly files: FunctionFiles;
  /** Absolute directory that `abspath` resolves against. */
  readonly baseDirectory: string;
  /** The user's home directory, for `~`. */
  readonly homeDirectory: string;
  /** Milliseconds since the epoch; absent while planning, when `timestamp` and `uuid` are unknown. */
  readonly now?: number;
  /** Milliseconds since the epoch at which the plan was or is made. */
  readonly planTime: number;
  readonly random: Random;
  /**
   * Renders a template with only these variables. Absent inside a template function, which cannot nest.
   * `name` is what positions in messages are relative to.
   */
  readonly renderTemplate?: (
    source: string,
    name: string,
    variables: ReadonlyMap<string, Value>,
  ) => Value | FunctionProblem;
}

/** A function of the language. */
export interface FunctionDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** What further arguments are; absent: there are none. */
  readonly variadic?: Parameter;
  /** The result's type, from the arguments (converted, marks taken off where they are not allowed). */
  readonly resultType: Type | ((args: readonly Value[]) => Type | FunctionProblem);
  /** Whether the result may be null; else an unknown result is known not to be. */
  readonly mayBeNull?: true;
  /** Computes the result. `resultType` is what the function's own said. */
  readonly call: (
    args: readonly Value[],
    context: FunctionContext,
    resultType: Type,
  ) => Value | FunctionProblem;
}
