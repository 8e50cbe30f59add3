/** Decimal digits without leading or trailing zeros, and how many of them stand before the point (may be < 0). */
interface Digits {
  readonly digits: string;
  readonly point: number;
}

/**
 * The shortest decimal text, never with an exponent, that a reader at `precision` bits takes for
 * `mantissa * 2^exponent`.
 */
export function shortestDecimal(mantissa: bigint, exponent: number, precision: number): string {
  if (mantissa === 0n) return "0";
  return layOut(shortestDigits(mantissa, exponent, precision));
}

/** All digits of `mantissa * 2^exponent`, whatever a reader would take for it. */
export function exactDigits(mantissa: bigint, exponent: number): Digits {
  if (mantissa === 0n) return { digits: "", point: 0 };
  const text =
    exponent >= 0
      ? (mantissa << BigInt(exponent)).toString()
      : (mantissa * 5n ** BigInt(-exponent)).toString();
  return { digits: trimZeros(text), point: text.length - Math.max(0, -exponent) };
}

function layOut({ digits, point }: Digits): string {
  if (point <= 0) return `0.${"0".repeat(-point)}${digits}`;
  if (point >= digits.length) return digits + "0".repeat(point - digits.length);
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
}

function shortestDigits(mantissa: bigint, exponent: number, precision: number): Digits {
  // The half-way points to the neighbours, as integers over a common power of ten.
  const spare = precision - mantissa.toString(2).length;
  const full = mantissa << BigInt(Math.max(0, spare));
  const scale = exponent - Math.max(0, spare) - 1;
  const inclusive = (full & 1n) === 0n;
  const factor = scale >= 0 ? 1n << BigInt(scale) : 5n ** BigInt(-scale);
  const upperText = ((2n * full + 1n) * factor).toString();
  const width = upperText.length;
  const point = width - Math.max(0, -scale);
  const text = (2n * full * factor).toString().padStart(width, "0");
  const upper = trimZeros(upperText);
  const lower = trimZeros(((2n * full - 1n) * factor).toString().padStart(width, "0"));
  const digits = trimZeros(text);
  for (let at = 0; at < digits.length; at++) {
    const digit = digitAt(digits, at);
    const below = digitAt(lower, at);
    const above = digitAt(upper, at);
    const down = below !== digit || (inclusive && at + 1 === lower.length);
    const up = digit !== above && (inclusive || digit + 1 < above || at + 1 < upper.length);
    if (!down && !up) continue;
    if (up && (!down || roundsUp(digits, at + 1))) {
      const raised = increment(digits, at);
      return normalized(raised, point + raised.length - at - 1);
    }
    return normalized(digits.slice(0, at + 1), point);
  }
  return normalized(digits, point);
}

function digitAt(digits: string, at: number): number {
  return at < digits.length ? digits.charCodeAt(at) - 48 : 0;
}

/** Adds one in the last place of the digits up to `at`; a carry out of the first digit makes them longer. */
function increment(digits: string, at: number): string {
  return (BigInt(digits.slice(0, at + 1)) + 1n).toString().padStart(at + 1, "0");
}

/** Whether cutting to `length` digits rounds up: to nearest, half to even. */
function roundsUp(digits: string, length: number): boolean {
  const next = digitAt(digits, length);
  if (next === 5 && length + 1 === digits.length) return digitAt(digits, length - 1) % 2 === 1;
  return next >= 5;
}

function trimZeros(digits: string): string {
  let end = digits.length;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return digits.slice(0, end);
}

/** Drops leading zeros, which moves the point. */
function normalized(digits: string, point: number): Digits {
  const first = digits.search(/[1-9]/);
  return { digits: trimZeros(digits.slice(first)), point: point - first };
}

/** Rounds digits to `count` places after the point, half to even, and lays them out with exactly that many. */
export function fixedDecimal({ digits, point }: Digits, count: number): string {
  const length = point + count;
  let kept = "0";
  if (length >= 0) {
    const cut = digits.slice(0, length).padEnd(length, "0");
    const up = length < digits.length && roundsUp(digits, length);
    kept = (BigInt(cut === "" ? "0" : cut) + (up ? 1n : 0n)).toString();
  }
  const padded = kept.padStart(count + 1, "0");
  return count === 0 ? padded : `${padded.slice(0, -count)}.${padded.slice(-count)}`;
}

/** Rounds digits to `count` significant ones, half to even. */
export function significantDigits({ digits, point }: Digits, count: number): Digits {
  if (digits.length <= count) return { digits, point };
  if (!roundsUp(digits, count)) return { digits: trimZeros(digits.slice(0, count)), point };
  const raised = increment(digits, count - 1);
  return { digits: trimZeros(raised), point: point + raised.length - count };
}
