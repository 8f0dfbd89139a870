/**
 * Table 1 of the paper as it is printed: every method in every setting.
 *
 * @module
 */

/** The rows of Table 1. */
export const tableOneMethods = [
  "TEDI",
  "TEDI-Discrete",
  "TEDI-PICNN",
  "TEDI-PMA",
  "TEDI-MLP",
  "MD-MenuNet",
  "MD-GemNet",
  "MD-LotteryAMA",
  "MD-RegretNet",
  "VCG",
  "Separable-OPT",
  "Bundle-OPT",
] as const;

/** The name of a row. */
export type TableOneMethod = typeof tableOneMethods[number];

/** A printed value; `=0` is exactly 0, `<0` is below it, undefined where a method does not apply or was not tried. */
export type PrintedValue = number | "=0" | "<0" | undefined;

/** The columns, each with the canonical name of its setting, in the paper's order. */
const SETTINGS = (
  "U_{1,10}^{0,0} B_{1,10}^{0,0} U_{3,2}^{1,0} U_{3,10}^{1,0} U_{3,20}^{1,0} U_{3,30}^{1,0} U_{3,10}^{0,0.5} " +
  "U_{3,20}^{0,0.5} U_{3,30}^{0,0.5} B_{3,10}^{1,0} C_{3,10}^{1,0} C_{3,10}^{0,0.5} U_{10,10}^{0,0.5}"
).split(" ");

/** What is printed, column by column; `regret` is that of MD-RegretNet. */
const ROWS: Readonly<Record<TableOneMethod | "regret", string>> = {
  "TEDI": "3.4620 4.9128 0.2678 1.7285 3.8436 5.8771 2.1989 4.6609 7.1884 5.8090 2.2400 1.4101 7.3140",
  "TEDI-Discrete": "3.4292 3.4932 0.2463 1.4221 - - =0 - - 4.2375 1.7460 =0 -",
  "TEDI-PICNN": "3.4527 4.7256 0.1288 0.9798 - - 2.0337 - - 5.7548 1.5281 1.2192 -",
  "TEDI-PMA": "2.4867 4.9619 0.2297 0.8976 - - 1.8424 - - 5.7047 1.0720 1.1570 -",
  "TEDI-MLP": "=0 =0 =0 =0 - - =0 - - 0.2474 =0 =0 -",
  "MD-MenuNet": "3.4472 4.0565 - - - - - - - - - - -",
  "MD-GemNet": "- - 0.2748 1.4814 2.5325 5.2015 1.2848 1.8463 2.1646 1.3309 1.7893 0.6350 4.6830",
  "MD-LotteryAMA": "- - 0.2212 1.2050 2.5186 5.1290 0.3089 0.4914 0.3983 1.8118 1.7017 0.2286 <0",
  "MD-RegretNet": "3.5186 4.9444 0.4053 1.9053 5.0585 9.2974 2.1900 2.9527 0.4824 5.6432 2.9853 1.0874 3.1285",
  "regret": "0.0031 0.0141 0.0507 0.0409 0.2038 0.3080 0.2852 0.3664 0.0761 0.0171 0.0756 0.1537 0.7762",
  "VCG": "=0 =0 <0 <0 <0 <0 =0 =0 =0 <0 <0 =0 =0",
  "Separable-OPT": "2.5000 5.0000 0.2601 1.3019 2.6019 3.9059 1.8752 3.7501 5.6221 6.2507 1.4981 1.1894 6.2537",
  "Bundle-OPT": "3.4477 3.3059 =0 0.3616 2.5718 5.3308 0.4709 0.6652 0.8144 =0 1.4033 0.3319 1.5754",
};

/**
 * The principal's expected utility that the paper prints; undefined where it prints none.
 *
 * @param method A row, or `regret` for the regret of MD-RegretNet. `TEDI-Paper` is the row TEDI.
 * @param setting A canonical name, such as `U_{3,10}^{1,0}`.
 */
export function printedValue(method: string, setting: string): PrintedValue {
  const row = method === "TEDI-Paper" ? "TEDI" : method;
  const text = Object.hasOwn(ROWS, row) ? ROWS[row as TableOneMethod].split(" ")[SETTINGS.indexOf(setting)] : "-";
  if (text === undefined || text === "-") return undefined;
  return text === "=0" || text === "<0" ? text : Number(text);
}

/** A column of Table 1: a setting, and expected utilities of the principal as printed. */
export interface TableOneColumn {
  /** The canonical name of the setting. */
  readonly setting: string;
  /** The row "TEDI". */
  readonly tedi: number;
  /** The best of the rows VCG, Separable-OPT and Bundle-OPT. */
  readonly classical: number;
  /** The row that {@linkcode TableOneColumn.classical} stands in. VCG earns nothing anywhere. */
  readonly classicalMethod: "Separable-OPT" | "Bundle-OPT";
}

/** The 13 settings of Table 1, in the paper's order. */
export const tableOneSettings: readonly TableOneColumn[] = SETTINGS.map((setting) => {
  const value = (method: TableOneMethod) => Number(printedValue(method, setting)); // not a number where none is printed
  const classicalMethod = value("Bundle-OPT") > value("Separable-OPT") ? "Bundle-OPT" : "Separable-OPT";
  return { setting, tedi: value("TEDI"), classical: value(classicalMethod), classicalMethod };
});
