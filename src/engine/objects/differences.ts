import {
  type AttributePath,
  type CompoundValue,
  equalValues,
  isCompound,
  isNull,
  isUnknown,
  stepTo,
  typeOf,
  unmark,
  type Value,
  containsUnknown,
} from "../../lang/index.ts";

/** Whether two values are surely equal: known, and the same. Marks are not compared. */
export function surelyEqual(a: Value, b: Value): boolean {
  if (a === b && !containsUnknown(a)) return true;
  if (typeOf(a) !== typeOf(b)) return false;
  return unmark(equalValues(a, b)).value === true;
}

/** One place where what a provider gave breaks what it had promised. */
export interface Broken {
  readonly path: AttributePath;
  readonly reason: string;
}

/** Where `actual` differs from what `planned` promised: every known part must be the same. Values without marks. */
export function brokenPromises(planned: Value, actual: Value, path: AttributePath = []): Broken[] {
  if (planned === actual || isUnknown(planned)) return [];
  if (isUnknown(actual)) return [{ path, reason: "was known, but is unknown now" }];
  if (isNull(planned) || isNull(actual)) {
    if (isNull(planned) === isNull(actual)) return [];
    return [
      { path, reason: isNull(actual) ? "was present, but is absent now" : "was absent, but is present now" },
    ];
  }
  if (!isCompound(planned) || !isCompound(actual)) {
    return surelyEqual(planned, actual) ? [] : [{ path, reason: "has another value than was planned" }];
  }
  if (planned.kind !== actual.kind)
    return [{ path, reason: `was a ${planned.kind}, but is a ${actual.kind} now` }];
  if (planned.kind === "set") return brokenSet(planned, actual, path);
  if (planned.kind === "map" || planned.kind === "object") return brokenMembers(planned, actual, path);
  if (planned.items.length !== actual.items.length) {
    return [{ path, reason: `had ${planned.items.length} elements, but has ${actual.items.length} now` }];
  }
  return planned.items.flatMap((item, at) => {
    const other = actual.items[at];
    return other === undefined ? [] : brokenPromises(item, other, [...path, stepTo(planned, at)]);
  });
}

function brokenSet(planned: CompoundValue, actual: CompoundValue, path: AttributePath): Broken[] {
  if (planned.containsUnknown) {
    return actual.items.length <= planned.items.length
      ? []
      : [{ path, reason: "has more elements than were planned" }];
  }
  return surelyEqual(planned, actual) ? [] : [{ path, reason: "has other elements than were planned" }];
}

function brokenMembers(planned: CompoundValue, actual: CompoundValue, path: AttributePath): Broken[] {
  const keysOf = (value: CompoundValue) =>
    value.kind === "map" || value.kind === "object" ? value.keys : [];
  const memberOf = (value: CompoundValue, key: string) =>
    value.kind === "map" || value.kind === "object" ? value.get(key) : undefined;
  const broken: Broken[] = [];
  for (const [at, key] of keysOf(planned).entries()) {
    const before = planned.items[at];
    const after = memberOf(actual, key);
    const deeper = [...path, stepTo(planned, at)];
    if (before === undefined) continue;
    if (after === undefined) broken.push({ path: deeper, reason: "was present, but is absent now" });
    else broken.push(...brokenPromises(before, after, deeper));
  }
  for (const [at, key] of keysOf(actual).entries()) {
    if (memberOf(planned, key) === undefined) {
      broken.push({ path: [...path, stepTo(actual, at)], reason: "was absent, but is present now" });
    }
  }
  return broken;
}
