/**
 * Solves the linear program of an optimal menu (optimal_menu.ts), by rows as they are violated.
 *
 * @module
 */
import { HIGHS_OPTIMAL, type HighsBasis, type HighsModel, type HighsModelData, loadHighs } from "../../deps/highs.ts";
import { MachineError } from "../../errors.ts";
import type { OptimalMenu, WeightedTypes } from "./menu.ts";
import { type Envy, lagrangianBound } from "./dual_bound.ts";
import { menuRevenue } from "./menu_revenue.ts";

/** How much a type may gain by taking another's outcome until its row comes in, as a share of the largest type. */
const TOLERANCE = 1e-9;
/** Ever fewer rows come in: this many rounds are never needed. */
const MOST_ROUNDS = 200;
const AT_LOWER = 0, BASIC = 1, AT_UPPER = 2;

/** The optimal menu for types whose units cost `cost` each. */
export async function solveMenu(all: WeightedTypes, m: number, cost: number): Promise<OptimalMenu> {
  const { types, weights } = all, R = weights.length, largest = Math.max(...types, 1e-300);
  const model = (await loadHighs()).createModel();
  try {
    model.options.set({ output_flag: false });
    const rows: Envy[] = [], there = new Set<number>();
    // Everybody gets everything for nothing: feasible where no row is there yet, and a basis of the first program.
    let basis: HighsBasis = {
      colStatus: new Int32Array(R * (m + 1)).fill(AT_UPPER).fill(AT_LOWER, 0, R),
      rowStatus: new Int32Array(0),
    };
    for (let round = 1;; round++) {
      const rowStatus = new Int32Array(rows.length).fill(BASIC);
      rowStatus.set(basis.rowStatus);
      const { colValue, rowDual } = solved(model, program(all, m, cost, rows), { ...basis, rowStatus });
      basis = model.getBasis();
      const fresh = violated(all, m, colValue, TOLERANCE * largest).filter(({ of, by }) => !there.has(of * R + by));
      if (fresh.length === 0 || round === MOST_ROUNDS) {
        return menuOf(all, m, cost, colValue, lagrangianBound(all, m, cost, rows, rowDual));
      }
      for (const row of fresh) rows.push(row), there.add(row.of * R + row.by);
    }
  } finally {
    model.dispose();
  }
}

/** The menu of a solution, and what it earns. */
function menuOf(all: WeightedTypes, m: number, cost: number, columns: Float64Array, bound: number): OptimalMenu {
  const { types, weights } = all, R = weights.length;
  const outcomes = columns.slice(R).map((x) => Math.min(1, Math.max(0, x))), prices = new Float64Array(R);
  for (let r = 0; r < R; r++) {
    prices[r] = -columns[r];
    for (let j = 0; j < m; j++) prices[r] += types[r * m + j] * outcomes[r * m + j];
  }
  const menu = withoutRepeats(outcomes, prices, m);
  return { bound, revenue: Math.min(bound, menuRevenue(all, m, cost, menu)), ...menu };
}

/** The program with some of the rows; columns are utilities `[R]`, then outcomes `[R, m]`. */
function program({ types, weights }: WeightedTypes, m: number, cost: number, rows: readonly Envy[]): HighsModelData {
  const R = weights.length, numCols = R * (m + 1), numRows = rows.length, stored = numRows * (m + 2);
  const colCost = new Float64Array(numCols), colUpper = new Float64Array(numCols).fill(1);
  for (let r = 0; r < R; r++) {
    colCost[r] = weights[r], colUpper[r] = 0;
    for (let j = 0; j < m; j++) {
      colCost[R + r * m + j] = weights[r] * (cost - types[r * m + j]), colUpper[r] += types[r * m + j];
    }
  }
  const starts = new Int32Array(numRows + 1), indices = new Int32Array(stored), values = new Float64Array(stored);
  rows.forEach(({ of: r, by: s }, row) => {
    let at = row * (m + 2);
    indices[at] = r, values[at++] = 1, indices[at] = s, values[at++] = -1;
    for (let j = 0; j < m; j++) indices[at] = R + s * m + j, values[at++] = types[s * m + j] - types[r * m + j];
    starts[row + 1] = at;
  });
  return {
    ...{ numCols, numRows, colCost, colLower: new Float64Array(numCols), colUpper },
    ...{ rowLower: new Float64Array(numRows), rowUpper: new Float64Array(numRows).fill(Infinity) },
    matrix: { format: "csr", numRows, numCols, starts, indices, values },
  };
}

/** Solves a program from a basis, or from nothing where that leads nowhere. */
function solved(model: HighsModel, data: HighsModelData, basis: HighsBasis) {
  try {
    model.passModel(data);
    model.setBasis(basis);
    model.run();
    if (model.getModelStatus() !== HIGHS_OPTIMAL) {
      model.clearSolver();
      model.run();
    }
  } catch (cause) {
    throw new MachineError(`Cannot find the optimal menu: HiGHS failed: ${(cause as Error).message}`, { cause });
  }
  const status = model.getModelStatus();
  if (status !== HIGHS_OPTIMAL) {
    throw new MachineError(`Cannot find the optimal menu: HiGHS must end with an optimum, but has status ${status}`);
  }
  return model.getSolution();
}

/**
 * Of each type, the others whose outcomes it would rather have by more than `tolerance`, the largest gains first. All of
 * them come in at a time: with 10 for each type, 200 types of two goods took two to three times as long.
 */
function violated({ types, weights }: WeightedTypes, m: number, columns: Float64Array, tolerance: number): Envy[] {
  const R = weights.length, found: Envy[] = [];
  for (let r = 0; r < R; r++) {
    const gains: { by: number; gain: number }[] = [];
    for (let s = 0; s < R; s++) {
      let gain = columns[s] - columns[r];
      for (let j = 0; j < m; j++) gain += (types[r * m + j] - types[s * m + j]) * columns[R + s * m + j];
      if (gain > tolerance) gains.push({ by: s, gain });
    }
    gains.sort((a, b) => b.gain - a.gain);
    for (const { by } of gains) found.push({ of: r, by });
  }
  return found;
}

/** Entries that are the same but for the solver's tolerance, once. */
function withoutRepeats(outcomes: Float64Array, prices: Float64Array, m: number) {
  const seen = new Map<string, number>();
  prices.forEach((price, r) => {
    const name = [...outcomes.subarray(r * m, (r + 1) * m), price].map((number) => number.toFixed(7)).join();
    if (!seen.has(name)) seen.set(name, r);
  });
  const kept = [...seen.values()];
  return {
    outcomes: Float64Array.from(kept.flatMap((r) => [...outcomes.subarray(r * m, (r + 1) * m)])),
    prices: Float64Array.from(kept, (r) => prices[r]),
  };
}
