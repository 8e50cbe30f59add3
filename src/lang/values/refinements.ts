import type { NumberValue } from "./numbers.ts";

/** One end of the range of an unknown number. */
export interface Bound {
  readonly value: NumberValue;
  readonly inclusive: boolean;
}

/** What is known of an unknown value. An absent member says nothing. */
export interface Refinements {
  readonly notNull?: true;
  /** The string begins with this; whole grapheme clusters that nothing after them can change. */
  readonly prefix?: string;
  readonly minimum?: Bound;
  readonly maximum?: Bound;
  /** Least number of elements of a collection. */
  readonly minimumLength?: number;
  /** Largest number of elements of a collection. */
  readonly maximumLength?: number;
}
