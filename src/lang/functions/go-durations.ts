import { quoteText } from "./quote.ts";

const NANOSECONDS: ReadonlyMap<string, number> = new Map([
  ["ns", 1],
  ["us", 1e3],
  ["µs", 1e3],
  ["μs", 1e3],
  ["ms", 1e6],
  ["s", 1e9],
  ["m", 60e9],
  ["h", 3600e9],
]);

/** Reads `-1h30m`, `1.5h`, `0`: nanoseconds, or why the text is no duration. */
export function parseGoDuration(
  text: string,
): { readonly nanoseconds: bigint } | { readonly problem: string } {
  const invalid = { problem: `time: invalid duration ${quoteText(text)}` };
  const negative = text.startsWith("-");
  let rest = text.replace(/^[+-]/, "");
  if (rest === "0") return { nanoseconds: 0n };
  if (rest === "") return invalid;
  let total = 0n;
  while (rest !== "") {
    const match = /^(\d*)(?:\.(\d*))?([^\d.]*)/.exec(rest);
    const [whole = "", digits = "", fraction = "", unit = ""] = match ?? [];
    if (digits === "" && fraction === "") return invalid;
    if (unit === "") return { problem: `time: missing unit in duration ${quoteText(text)}` };
    const scale = NANOSECONDS.get(unit);
    if (scale === undefined) {
      return { problem: `time: unknown unit ${quoteText(unit)} in duration ${quoteText(text)}` };
    }
    const part = fraction === "" ? 0n : (BigInt(fraction) * BigInt(scale)) / 10n ** BigInt(fraction.length);
    total += BigInt(digits === "" ? "0" : digits) * BigInt(scale) + part;
    // An int64 of nanoseconds holds no more.
    if (total > 2n ** 63n - 1n) return invalid;
    rest = rest.slice(whole.length);
  }
  return { nanoseconds: negative ? -total : total };
}
