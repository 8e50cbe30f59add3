import { shortestDecimal } from "./decimal.ts";

/** Bits of precision of literals, parsed texts and JSON. */
export const FULL_PRECISION = 512;

/**
 * Binary exponent from which on a number is infinite, or below whose negative it is zero. The language's own limit
 * lies at 2^31, where a number has more digits than a program could print.
 */
const LARGEST_EXPONENT = 2 ** 20;

/**
 * A number that is no safe integer: a fraction, a big integer, or an infinity. A binary float with a precision of
 * its own, as the language's numbers are: its value is `mantissa * 2^exponent`, negated if `negative`.
 */
export class BigFloat {
  readonly negative: boolean;
  /** Odd, or zero for zero. */
  readonly mantissa: bigint;
  readonly exponent: number;
  /** Bits that a result of this and another number is rounded to, unless the other has more. */
  readonly precision: number;
  readonly infinite: boolean;
  /** The text once it was asked for: equality compares texts. */
  private shortest: string | undefined;

  private constructor(
    negative: boolean,
    mantissa: bigint,
    exponent: number,
    precision: number,
    infinite: boolean,
  ) {
    this.negative = negative;
    this.mantissa = mantissa;
    this.exponent = exponent;
    this.precision = precision;
    this.infinite = infinite;
  }

  static infinity(negative: boolean, precision: number = FULL_PRECISION): BigFloat {
    return new BigFloat(negative, 0n, 0, precision, true);
  }

  /**
   * Rounds `mantissa * 2^exponent` to `precision` bits, half to even. A `sticky` value is a little larger than
   * that in magnitude; its mantissa must have two bits more than the precision.
   */
  static rounded(
    negative: boolean,
    mantissa: bigint,
    exponent: number,
    precision: number,
    sticky = false,
  ): BigFloat {
    let bits = mantissa;
    let scale = exponent;
    const length = bitLength(bits);
    if (length + scale > LARGEST_EXPONENT && length > 0) return BigFloat.infinity(negative, precision);
    if (length + scale < -LARGEST_EXPONENT) bits = 0n;
    const surplus = length - precision;
    if (surplus > 0) {
      const shift = BigInt(surplus);
      const half = 1n << (shift - 1n);
      const rest = bits & ((1n << shift) - 1n);
      bits >>= shift;
      scale += surplus;
      if (rest > half || (rest === half && (sticky || (bits & 1n) === 1n))) bits += 1n;
    }
    const zeros = trailingZeros(bits);
    return new BigFloat(negative, bits >> BigInt(zeros), bits === 0n ? 0 : scale + zeros, precision, false);
  }

  /** An integer exactly, with as many bits as it needs, at least `precision`. */
  static integer(value: bigint, precision: number = FULL_PRECISION): BigFloat {
    const magnitude = value < 0n ? -value : value;
    return BigFloat.rounded(value < 0n, magnitude, 0, Math.max(precision, bitLength(magnitude)));
  }

  /** A double exactly; a safe integer keeps its sign of zero. Fails on NaN, which no number is. */
  static double(value: number, precision: number = FULL_PRECISION): BigFloat {
    if (Number.isNaN(value)) throw new RangeError("NaN is no number of the language");
    const negative = value < 0 || Object.is(value, -0);
    if (!Number.isFinite(value)) return BigFloat.infinity(negative, precision);
    let scaled = Math.abs(value);
    let exponent = 0;
    while (!Number.isInteger(scaled)) {
      scaled *= 2;
      exponent--;
    }
    return BigFloat.rounded(negative, BigInt(scaled), exponent, precision);
  }

  get isZero(): boolean {
    return !this.infinite && this.mantissa === 0n;
  }

  get isInteger(): boolean {
    return !this.infinite && this.exponent >= 0;
  }

  /** The integer part, rounded towards zero; zero for an infinity. */
  truncated(): bigint {
    const magnitude =
      this.exponent >= 0 ? this.mantissa << BigInt(this.exponent) : this.mantissa >> BigInt(-this.exponent);
    return this.negative ? -magnitude : magnitude;
  }

  negated(): BigFloat {
    return new BigFloat(!this.negative, this.mantissa, this.exponent, this.precision, this.infinite);
  }

  withPrecision(precision: number): BigFloat {
    if (this.infinite) return BigFloat.infinity(this.negative, precision);
    return BigFloat.rounded(this.negative, this.mantissa, this.exponent, precision);
  }

  /** The shortest decimal, without exponent, that reads back to this at its own precision; `+Inf`, `-Inf`. */
  get text(): string {
    this.shortest ??= this.infinite
      ? this.negative
        ? "-Inf"
        : "+Inf"
      : (this.negative ? "-" : "") + shortestDecimal(this.mantissa, this.exponent, this.precision);
    return this.shortest;
  }

  /** The nearest double. */
  toDouble(): number {
    if (this.infinite) return this.negative ? -Infinity : Infinity;
    // Rounded here first, so that the scaling below is exact (subnormal numbers round once more).
    const near = BigFloat.rounded(this.negative, this.mantissa, this.exponent, 53);
    const half = Math.trunc(near.exponent / 2);
    const magnitude = Number(near.mantissa) * 2 ** half * 2 ** (near.exponent - half);
    return near.negative ? -magnitude : magnitude;
  }
}

/** Number of bits of a magnitude; 0 for zero. */
export function bitLength(magnitude: bigint): number {
  if (magnitude === 0n) return 0;
  const text = magnitude.toString(16);
  return (text.length - 1) * 4 + (32 - Math.clz32(Number.parseInt(text.charAt(0), 16)));
}

function trailingZeros(magnitude: bigint): number {
  if (magnitude === 0n || (magnitude & 1n) === 1n) return 0;
  return bitLength(magnitude & -magnitude) - 1;
}
