/**
 * Finds out whether numbers of a table have a decimal point or a decimal comma.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import { type DecimalMark, markOf } from "./numbers.ts";
import { columnName, type Rows } from "./rows.ts";

/**
 * The decimal mark of a table. `1,5` has a comma and `0.123` a point; `1,234` may be either. Where no number decides, a
 * comma before three digits separates thousands if commas are also between columns, and a point is a decimal point.
 *
 * @throws {InvalidInputError} where two numbers contradict each other, or a comma may mean either.
 */
export function foundMark(
  { cells, places, names }: Rows,
  delimiter: string,
  what: string,
  notes: string[],
): DecimalMark {
  const first: Partial<Record<DecimalMark | "either point" | "either comma", { where: string; text: string }>> = {};
  for (let r = 0; r < cells.length; r++) {
    for (let k = 0; k < cells[r].length; k++) {
      const text = cells[r][k], mark = markOf(text);
      if (mark && !first[mark]) first[mark] = { where: `${places[r]}, ${columnName(names, k)}`, text };
    }
  }
  const { point, comma } = first;
  if (point && comma) {
    throw new InvalidInputError(
      `Cannot read types from ${what}: numbers must all have a decimal point or all a decimal comma, ` +
        `got ${show(point.text)} in ${point.where} and ${show(comma.text)} in ${comma.where}; ` +
        "write them alike, or choose columns with --columns",
    );
  }
  if (point) return "point";
  if (comma) return "comma";
  const eitherComma = first["either comma"], eitherPoint = first["either point"];
  if (eitherComma && delimiter !== ",") {
    throw new InvalidInputError(
      `Cannot read types from ${what}: ${eitherComma.where} must say whether its comma separates thousands, ` +
        `got ${show(eitherComma.text)}; --decimal point or --decimal comma says it`,
    );
  }
  if (eitherPoint && delimiter === ";") {
    notes.push(`${show(eitherPoint.text)} has a decimal point; --decimal comma takes it for thousands`);
  }
  if (eitherComma) {
    notes.push(`${show(eitherComma.text)} has a separator of thousands; --decimal comma takes it otherwise`);
  }
  return "point";
}
