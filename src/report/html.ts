/**
 * HTML of pages: documents that load nothing, figures, tables.
 *
 * Every text is escaped on its way in, whoever wrote it; a policy in a page forbids whatever else a browser would do.
 *
 * @module
 */
import { escapeMarkup } from "../display.ts";
import { parseEmpiricalName } from "../problems/empirical_name.ts";
import { type Chart, svgParts } from "./chart.ts";
import { STYLE } from "./style.ts";

/** What a page forbids the browser: everything but its own style, and what `more` allows. */
export function policy(more = ""): string {
  return `default-src 'none'; style-src 'unsafe-inline'${more}`;
}

/** A page. `head` and `end` are for what most pages do not have; `title` is a text, all else is HTML. */
export function page(
  { title, main, head = "", end = "", style = STYLE, allowed }: {
    readonly title: string;
    readonly main: string;
    readonly head?: string;
    /** What comes after `main`. */
    readonly end?: string;
    readonly style?: string;
    /** More of a policy than every page has. */
    readonly allowed?: string;
  },
): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy(allowed)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeMarkup(title)}</title>
<style>${style}</style>
${head}</head>
<body>
<main>
${main}
</main>
${end}</body>
</html>
`;
}

/**
 * The name of a problem as HTML; that of a setting, such as `U_{1,2}^{0,0}`, as one writes it by hand; of a table the
 * name of its file.
 */
export function notation(name: string): string {
  const [, letter, below, above] = /^([A-Z])_\{([\d.,]+)\}\^\{([\d.,]+|unit)\}$/.exec(name) ?? [];
  if (letter === undefined) return escapeMarkup(parseEmpiricalName(name)?.table ?? name);
  return `${letter}<span class="scripts"><sup>${above}</sup><sub>${below}</sub></span>`;
}

/** The charts, each in a figure: side by side, in a row of small ones, or one as tall as it is. */
export function figures(charts: readonly Chart[], layout?: "row" | "tall"): string {
  const list = charts.map((chart) => (
    `<figure>\n${inline(chart)}\n<figcaption>${escapeMarkup(chart.caption)}</figcaption>\n</figure>`
  ));
  return `<div class="charts${layout ? ` ${layout}` : ""}">\n${list.join("\n")}\n</div>`;
}

/** The SVG of a chart within a page: as wide as there is place. */
function inline(chart: Chart): string {
  const { attributes, body } = svgParts(chart), [box] = /viewBox="[\d. -]+"/.exec(attributes)!;
  return `<svg ${box} role="img" aria-label="${escapeMarkup(chart.alt)}">${body}`;
}

/** A table. Its first column names the rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], caption: string): string {
  const line = (tag: string, cells: readonly string[]) =>
    `<tr>${
      cells.map((text, k) => {
        const scope = tag === "th" ? ' scope="col"' : k === 0 ? ' scope="row"' : "", name = k === 0 ? "th" : tag;
        return `<${name}${scope}>${escapeMarkup(text)}</${name}>`;
      }).join("")
    }</tr>`;
  return `<div class="wide" tabindex="0" role="region" aria-label="${escapeMarkup(caption)}"><table style="min-width: ${
    6.5 * head.length
  }rem">
<caption>${escapeMarkup(caption)}</caption>
<thead>${line("th", head)}</thead>
<tbody>
${rows.map((row) => line("td", row)).join("\n")}
</tbody>
</table></div>`;
}

/** `0.8 s`, `45 s`, `2:33 min`, `1:05 h`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds), minutes = Math.floor(whole / 60);
  const two = (number: number) => String(number).padStart(2, "0");
  if (whole < 60) return `${whole} s`;
  return minutes < 60 ? `${minutes}:${two(whole % 60)} min` : `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`;
}
