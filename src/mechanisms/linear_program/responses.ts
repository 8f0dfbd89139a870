/**
 * Exact best responses by HiGHS: the highest utility first, and then the highest payment among equally good outcomes.
 *
 * @module
 */
import { type Highs, HIGHS_OPTIMAL, type HighsBasis, type HighsModel, loadHighs } from "../../deps/highs.ts";
import { InvalidInputError, MachineError, requireNumber } from "../../errors.ts";
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import { roundedPrice } from "../../networks/groupmax_price.ts";
import { forward } from "../../networks/reparameterisation.ts";
import { sortGoods } from "../../networks/sums_of_largest.ts";
import { groupMaxNetwork } from "../../networks/symmetric_groupmax.ts";
import {
  EQUAL_UTILITY,
  type ExactBestResponse,
  type ExactBestResponses,
  type ExactOptions,
} from "../exact_best_response.ts";
import { supportBelow, utilityBound } from "./certificate.ts";
import { affineMaps, cornerBasis, linearProgram } from "./program.ts";

/** Payments count as different where they differ by more than this. */
const DIFFERENT_PAYMENT = 1e-5;
/** How much utility the second stage may lose: half of EQUAL_UTILITY, which leaves room for the solver's tolerance. */
const SECOND_STAGE_LOSS = EQUAL_UTILITY / 2;

/** The implementation of `exactBestResponses` of linear_program.ts, where it is described. */
export async function prepareResponses(
  size: PartialGroupMaxSize,
  weights: Float32Array | Float64Array,
): Promise<ExactBestResponses> {
  const network = groupMaxNetwork(size), { goods: m, sumsOfLargest: symmetric = false } = size;
  if (weights.length !== network.weightCount || !weights.every(Number.isFinite)) {
    throw new InvalidInputError(
      `Cannot solve best responses: weights must be ${network.weightCount} finite numbers, got ${weights.length}` +
        (weights.length === network.weightCount ? ", not all of them finite" : ""),
    );
  }
  const { price } = roundedPrice(network.groupMax!, weights), slope = new Float64Array(m);
  const clamped = forward(network.groupMax!.weights(), weights, new Float64Array(weights.length));
  const maps = affineMaps(size, clamped), program = linearProgram(maps);
  const columns = program.numCols, lastRow = program.numRows - 1;
  const zeroOutcome = cornerBasis(maps, new Float64Array(m));
  const model = openModel(await loadHighs());
  // Programs take a few iterations for each row: the limit is for those that numbers of all sizes keep from ending.
  model.options.set({ simplex_iteration_limit: 1000 + 20 * (program.numRows + program.numCols) });
  attempt(() => model.passModel(program), () => model.dispose());

  const optimum = (basis: HighsBasis, costs: Float64Array) => {
    model.changeColsCost({ kind: "range", from: 0, to: columns - 1 }, costs);
    model.setBasis(basis);
    model.run();
    if (model.getModelStatus() !== HIGHS_OPTIMAL) {
      model.clearSolver(); // without the start, which was of no use
      model.run();
    }
    const status = model.getModelStatus();
    if (status !== HIGHS_OPTIMAL) {
      throw new MachineError(`Cannot solve a best response: HiGHS must end with an optimum, but has status ${status}`);
    }
    const { colValue, rowDual } = model.getSolution();
    return { outcome: colValue.slice(0, m).map((x) => Math.min(1, Math.max(0, x))), rowDual };
  };

  const solve = (type: ArrayLike<number>, { warm = zeroOutcome }: ExactOptions = {}): ExactBestResponse => {
    const start = performance.now();
    if (type.length !== m) {
      throw new InvalidInputError(`Cannot solve a best response: a type must be ${m} numbers, got ${type.length}`);
    }
    for (let j = 0; j < m; j++) requireNumber("solve a best response", `type[${j}]`, type[j], -1e6, 1e6);
    // Column k of the program is good order[k].
    const order = Int32Array.from({ length: m }, (_, j) => j);
    if (symmetric) sortGoods(type, order);
    const t = Float64Array.from(order, (good) => type[good]);
    const asReported = (outcome: Float64Array) => {
      const goods = new Float64Array(m);
      order.forEach((good, k) => goods[good] = outcome[k]);
      return goods;
    };
    const valued = (outcome: Float64Array) => {
      const payment = price(outcome, slope);
      return { outcome, payment, utility: outcome.reduce((sum, x, j) => sum + x * t[j], -payment) };
    };

    // First stage: the highest utility. The last row bounds nothing.
    model.changeRowBounds(lastRow, -Infinity, Infinity);
    const first = optimum(warm, program.colCost.map((cost, j) => j < m ? cost - t[j] : cost));
    const basis = model.getBasis(), bound = utilityBound(maps, supportBelow(maps, first.rowDual), t);
    let best = valued(first.outcome);
    if (best.utility < 0) best = valued(new Float64Array(m));

    // Second stage: the highest and the least payment with that utility. The last row is u(x), bounded from below.
    for (let j = 0; j < m; j++) model.changeCoefficient(lastRow, j, t[j] - maps.outFree[j]);
    model.changeRowBounds(lastRow, best.utility - SECOND_STAGE_LOSS, Infinity);
    const least = best.utility - EQUAL_UTILITY;
    const [highest, lowest] = [-1, 1].map((sign) => {
      const costs = new Float64Array(columns);
      for (let j = 0; j < m; j++) costs[j] = sign * t[j];
      const { outcome } = optimum(basis, costs), found = valued(outcome);
      // Coordinates that are almost 0 or 1 come from the utility that may be lost: rounding them undoes that.
      const corner = valued(outcome.map((x) => x < DIFFERENT_PAYMENT ? 0 : x > 1 - DIFFERENT_PAYMENT ? 1 : x));
      const better = corner.utility >= found.utility ? corner : found;
      return better.utility >= least ? better : best;
    });
    const chosen = highest.payment - best.payment > DIFFERENT_PAYMENT ? highest : best;
    const leastPayment = Math.min(best.payment, lowest.payment);
    const utility = Math.max(0, chosen.utility);
    return {
      ...{ outcome: asReported(chosen.outcome), payment: chosen.payment, utility, bound },
      gap: Math.max(0, bound - utility),
      ...{ tied: chosen.payment - leastPayment > DIFFERENT_PAYMENT, leastPayment, basis },
      seconds: (performance.now() - start) / 1000,
    };
  };

  return {
    solve: (type, options) => attempt(() => solve(type, options)),
    dispose: () => model.dispose(),
  };
}

/** Calls HiGHS, and makes its errors MachineErrors. */
function attempt<Result>(work: () => Result, onError: () => void = () => {}): Result {
  try {
    return work();
  } catch (cause) {
    if (cause instanceof InvalidInputError || cause instanceof MachineError) throw cause;
    onError();
    throw new MachineError(`Cannot solve a best response: HiGHS failed: ${(cause as Error).message}`, { cause });
  }
}

function openModel(highs: Highs): HighsModel {
  const model = highs.createModel();
  // The tightest tolerances that HiGHS takes, and the smallest weights that it does not treat as 0.
  const tight = { primal_feasibility_tolerance: 1e-10, dual_feasibility_tolerance: 1e-10, small_matrix_value: 1e-12 };
  // Strategy 4 is the primal simplex method, as all starts are feasible bases.
  model.options.set({ output_flag: false, presolve: "off", simplex_strategy: 4, ...tight });
  return model;
}
