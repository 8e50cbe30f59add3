/** Longer sequences than this are compared from both ends only: the table grows with the product of the lengths. */
const LARGEST_TABLE = 4_000_000;

/** The pairs of positions of a longest common subsequence, in order. */
export function longestCommonSubsequence<T>(
  before: readonly T[],
  after: readonly T[],
  same: (a: T, b: T) => boolean,
): (readonly [number, number])[] {
  const equal = (left: number, right: number): boolean => {
    const a = before[left];
    const b = after[right];
    return a !== undefined && b !== undefined && same(a, b);
  };
  let head = 0;
  while (head < before.length && head < after.length && equal(head, head)) head++;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    equal(before.length - 1 - tail, after.length - 1 - tail)
  ) {
    tail++;
  }
  const pairs: (readonly [number, number])[] = [];
  for (let index = 0; index < head; index++) pairs.push([index, index]);
  pairs.push(...middle(before.length - head - tail, after.length - head - tail, head, equal));
  for (let index = tail; index > 0; index--) pairs.push([before.length - index, after.length - index]);
  return pairs;
}

function middle(
  rows: number,
  columns: number,
  offset: number,
  equal: (left: number, right: number) => boolean,
): (readonly [number, number])[] {
  if (rows === 0 || columns === 0 || rows * columns > LARGEST_TABLE) return [];
  const width = columns + 1;
  const lengths = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => lengths[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row--) {
    for (let column = columns - 1; column >= 0; column--) {
      lengths[row * width + column] = equal(offset + row, offset + column)
        ? at(row + 1, column + 1) + 1
        : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const pairs: (readonly [number, number])[] = [];
  for (let row = 0, column = 0; row < rows && column < columns;) {
    if (equal(offset + row, offset + column)) {
      pairs.push([offset + row, offset + column]);
      row++;
      column++;
    } else if (at(row + 1, column) >= at(row, column + 1)) row++;
    else column++;
  }
  return pairs;
}
