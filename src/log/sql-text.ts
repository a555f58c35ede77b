// Texts as SQL has them, where DuckDB takes no parameter: names of files, settings, views.

export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
