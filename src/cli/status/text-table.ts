// Rows of cells as lines of text with aligned columns.

export type Alignment = 'left' | 'right';

/** Two blanks between columns, none at the end of a line. Every row has as many cells as `columns`. */
export function tableLines(
  columns: readonly Alignment[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = columns.map((_, column) =>
    Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => {
    const cells = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return columns[column] === 'right' ? cell.padStart(width) : cell.padEnd(width);
    });
    return cells.join('  ').trimEnd();
  });
}
