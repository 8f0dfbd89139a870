/** Tables as text in Markdown. */

/** A table: rows of text, the first of which is the head. The first `left` columns are words, the others figures. */
export interface Table {
  readonly rows: readonly (readonly string[])[];
  readonly left: number;
}

/** A table in Markdown as `deno fmt` aligns it; a sentence where it has no rows. */
export function alignedMarkdown({ rows, left }: Table): string {
  if (rows.length === 1) return "_No cells yet._";
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => [...row[column]].length)));
  const padded = rows.map((row) =>
    row.map((text, column) => {
      const space = " ".repeat(widths[column] - [...text].length);
      return column < left ? text + space : space + text;
    })
  );
  const rule = widths.map((width, column) => column < left ? "-".repeat(width) : `${"-".repeat(width - 1)}:`);
  return [padded[0], rule, ...padded.slice(1)].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
