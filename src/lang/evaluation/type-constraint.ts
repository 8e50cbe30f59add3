import type { Diagnostic } from "../../kernel/index.ts";
import type { CallExpression, Expression, ObjectItem, Span, SyntaxNode } from "../syntax/ast.ts";
import { keyword, literalKey, staticList, staticMap } from "../syntax/static.ts";
import {
  BOOL,
  convert,
  type Defaults,
  DYNAMIC,
  listType,
  mapType,
  NUMBER,
  objectType,
  setType,
  STRING,
  stringValue,
  tupleType,
  type Type,
  type Value,
} from "../values/index.ts";
import { evaluate } from "./evaluate.ts";
import { languageError } from "./language-error.ts";
import { part } from "./run.ts";
import { EMPTY_SCOPE } from "./scope.ts";

/** A type as a configuration writes it, with the defaults of its optional attributes. */
export interface TypeConstraint {
  /** `any` where it is broken. */
  readonly type: Type;
  /** Absent where no attribute has a default. */
  readonly defaults?: Defaults;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads `string`, `list(any)`, `object({a = optional(string, "x")})` and the like. */
export function typeConstraint(expression: Expression): TypeConstraint {
  const reader = new Reader();
  const { type, defaults } = reader.read(expression);
  const { diagnostics } = reader;
  return defaults === undefined ? { type, diagnostics } : { type, defaults, diagnostics };
}

interface Constraint {
  readonly type: Type;
  readonly defaults?: Defaults;
}

const ANYTHING: Constraint = { type: DYNAMIC };
const NO_DEFAULTS: ReadonlyMap<string, Value> = new Map();

const KEYWORDS: ReadonlyMap<string, Type> = new Map<string, Type>([
  ["bool", BOOL],
  ["string", STRING],
  ["number", NUMBER],
  ["any", DYNAMIC],
]);

const ELEMENT_ARGUMENT = (name: string) =>
  `The ${name} type constructor requires one argument specifying the element type.`;

const CONSTRUCTORS: ReadonlyMap<string, string> = new Map([
  ["list", ELEMENT_ARGUMENT("list")],
  ["set", ELEMENT_ARGUMENT("set")],
  ["map", ELEMENT_ARGUMENT("map")],
  [
    "object",
    "The object type constructor requires one argument specifying the attribute types and values as a map.",
  ],
  ["tuple", "The tuple type constructor requires one argument specifying the element types as a list."],
]);

class Reader {
  readonly diagnostics: Diagnostic[] = [];

  read(expression: Expression): Constraint {
    const word = keyword(expression);
    if (word !== undefined) {
      const type = KEYWORDS.get(word);
      if (type !== undefined) return { type };
      return this.invalid(
        CONSTRUCTORS.get(word) ?? `The keyword "${word}" is not a valid type specification.`,
        expression,
      );
    }
    if (expression.kind === "call") return this.constructed(expression);
    return this.invalid(
      "A type specification is either a primitive type keyword (bool, number, string) or a complex type constructor call, like list(string).",
      expression,
    );
  }

  private invalid(detail: string, place: SyntaxNode, context?: Span): Constraint {
    const more = context === undefined ? {} : { context };
    this.diagnostics.push(languageError("Invalid type specification", detail, place, more));
    return ANYTHING;
  }

  private constructed(call: CallExpression): Constraint {
    const { name } = call;
    const list = part(call, { start: call.openEnd - 1, end: call.end });
    if (name === "any") return this.invalid('Type constraint keyword "any" does not expect arguments.', list);
    if (KEYWORDS.has(name)) {
      return this.invalid(`Primitive type keyword "${name}" does not expect arguments.`, list);
    }
    if (name === "optional") {
      const place = part(call, { start: call.start, end: call.nameEnd });
      return this.invalid(
        'Keyword "optional" is valid only as a modifier for object type attributes.',
        place,
      );
    }
    const wanted = CONSTRUCTORS.get(name);
    if (wanted === undefined) return this.invalid(`Keyword "${name}" is not a valid type constructor.`, call);
    const [argument, surplus] = call.arguments;
    if (argument === undefined) return this.invalid(wanted, list, list);
    if (surplus !== undefined) {
      const end = call.arguments.at(-1)?.end ?? surplus.end;
      return this.invalid(wanted, part(call, { start: surplus.start, end }), list);
    }
    switch (name) {
      case "list":
        return this.collection(argument, listType);
      case "set":
        return this.collection(argument, setType);
      case "map":
        return this.collection(argument, mapType);
      case "tuple":
        return this.tuple(argument, call);
      default:
        return this.object(argument, call);
    }
  }

  private collection(element: Expression, make: (element: Type) => Type): Constraint {
    const { type, defaults } = this.read(element);
    return withDefaults(make(type), NO_DEFAULTS, new Map(defaults === undefined ? [] : [["", defaults]]));
  }

  private tuple(argument: Expression, call: CallExpression): Constraint {
    const items = staticList(argument);
    if (items === undefined) {
      return this.invalid("Tuple type constructor requires a list of element types.", argument, call);
    }
    const children = new Map<string, Defaults>();
    const types = items.map((item, at) => {
      const { type, defaults } = this.read(item);
      if (defaults !== undefined) children.set(String(at), defaults);
      return type;
    });
    return withDefaults(tupleType(types), NO_DEFAULTS, children);
  }

  private object(argument: Expression, call: CallExpression): Constraint {
    const items = staticMap(argument);
    if (items === undefined) {
      return this.invalid(
        "Object type constructor requires a map whose keys are attribute names and whose values are the corresponding attribute types.",
        argument,
        call,
      );
    }
    const types = new Map<string, Type>();
    const optional = new Set<string>();
    const values = new Map<string, Value>();
    const children = new Map<string, Defaults>();
    for (const item of items) {
      const attribute = this.attribute(item, call);
      if (attribute === undefined) continue;
      const { name, type, defaults } = attribute;
      types.set(name, type);
      if (attribute.optional) optional.add(name);
      if (attribute.preset !== undefined) values.set(name, attribute.preset);
      if (defaults !== undefined) children.set(name, defaults);
    }
    return withDefaults(objectType(types, optional), values, children);
  }

  private attribute(
    item: ObjectItem,
    call: CallExpression,
  ): (Constraint & { name: string; optional: boolean; preset: Value | undefined }) | undefined {
    const word = literalKey(item);
    if (word === undefined) {
      this.invalid("Object constructor map keys must be attribute names.", item.key, call);
      return undefined;
    }
    const name = stringValue(word);
    const { value } = item;
    if (value.kind !== "call" || value.name !== "optional") {
      return { ...this.read(value), name, optional: false, preset: undefined };
    }
    const list = part(value, { start: value.openEnd - 1, end: value.end });
    const [typeArgument, presetArgument, surplus] = value.arguments;
    if (typeArgument === undefined) {
      this.invalid("Optional attribute modifier requires the attribute type as its argument.", list, value);
      return undefined;
    }
    if (surplus !== undefined) {
      this.invalid(
        "Optional attribute modifier expects at most two arguments: the attribute type, and a default value.",
        list,
        value,
      );
    }
    const constraint = this.read(typeArgument);
    const preset = presetArgument === undefined ? undefined : this.preset(presetArgument, constraint.type);
    return { ...constraint, name, optional: true, preset };
  }

  private preset(expression: Expression, type: Type): Value | undefined {
    const { value, diagnostics } = evaluate(expression, EMPTY_SCOPE);
    this.diagnostics.push(...diagnostics);
    if (diagnostics.length > 0) return undefined;
    const conversion = convert(value, type);
    if ("value" in conversion) return conversion.value;
    this.diagnostics.push(
      languageError(
        "Invalid default value for optional attribute",
        `This default value is not compatible with the attribute's type constraint: ${conversion.problem}.`,
        expression,
      ),
    );
    return undefined;
  }
}

function withDefaults(
  type: Type,
  values: ReadonlyMap<string, Value>,
  children: ReadonlyMap<string, Defaults>,
): Constraint {
  return values.size === 0 && children.size === 0 ? { type } : { type, defaults: { values, children } };
}
