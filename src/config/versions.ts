interface Version {
  readonly numbers: readonly number[];
  /** After the dash; empty for a release. */
  readonly preview: string;
}

function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+(?:\.\d+){0,2})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?$/.exec(text.trim());
  if (match?.[1] === undefined) return undefined;
  return { numbers: match[1].split(".").map(Number), preview: match[2] ?? "" };
}

function compareVersions(a: Version, b: Version): number {
  for (let at = 0; at < 3; at++) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0);
    if (difference !== 0) return difference;
  }
  if (a.preview === b.preview) return 0;
  if (a.preview === "" || b.preview === "") return a.preview === "" ? 1 : -1;
  return a.preview < b.preview ? -1 : 1;
}

function meetsOne(version: Version, operator: string, wanted: Version): boolean {
  // A preview is only ever asked for by its exact version.
  if (version.preview !== "" && wanted.preview === "" && operator !== "!=") return false;
  const order = compareVersions(version, wanted);
  switch (operator) {
    case ">=":
      return order >= 0;
    case "<=":
      return order <= 0;
    case ">":
      return order > 0;
    case "<":
      return order < 0;
    case "!=":
      return order !== 0;
    case "~>": {
      const fixed = Math.max(1, wanted.numbers.length - 1);
      return (
        order >= 0 && wanted.numbers.slice(0, fixed).every((number, at) => version.numbers[at] === number)
      );
    }
    default:
      return order === 0;
  }
}

/** Whether a version meets a constraint such as `>= 1.2, < 2.0` or `~> 1.5`; undefined where it is none. */
export function meetsConstraint(version: string, constraint: string): boolean | undefined {
  const actual = parseVersion(version);
  if (actual === undefined) return undefined;
  let met = true;
  for (const part of constraint.split(",")) {
    const match = /^\s*(>=|<=|!=|~>|>|<|=)?\s*(\S+)\s*$/.exec(part);
    const wanted = match?.[2] === undefined ? undefined : parseVersion(match[2]);
    if (wanted === undefined) return undefined;
    met &&= meetsOne(actual, match?.[1] ?? "=", wanted);
  }
  return met;
}
