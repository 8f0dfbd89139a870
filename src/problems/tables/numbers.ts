/**
 * Numbers as people write them in tables: with a decimal comma or point, separators of thousands, a currency, percent.
 *
 * @module
 */

/** Which character stands before the fraction. */
export const DECIMAL_MARKS = ["point", "comma"] as const;
/** One of them. */
export type DecimalMark = typeof DECIMAL_MARKS[number];

/** What a cell is. */
export interface Cell {
  /** The number; undefined where it is none. */
  readonly value?: number;
  /** True where nothing is said, as in an empty cell or `NA`. */
  readonly missing?: boolean;
  /** The currency of the number, as it is written. */
  readonly currency?: string;
  /** True where the number is in percent; the value is a hundredth of what is written. */
  readonly percent?: boolean;
}

const PLAIN = /^\d+\.?\d*(e[+-]?\d+)?$/i;
const MISSING = /^(|[-\u2013\u2014]+|\?+|\.+|#?n\/?a|#n\/?v|nan|null|none|missing|k\.\s?a\.|n\.\s?a\.)$/i;
/** A currency before or after a number: a sign, or one of some abbreviations. */
const CURRENCY =
  "(?:[A-Z]{0,3}\\p{Sc}|EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|HUF|RON|INR|AUD|CAD|NZD|BRL|MXN|ZAR|" +
  "KRW|SGD|HKD|ILS|TRY|kr\\.?|Fr\\.?|z\u0142|K\u010d|Ft|lei)";
const AMOUNT = new RegExp(
  String
    .raw`^([-+\u2212(]?)\s*(${CURRENCY})?\s*([-+\u2212]?)(\d[\d.,' \u00a0\u202f\u2019]*|[.,]\d+)(e[+-]?\d+)?\s*(%|${CURRENCY})?\s*\)?$`,
  "u",
);
const LOWER = /e(?=[+-]?\d)/i;

/** What a number is made of, before it is known what its points and commas mean. */
interface Amount {
  readonly sign: number;
  readonly digits: string;
  readonly exponent: string;
  readonly currency?: string;
  readonly percent: boolean;
}

function amountOf(text: string): Amount | undefined {
  const match = AMOUNT.exec(text.replace(LOWER, "e"));
  if (!match) return undefined;
  const [, first, before, second, digits, exponent = "", after] = match;
  const percent = after === "%", currency = before ?? (percent ? undefined : after);
  if (before !== undefined && after !== undefined && !percent) return undefined;
  const negative = /[-\u2212(]/.test(first + second);
  return { sign: negative ? -1 : 1, digits: digits.trim(), exponent, currency, percent };
}

/** Whether a cell's text may be a number, whatever its points and commas mean. */
export function looksLikeNumber(text: string): boolean {
  return PLAIN.test(text) || amountOf(text) !== undefined;
}

/** Whether nothing is said in a cell. */
export function isMissing(text: string): boolean {
  return MISSING.test(text);
}

/** What a cell says of the decimal mark: which one it must be; `thousands` where it is one of two; nothing. */
export function markOf(text: string): DecimalMark | "either point" | "either comma" | undefined {
  if (/^\d*\.?\d{0,2}$/.test(text)) return text.includes(".") ? "point" : undefined;
  const amount = amountOf(text);
  if (!amount) return undefined;
  const { digits } = amount, points = digits.split(".").length - 1, commas = digits.split(",").length - 1;
  if (points > 0 && commas > 0) return digits.lastIndexOf(".") > digits.lastIndexOf(",") ? "point" : "comma";
  if (points > 1) return "comma"; // 1.234.567
  if (commas > 1) return "point";
  if (points + commas === 0) return undefined;
  const [whole, fraction] = digits.split(/[.,]/), mark = points > 0 ? "point" : "comma";
  if (fraction.length !== 3 || !/^[1-9]\d{0,2}$/.test(whole) || amount.exponent !== "") return mark;
  return mark === "point" ? "either point" : "either comma";
}

/** Reads a cell whose text has no spaces around it. A cell that is neither missing nor a number is nothing. */
export function readCell(text: string, decimal: DecimalMark): Cell {
  if (PLAIN.test(text) && (decimal === "point" || !text.includes("."))) return { value: Number(text) };
  if (isMissing(text)) return { missing: true };
  const amount = amountOf(text);
  if (!amount) return {};
  const { sign, digits, exponent, currency, percent } = amount;
  const [point, comma] = decimal === "point" ? [".", ","] : [",", "."];
  const [whole, fraction = "", ...more] = digits.split(point);
  if (more.length > 0 || /[^\d]/.test(fraction)) return {};
  // Separators of thousands stand before groups of three digits.
  const groups = whole.split(new RegExp(String.raw`[${comma}' \u00a0\u202f\u2019]`));
  if (
    !groups.every((group, k) =>
      /^\d*$/.test(group) && (k === 0 ? groups.length === 1 || group.length <= 3 && group !== "" : group.length === 3)
    )
  ) {
    return {};
  }
  const value = sign * Number(`${groups.join("") || "0"}.${fraction || "0"}${exponent}`) / (percent ? 100 : 1);
  return { value, ...currency !== undefined && { currency }, ...percent && { percent } };
}
