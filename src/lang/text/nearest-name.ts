/** Names further away than this are no typing mistakes. */
const FURTHEST = 2;

/**
 * The name that a mistyped one is probably meant to be: the nearest by edit distance, of several the first of the same
 * length, else the first. Undefined: none is near.
 */
export function nearestName(given: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  let smallest = FURTHEST + 1;
  for (const name of names) {
    const distance = editDistance(given, name) + (name.length === given.length ? 0 : TIE);
    if (distance < smallest) {
      smallest = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Decides between names at one distance. */
const TIE = 0.5;

/** Levenshtein's distance, or more than `FURTHEST` where the lengths alone decide. */
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > FURTHEST) return FURTHEST + 1;
  let previous = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
