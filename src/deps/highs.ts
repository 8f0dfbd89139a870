/**
 * HiGHS 1.15 as WebAssembly, npm's highs 1.15.3: solves linear programs.
 * Chosen because it is the fastest open solver that needs nothing installed, gives dual values, and takes a basis to
 * begin from.
 *
 * It is 3.5 MB and takes a fifth of a second to load, so nothing loads it until a linear program is solved.
 *
 * @module
 */

/** A linear program: minimise <colCost, x> with colLower <= x <= colUpper and rowLower <= A x <= rowUpper. */
export interface HighsModelData {
  readonly numCols: number;
  readonly numRows: number;
  readonly colCost: Float64Array;
  readonly colLower: Float64Array;
  readonly colUpper: Float64Array;
  readonly rowLower: Float64Array;
  readonly rowUpper: Float64Array;
  /** A by rows: the entries of row r are at starts[r] up to, but not including, starts[r + 1]. */
  readonly matrix: {
    readonly format: "csr";
    readonly numRows: number;
    readonly numCols: number;
    readonly starts: Int32Array;
    readonly indices: Int32Array;
    readonly values: Float64Array;
  };
}

/** The status of columns and rows: 0 at their lower bound, 1 basic, 2 at their upper bound, 3 free at 0. */
export interface HighsBasis {
  /** Of each column. */
  readonly colStatus: Int32Array;
  /** Of each row. */
  readonly rowStatus: Int32Array;
}

/** Values of a solution, and its duals. */
export interface HighsSolution {
  readonly colValue: Float64Array;
  readonly rowDual: Float64Array;
}

/** The part of a model of HiGHS that is used here. It lives until `dispose`. */
export interface HighsModel {
  readonly options: { set(options: Readonly<Record<string, string | number | boolean>>): void };
  /** Replaces the program. */
  passModel(data: HighsModelData): void;
  changeColsCost(columns: HighsRange, costs: Float64Array): void;
  changeRowBounds(row: number, lower: number, upper: number): void;
  changeCoefficient(row: number, column: number, value: number): void;
  setBasis(basis: HighsBasis): void;
  getBasis(): HighsBasis;
  /** Solves, from the basis that is there. */
  run(): void;
  /** 7 for an optimal solution. */
  getModelStatus(): number;
  getSolution(): HighsSolution;
  /** Forgets basis and solution. */
  clearSolver(): void;
  dispose(): void;
}

/** Consecutive columns, both ends included. */
export interface HighsRange {
  readonly kind: "range";
  readonly from: number;
  readonly to: number;
}

/** The part of HiGHS that is used here. */
export interface Highs {
  createModel(): HighsModel;
}

/** The status of a model with an optimal solution. */
export const HIGHS_OPTIMAL = 7;

let loaded: Promise<Highs> | undefined;

/** Loads HiGHS, once. */
export function loadHighs(): Promise<Highs> {
  loaded ??= import("npm:highs@1.15.3").then((module) => (module.default as unknown as () => Promise<Highs>)());
  return loaded;
}
