const ESCAPE = "\u001b";
const SEQUENCES = new RegExp(`${ESCAPE}\\[[0-9;]*m`, "g");

/** Columns that a text takes on a terminal, without its colour sequences. */
export function visibleWidth(text: string): number {
  return text.replace(SEQUENCES, "").length;
}

/** Lines of aligned columns, two spaces between them; what is empty at the end of a line is left out. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, visibleWidth(cell))));
  }
  return rows.map((row) =>
    row
      .map((cell, index) => cell + " ".repeat((widths[index] ?? 0) - visibleWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
}
