/** One line of the closing table. */
export interface Row {
  readonly step: string;
  readonly sent: number;
  readonly failed: number;
  /** Requests in flight at a killed instance that may not be sent again. */
  readonly lost: number;
  /** Milliseconds from the decision to the acknowledged table; absent: nothing was switched. */
  readonly switched?: number;
  /** Milliseconds that the step's command took. */
  readonly took?: number;
  /** Milliseconds from the acknowledged switch to the last answer of the release that was left. */
  readonly lastOld?: number;
  /** Answers by version. */
  readonly versions: Readonly<Record<string, number>>;
}

const BAR_WIDTH = 24;

/** `1 ██████ 2 ██`: the share of each version among the answers. */
export function histogram(versions: Readonly<Record<string, number>>): string {
  const entries = Object.entries(versions).filter(([, count]) => count > 0);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return entries
    .map(
      ([version, count]) =>
        `${version} ${"█".repeat(Math.max(1, Math.round((count / total) * BAR_WIDTH)))} ${count}`,
    )
    .join("  ");
}

function milliseconds(duration: number | undefined): string {
  return duration === undefined ? "" : `${duration} ms`;
}

/** The table of steps as text. */
export function renderTable(rows: readonly Row[]): string {
  const header = ["step", "sent", "failed", "lost", "took", "switch", "last old", "answers by version"];
  const cells = rows.map((row) => [
    row.step,
    String(row.sent),
    String(row.failed),
    row.lost > 0 ? String(row.lost) : "",
    milliseconds(row.took),
    milliseconds(row.switched),
    milliseconds(row.lastOld),
    histogram(row.versions),
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => (row[column] ?? "").length)),
  );
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (column === row.length - 1) return cell;
        return column >= 1 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(header), line(widths.map((width) => "─".repeat(width))), ...cells.map(line)].join("\n");
}
