import { BigFloat } from "./big-float.ts";
import type { NumberValue } from "./numbers.ts";
import type { Refinements } from "./refinements.ts";
import {
  BOOL,
  type CollectionType,
  NUMBER,
  type ObjectType,
  STRING,
  type TupleType,
  type Type,
} from "./types.ts";

/** What a mark says of a value: not to be shown, or not to be kept. */
export type Mark = "sensitive" | "ephemeral";

/**
 * A value of the language. Strings and booleans are bare, numbers are bare while they are safe integers; everything
 * else is an instance of one of the classes here. Immutable: share freely.
 */
export type Value = string | boolean | NumberValue | CompoundValue | NullValue | UnknownValue | MarkedValue;

/** A value that is neither marked, unknown nor null at its top. */
export type KnownValue = string | boolean | NumberValue | CompoundValue;

/** A value with elements. */
export type CompoundValue = TupleValue | ListValue | SetValue | MapValue | ObjectValue;

abstract class Compound {
  abstract readonly kind: "tuple" | "list" | "set" | "map" | "object";
  /** Whether anything inside is unknown. */
  readonly containsUnknown: boolean;
  /** Whether anything inside is marked. */
  readonly containsMarks: boolean;

  constructor(elements: readonly Value[]) {
    let unknown = false;
    let marks = false;
    for (const element of elements) {
      if (typeof element !== "object") continue;
      unknown ||= containsUnknown(element);
      marks ||= containsMarks(element);
    }
    this.containsUnknown = unknown;
    this.containsMarks = marks;
  }
}

/** A tuple: elements of different types by position. Make it with `tupleValue`. */
export class TupleValue extends Compound {
  readonly type: TupleType;
  readonly items: readonly Value[];
  constructor(type: TupleType, items: readonly Value[]) {
    super(items);
    this.type = type;
    this.items = items;
  }

  get kind(): "tuple" {
    return "tuple";
  }
}

/** A list: elements of one type. Make it with `listValue`. */
export class ListValue extends Compound {
  readonly type: CollectionType<"list">;
  readonly items: readonly Value[];
  constructor(type: CollectionType<"list">, items: readonly Value[]) {
    super(items);
    this.type = type;
    this.items = items;
  }

  get kind(): "list" {
    return "list";
  }
}

/** A set: distinct elements of one type, in the set's order, never marked inside. Make it with `setValue`. */
export class SetValue extends Compound {
  readonly type: CollectionType<"set">;
  readonly items: readonly Value[];
  constructor(type: CollectionType<"set">, items: readonly Value[]) {
    super(items);
    this.type = type;
    this.items = items;
  }

  get kind(): "set" {
    return "set";
  }
}

/** A map: elements of one type by key, keys sorted by code point. Make it with `mapValue`. */
export class MapValue extends Compound {
  readonly type: CollectionType<"map">;
  readonly keys: readonly string[];
  /** In the order of `keys`. */
  readonly items: readonly Value[];
  private positions: ReadonlyMap<string, number> | undefined;
  constructor(type: CollectionType<"map">, keys: readonly string[], items: readonly Value[]) {
    super(items);
    this.type = type;
    this.keys = keys;
    this.items = items;
  }

  get kind(): "map" {
    return "map";
  }

  /** The element of that key, or undefined. */
  get(key: string): Value | undefined {
    this.positions ??= new Map(this.keys.map((name, at) => [name, at]));
    const at = this.positions.get(key);
    return at === undefined ? undefined : this.items[at];
  }
}

/** An object: attributes as its type names them. Make it with `objectValue`. */
export class ObjectValue extends Compound {
  readonly type: ObjectType;
  /** In the order of `type.names`. */
  readonly items: readonly Value[];
  constructor(type: ObjectType, items: readonly Value[]) {
    super(items);
    this.type = type;
    this.items = items;
  }

  get kind(): "object" {
    return "object";
  }

  /** The attributes' names, sorted. */
  get keys(): readonly string[] {
    return this.type.names;
  }

  /** The attribute of that name, or undefined. */
  get(name: string): Value | undefined {
    const at = this.type.index.get(name);
    return at === undefined ? undefined : this.items[at];
  }
}

/** The absence of a value, of some type. Make it with `nullValue`. */
export class NullValue {
  readonly type: Type;
  constructor(type: Type) {
    this.type = type;
  }

  get kind(): "null" {
    return "null";
  }
}

/** A value that will be known later. Make it with `unknownValue`. */
export class UnknownValue {
  readonly type: Type;
  /** What is known of it already. */
  readonly refinements: Refinements;
  constructor(type: Type, refinements: Refinements) {
    this.type = type;
    this.refinements = refinements;
  }

  get kind(): "unknown" {
    return "unknown";
  }
}

/** A value with marks. Make it with `mark`; the value inside has no marks at its own top. */
export class MarkedValue {
  readonly value: Exclude<Value, MarkedValue>;
  /** Never empty. */
  readonly marks: ReadonlySet<Mark>;
  constructor(value: Exclude<Value, MarkedValue>, marks: ReadonlySet<Mark>) {
    this.value = value;
    this.marks = marks;
  }

  get kind(): "marked" {
    return "marked";
  }
}

/** The value's type. */
export function typeOf(value: Value): Type {
  switch (typeof value) {
    case "string":
      return STRING;
    case "boolean":
      return BOOL;
    case "number":
      return NUMBER;
    default:
      if (value instanceof MarkedValue) return typeOf(value.value);
      return value instanceof BigFloat ? NUMBER : value.type;
  }
}

/** A null, marked or not. */
export function isNull(value: Value): boolean {
  return value instanceof MarkedValue ? value.value instanceof NullValue : value instanceof NullValue;
}

/** Unknown at the top, marked or not. */
export function isUnknown(value: Value): boolean {
  return value instanceof MarkedValue ? value.value instanceof UnknownValue : value instanceof UnknownValue;
}

/** Marked at the top. */
export function isMarked(value: Value): value is MarkedValue {
  return value instanceof MarkedValue;
}

/** A number, unmarked, known and not null. */
export function isNumber(value: Value): value is NumberValue {
  return typeof value === "number" || value instanceof BigFloat;
}

/** A tuple, list, set, map or object, unmarked, known at its top and not null. */
export function isCompound(value: Value): value is CompoundValue {
  return value instanceof Compound;
}

/** Unknown at the top or anywhere inside. */
export function containsUnknown(value: Value): boolean {
  if (typeof value !== "object") return false;
  if (value instanceof Compound) return value.containsUnknown;
  if (value instanceof MarkedValue) return containsUnknown(value.value);
  return value instanceof UnknownValue;
}

/** Known at the top and everywhere inside. */
export function isKnown(value: Value): boolean {
  return !containsUnknown(value);
}

/** Marked at the top or anywhere inside. */
export function containsMarks(value: Value): boolean {
  if (typeof value !== "object") return false;
  if (value instanceof Compound) return value.containsMarks;
  return value instanceof MarkedValue;
}
