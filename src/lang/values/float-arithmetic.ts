import { BigFloat, bitLength, FULL_PRECISION } from "./big-float.ts";

/** An operation on numbers that has no result (infinities only). */
export interface FloatProblem {
  readonly problem: string;
}

/** Negative, zero or positive, as `a` is less than, equal to or greater than `b`, exactly. */
export function compareFloats(a: BigFloat, b: BigFloat): number {
  const difference = signOf(a) - signOf(b);
  if (difference !== 0 || signOf(a) === 0) return difference;
  const magnitude = compareMagnitudes(a, b);
  return a.negative ? 0 - magnitude : magnitude;
}

function signOf(value: BigFloat): number {
  if (value.isZero) return 0;
  return value.negative ? -1 : 1;
}

function compareMagnitudes(a: BigFloat, b: BigFloat): number {
  if (a.infinite || b.infinite) return Number(a.infinite) - Number(b.infinite);
  const top = bitLength(a.mantissa) + a.exponent - (bitLength(b.mantissa) + b.exponent);
  if (top !== 0) return top;
  const least = Math.min(a.exponent, b.exponent);
  const left = a.mantissa << BigInt(a.exponent - least);
  const right = b.mantissa << BigInt(b.exponent - least);
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The sum, rounded to the larger precision. */
export function addFloats(a: BigFloat, b: BigFloat): BigFloat | FloatProblem {
  const precision = Math.max(a.precision, b.precision);
  if (a.infinite || b.infinite) {
    if (a.infinite && b.infinite && a.negative !== b.negative) {
      return { problem: "can't add opposing infinities" };
    }
    return BigFloat.infinity(a.infinite ? a.negative : b.negative, precision);
  }
  if (a.isZero && b.isZero) return BigFloat.rounded(a.negative && b.negative, 0n, 0, precision);
  if (a.isZero) return b.withPrecision(precision);
  if (b.isZero) return a.withPrecision(precision);
  const far = farApart(a, b, precision);
  if (far !== undefined) return far;
  const least = Math.min(a.exponent, b.exponent);
  const sum =
    signed(a.mantissa << BigInt(a.exponent - least), a.negative) +
    signed(b.mantissa << BigInt(b.exponent - least), b.negative);
  return BigFloat.rounded(sum < 0n, sum < 0n ? -sum : sum, least, precision);
}

/** Bits beyond the precision from which the smaller operand cannot touch the result's last bit. */
const OUT_OF_REACH = 4;

/** The sum where one operand is too small to matter, so that 1e100000000 + 1 takes no memory. */
function farApart(a: BigFloat, b: BigFloat, precision: number): BigFloat | undefined {
  const topA = bitLength(a.mantissa) + a.exponent;
  const topB = bitLength(b.mantissa) + b.exponent;
  const [large, small] = topA > topB ? [a, b] : [b, a];
  const reach = Math.max(precision, large.precision) + OUT_OF_REACH;
  const distance = Math.abs(topA - topB);
  if (distance <= reach || distance <= bitLength(large.mantissa) + OUT_OF_REACH) return undefined;
  const shift = BigInt(reach + OUT_OF_REACH);
  const nudge = large.negative === small.negative ? 1n : -1n;
  return BigFloat.rounded(
    large.negative,
    (large.mantissa << shift) + nudge,
    large.exponent - Number(shift),
    precision,
  );
}

function signed(magnitude: bigint, negative: boolean): bigint {
  return negative ? -magnitude : magnitude;
}

/** The difference, rounded to the larger precision. */
export function subtractFloats(a: BigFloat, b: BigFloat): BigFloat | FloatProblem {
  if (a.infinite && b.infinite && a.negative === b.negative) {
    return { problem: "can't subtract infinity from itself" };
  }
  return addFloats(a, b.negated());
}

/** The product: rounded to 512 bits, and with the larger precision or as many bits as it needs. */
export function multiplyFloats(a: BigFloat, b: BigFloat): BigFloat | FloatProblem {
  const precision = Math.max(a.precision, b.precision);
  const negative = a.negative !== b.negative;
  if (a.infinite || b.infinite) {
    if (a.isZero || b.isZero) return { problem: "can't multiply zero by infinity" };
    return BigFloat.infinity(negative, precision);
  }
  const wide = BigFloat.rounded(
    negative,
    a.mantissa * b.mantissa,
    a.exponent + b.exponent,
    Math.max(FULL_PRECISION, precision),
  );
  // A product keeps all the bits that it needs, also where both factors have fewer.
  return wide.withPrecision(Math.max(precision, bitLength(wide.mantissa)));
}

/** The quotient, rounded to the larger precision; anything but zero through zero is infinite. */
export function divideFloats(a: BigFloat, b: BigFloat): BigFloat | FloatProblem {
  const precision = Math.max(a.precision, b.precision);
  const negative = a.negative !== b.negative;
  if (a.infinite && b.infinite) return { problem: "can't divide infinity by infinity" };
  if (a.isZero && b.isZero) return { problem: "can't divide zero by zero" };
  if (a.infinite || b.isZero) return BigFloat.infinity(negative, precision);
  if (b.infinite || a.isZero) return BigFloat.rounded(negative, 0n, 0, precision);
  return roundedRatio(negative, a.mantissa, b.mantissa, a.exponent - b.exponent, precision);
}

/** `numerator / denominator * 2^exponent`, rounded once. */
export function roundedRatio(
  negative: boolean,
  numerator: bigint,
  denominator: bigint,
  exponent: number,
  precision: number,
): BigFloat {
  const shift = Math.max(0, precision + 2 - (bitLength(numerator) - bitLength(denominator)));
  const shifted = numerator << BigInt(shift);
  const quotient = shifted / denominator;
  const sticky = quotient * denominator !== shifted ? 1n : 0n;
  return BigFloat.rounded(negative, (quotient << 1n) | sticky, exponent - shift - 1, precision);
}

/** The remainder of truncating division; `a` itself where `b` is zero. */
export function moduloFloats(a: BigFloat, b: BigFloat): BigFloat | FloatProblem {
  if (b.isZero) return a;
  if (a.infinite) return { problem: "can't divide infinity by infinity" };
  if (b.infinite) return a;
  const quotient = divideFloats(a.withPrecision(a.precision), b);
  if ("problem" in quotient) return quotient;
  const whole = BigFloat.integer(quotient.withPrecision(a.precision).truncated(), a.precision);
  const product = multiplyFloats(whole, b);
  if ("problem" in product) return product;
  const rest = subtractFloats(a, product.withPrecision(a.precision));
  return "problem" in rest ? rest : rest.withPrecision(a.precision);
}
