/**
 * Shows results: as a few lines of text on a console, as a table or a chart in a notebook.
 *
 * A result has a summary in words. Charts are drawn by a room further down, which loads only when somebody looks at
 * one: {@linkcode drawResultsWith} says where it is.
 *
 * @module
 */

/** A name, a value and, if there is more to say, a remark. */
export type Row = readonly [name: string, value: string, remark?: string];

/** What a result tells in words. */
export interface Summary {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** What a chart is drawn of: which kind of thing, and the thing itself. */
export interface Drawable {
  readonly kind: "mechanism" | "training";
  readonly subject: object;
}

/** Draws each kind of thing as SVG. */
export type Drawing = Readonly<Record<Drawable["kind"], (subject: never) => Promise<string>>>;

/** What a notebook shows: the same by media type. */
type MimeBundle = Readonly<Record<string, string>>;

let loadDrawing: (() => Promise<Drawing>) | undefined;

/** Says where drawing loads from. Without it results show themselves in words alone. */
export function drawResultsWith(load: () => Promise<Drawing>): void {
  loadDrawing = load;
}

/**
 * Lets a result show itself, in Deno's console and in its Jupyter kernel. What it holds stays as it is: both methods
 * have symbols as names, are not enumerable, and so are in no copy and no JSON.
 *
 * @param drawable What its chart is drawn of, if it has one.
 */
export function showing<T extends object>(result: T, summarize: () => Summary, drawable?: Drawable): T {
  const method = (value: () => unknown) => ({ value, enumerable: false, configurable: true, writable: true });
  return Object.defineProperties(result, {
    [Symbol.for("Deno.customInspect")]: method(() => asText(summarize())),
    [Symbol.for("Jupyter.display")]: method(async (): Promise<MimeBundle> => {
      const summary = summarize(), text = { "text/plain": asText(summary) };
      if (!drawable || !loadDrawing) return { ...text, "text/html": asHtml(summary) };
      const { kind, subject } = drawable, drawing = await loadDrawing();
      return { ...text, "image/svg+xml": await drawing[kind](subject as never) };
    }),
  });
}

/** Lines of text, in columns. */
function asText({ title, rows }: Summary): string {
  const width = (column: 0 | 1) => Math.max(0, ...rows.map((row) => row[column].length)) + 2;
  const [first, second] = [width(0), width(1)];
  const lines = rows.map(([name, value, remark = ""]) => `${name.padEnd(first)}${value.padEnd(second)}${remark}`);
  return [title, ...lines.map((line) => `  ${line.trimEnd()}`)].join("\n");
}

/** A table. */
function asHtml({ title, rows }: Summary): string {
  const cell = (text = "") => `<td style="text-align: left">${escapeMarkup(text)}</td>`;
  const lines = rows.map((row) => `<tr>${cell(row[0])}${cell(row[1])}${cell(row[2])}</tr>`);
  const caption = `<caption style="text-align: left; font-weight: bold">${escapeMarkup(title)}</caption>`;
  return `<table>${caption}<tbody>${lines.join("")}</tbody></table>`;
}

/** `1 good`, `2 goods`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A number with as many digits as one reads: 0, 0.5477, 12.3, 2.3e-9. */
export function short(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1e-3 ? String(Number(value.toPrecision(4))) : value.toExponential(1);
}

/** A text as HTML or SVG, be it between tags or in an attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
