/**
 * Affine maximizer auctions of goods that exist once, with a convex network as their boost.
 *
 * Outcomes are x in [0, 1]^{n x m} with sum_i x_ij <= 1 for each good j. The mechanism implements the x* that maximises
 *
 *   A(x; t) = sum_i w_i <t_i, x_i> - f(x)
 *
 * for weights w_i > 0 and a boost f that is convex with f(0) = 0 ({@linkcode "../networks/boost.ts"}), and participant i
 * pays p_i = (V_{-i} - A_{-i}(x*)) / w_i with A_{-i}(x) = A(x) - w_i <t_i, x_i> and V_{-i} = max_x A_{-i}(x).
 *
 * - Feasible: x* is chosen among feasible outcomes.
 * - Truthful: u_i = <t_i, x*_i> - p_i = (A(x*; t) - V_{-i}) / w_i, and V_{-i} does not depend on what i reports. What i
 *   reports chooses x only, and the truth chooses the one with the largest A(x; t).
 * - Individually rational: V = max_x A(x; t) >= max_x A_{-i}(x) = V_{-i}, as types are at least 0.
 *
 * All hold for every f and w (Roberts, "The characterization of implementable choice rules", 1979), up to the certified
 * gaps: n + 1 maximisations for a type profile.
 *
 * @module
 */
import { showing, type Summary } from "../display.ts";
import { InvalidInputError, requireInteger } from "../errors.ts";
import { addTo, emptyOutcomes, outcomesOf, type OutcomesTask, outcomesTask } from "./affine_maximizer_outcomes.ts";
import {
  type AffineMaximizer as Maximizer,
  affineMaximizer as maximizerOf,
  unitSupply,
} from "../kernels/best_responses/affine_maximum.ts";
import {
  bindBoost,
  boosts,
  type BoostShape,
  type BoostSize,
  type BoundTerm,
  participantWeights,
  termInputs,
} from "../networks/boost.ts";
import { LARGEST_MAGNITUDE } from "../networks/groupmax_price.ts";
import { letEventsIn } from "../runtime/event_loop.ts";
import { mapTasks } from "../runtime/task_workers.ts";
import { type HostTensor, requireTensor } from "../runtime/host_tensor.ts";
import { flatTypes, type Mechanism, type MechanismResult, type TypeProfiles } from "./mechanism.ts";
import { inUnit, type MechanismUnits, networkTypes, PLAIN_UNITS } from "./units.ts";

/** The data of an affine maximizer, as a mechanism file has it. */
export interface AffineMaximizerData {
  /** The name of the problem that it is for. */
  readonly problem: string;
  /** n, m, and what is exchangeable. */
  readonly shape: BoostShape;
  /** The sizes of the networks of its boost. */
  readonly boost: BoostSize;
  /** The unit of types and payments; left out where types are in [0, 1]. Parameters are in the boost's unit. */
  readonly units?: MechanismUnits;
  /** The parameters of the boost, by name. */
  readonly parameters: Readonly<Record<string, HostTensor>>;
}

/** An affine maximizer auction of goods that exist once. */
export interface AffineMaximizer extends Mechanism, AffineMaximizerData {
  /** What it is. */
  readonly method: "TEDI-AMA";
  /** w `[n]`, 1 in the mean. */
  readonly weights: Float64Array;
  /**
   * Prices p_i(x; t_-i) `[B, n, N]` of N outcomes for each participant: the menu that everybody chooses from, whatever
   * they report,
   *
   *   p_i(x) = (V_{-i} - max A_{-i}(y) over y with y_i = x) / w_i,
   *
   * which is convex in x. Nothing costs 0, unless f pays for handing goods to i.
   *
   * @param types `[B, n, m]`; a participant's own type has no effect on its prices.
   * @param outcomes Flat `[B, n, N, m]`, each in [0, 1].
   * @throws {InvalidInputError} as `run` does, and where the number of outcomes is not a multiple of B n.
   */
  prices(types: TypeProfiles, outcomes: Float64Array): Promise<Float64Array>;
}

/** Whether a mechanism is an affine maximizer with certificates. */
export function isAffineMaximizer(mechanism: object): mechanism is AffineMaximizer {
  return "method" in mechanism && mechanism.method === "TEDI-AMA";
}

/** Profiles of a task for a thread. */
const CHUNK = 64;
/** What a worker thread runs. */
const worker = () => new URL("./affine_maximizer_worker.ts", import.meta.url);

/**
 * Makes an affine maximizer, what section 5 of the paper proposes for unit supply. It computes on the host, in 64-bit floats: no device is opened.
 *
 * @throws {InvalidInputError} where sizes are not positive integers, or the parameters do not have the names and shapes
 * of the boost, or are not finite, or products of them may overflow 64-bit floats.
 */
export function affineMaximizer(data: AffineMaximizerData): AffineMaximizer {
  const { shape, boost: size, parameters, units = PLAIN_UNITS } = data, action = "make an affine maximizer";
  const { participants: n, goods: m } = shape;
  requireInteger(action, "participants", n, 1);
  requireInteger(action, "goods", m, 1);
  const boost = boosts(shape, size);
  for (const [name, expected] of Object.entries(boost.parameterShapes)) {
    const what = `${action}: parameter ${name}`, { data } = requireTensor(what, expected, parameters[name]);
    const bad = data.find((value) => !Number.isFinite(value));
    if (bad !== undefined) throw new InvalidInputError(`Cannot ${what} must be finite, got ${bad}`);
  }
  for (const name of Object.keys(parameters)) {
    if (Object.hasOwn(boost.parameterShapes, name)) continue;
    throw new InvalidInputError(`Cannot ${action}: ${name} must be one of its parameters, but is not`);
  }
  const terms = bindBoost(boost, parameters), weights = participantWeights(parameters.weights.data);
  const largest = terms.reduce((most, { magnitude }) => magnitude <= most ? most : magnitude, 0);
  if (!(largest < LARGEST_MAGNITUDE) || !weights.every((weight) => weight > 0)) {
    throw new InvalidInputError(
      `Cannot ${action}: boosts and weights must fit in 64-bit floats, got products up to ${
        largest.toExponential(1)
      } ` +
        `and a least weight of ${weights.reduce((least, weight) => Math.min(least, weight))}`,
    );
  }
  const maximizer = maximizerOf(terms, unitSupply(n, m));
  const mechanism: AffineMaximizer = {
    ...data,
    method: "TEDI-AMA",
    participants: n,
    goods: m,
    weights,
    async run(reported: TypeProfiles): Promise<MechanismResult> {
      const types = networkTypes(flatTypes(reported, n, m, units.largest), units), profiles = types.length / (n * m);
      if (profiles <= CHUNK) return inUnit({ profiles, ...outcomesOf(maximizer, weights, types, m) }, units);
      const tasks = Array.from({ length: Math.ceil(profiles / CHUNK) }, (_, k): OutcomesTask => {
        return { shape, size, parameters, types: types.slice(k * CHUNK * n * m, (k + 1) * CHUNK * n * m) };
      });
      const result = { profiles, ...emptyOutcomes(profiles, n, m) };
      const found = await mapTasks(worker, outcomesTask, tasks);
      found.forEach((some, k) => addTo(result, k * CHUNK, some, n));
      return inUnit(result, units);
    },
    async prices(reported: TypeProfiles, outcomes: Float64Array): Promise<Float64Array> {
      const types = networkTypes(flatTypes(reported, n, m, units.largest), units), rows = types.length / m;
      const count = outcomes.length / (rows * m), prices = new Float64Array(rows * count);
      requireInteger("price outcomes", "the number of outcomes for each participant", count, 1);
      for (let row = 0; row < rows; row++) {
        if (row > 0) await letEventsIn();
        const profile = types.subarray(Math.floor(row / n) * n * m, (Math.floor(row / n) + 1) * n * m);
        const price = menuPrice(terms, maximizer, weights, profile, row % n);
        for (let k = row * count; k < (row + 1) * count; k++) {
          prices[k] = units.network * price(outcomes.subarray(k * m, (k + 1) * m));
        }
      }
      return prices;
    },
  };
  return showing(mechanism, () => summaryOf(mechanism));
}

/** The price of an outcome `[m]` for participant i of a profile `[n m]`. */
function menuPrice(
  terms: readonly BoundTerm[],
  maximizer: Maximizer,
  weights: Float64Array,
  types: ArrayLike<number>,
  i: number,
): (outcome: Float64Array) => number {
  const n = weights.length, N = types.length, m = N / n;
  const linear = Float64Array.from({ length: N }, (_, c) => weights[Math.floor(c / m)] * types[c]);
  maximizer.forget();
  const most = maximizer.maximize(linear.map((l, c) => Math.floor(c / m) === i ? 0 : l)).value;
  const others = Int32Array.from({ length: N - m }, (_, at) => at < i * m ? at : at + m);
  const ofOthers = Float64Array.from(others, (c) => linear[c]), x = new Float64Array(N);
  return (outcome) => {
    x.fill(0).set(outcome, i * m);
    // f of what i gets and of what the others do, as a function of the latter.
    const left = terms.map((term): BoundTerm => {
      const own = new Float64Array(term.inputs), all = new Float64Array(term.inputs);
      termInputs(x, term.inputOf, own);
      const price: BoundTerm["price"] = (inputs, slope) => {
        for (let j = 0; j < all.length; j++) all[j] = own[j] + inputs[j];
        return term.price(all, slope);
      };
      return { ...term, price, inputOf: Int32Array.from(others, (c) => term.inputOf[c]) };
    });
    const capacity = outcome.map((share) => 1 - share), groupOf = others.map((c) => c % m);
    return (most - maximizerOf(left, { groupOf, groups: m, capacity }).maximize(ofOthers).value) / weights[i];
  };
}

/** A mechanism in words. */
function summaryOf({ problem, participants, goods, boost, parameters }: AffineMaximizer): Summary {
  const numbers = Object.values(parameters).reduce((sum, { data }) => sum + data.length, 0);
  const { kind, layers, groups, groupSize } = boost;
  return {
    title: `Affine maximizer for ${problem}`,
    rows: [
      ["participants", String(participants)],
      ["goods", String(goods)],
      ["boost", kind, `${layers} layers of ${groups} groups of ${groupSize}; ${numbers} parameters`],
    ],
  };
}
