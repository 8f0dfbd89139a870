/**
 * The gradient by chains against finite differences of the exact soft objective, which is integrated numerically over the
 * simplex of one good and two participants.
 */
import { assert, assertAlmostEquals } from "@std/assert";
import { affineMaximizer as maximizerOf, unitSupply } from "../../../src/kernels/best_responses/affine_maximum.ts";
import { bindBoost, boosts, type BoostShape, type BoostSize, participantWeights } from "../../../src/networks/boost.ts";
import { trainableBoost } from "../../../src/networks/boost_gradient.ts";
import { deriveKey, randomKey } from "../../../src/random/key.ts";
import { normals } from "../../../src/random/numbers.ts";
import { uniformOutcomes } from "../../../src/sampling/supply_chains.ts";
import { addSoftGradient, affineValue } from "../../../src/training/unit_supply/soft_revenue.ts";
import { evenPoints } from "../../statistics.ts";

type Numbers = Record<string, { data: Float64Array }>;

const shape: BoostShape = { participants: 2, goods: 1, exchangeable: false, exchangeableGoods: false };
const CASES: readonly BoostSize[] = [
  { kind: "separate", layers: 1, groups: 2, groupSize: 2 },
  { kind: "joint", layers: 1, groups: 3, groupSize: 2 },
];
const UNIT_COST = 0.1, BETA = 10, PROFILES = [[0.7, 0.5], [0.35, 0.8], [0.9, 0.85]];
/** Points of the integral, chains of a profile, and how often they are moved on and measured. */
const POINTS = 3000, CHAINS = 300, TIMES = 24;

CASES.forEach((size, at) => {
  const family = boosts(shape, size), key = randomKey(at + 1);
  const parameters: Numbers = Object.fromEntries(
    Object.entries(family.initialParameters(key)).map(([name, { data }], k) => {
      const noise = normals(deriveKey(key, 1, k), data.length);
      return [name, { data: Float64Array.from(data, (value, p) => value + 0.3 * noise[p]) }];
    }),
  );
  const bound = (parameters: Numbers) => {
    const terms = bindBoost(family, parameters), weights = participantWeights(parameters.weights.data);
    return { terms, weights, maximizer: maximizerOf(terms, unitSupply(2, 1)) };
  };

  /** The sum over profiles of E_q[W] + sum_i (V_{-i} - V) / w_i. */
  const objective = (parameters: Numbers): number => {
    const { terms, weights: w, maximizer } = bound(parameters), even = evenPoints(2), slope = new Float64Array(2);
    let sum = 0;
    for (const t of PROFILES) {
      const value = affineValue(terms, Float64Array.of(w[0] * t[0], w[1] * t[1]));
      let mass = 0, worth = 0;
      for (let k = 0; k < POINTS; k++) {
        const a = even(k, 0), b = even(k, 1), x = Float64Array.of(Math.min(a, b), Math.abs(a - b));
        const q = Math.exp(BETA * value(x, slope));
        mass += q, worth += q * ((t[0] - UNIT_COST) * x[0] + (t[1] - UNIT_COST) * x[1]);
      }
      maximizer.forget();
      const all = maximizer.maximize([w[0] * t[0], w[1] * t[1]]).value;
      const without = [maximizer.maximize([0, w[1] * t[1]]).value, maximizer.maximize([w[0] * t[0], 0]).value];
      sum += worth / mass + (without[0] - all) / w[0] + (without[1] - all) / w[1];
    }
    return sum;
  };

  Deno.test(`the gradient by chains is that of the exact soft objective (${size.kind}, n = 2, m = 1)`, () => {
    const names = Object.keys(parameters), { terms, weights, maximizer } = bound(parameters);
    const chains = PROFILES.map((_, b) => uniformOutcomes(CHAINS, 2, 1, deriveKey(key, 2, b)));
    const estimates: Record<string, Float64Array>[] = [];
    let revenue = 0;
    for (let time = 0; time < TIMES; time++) {
      const boost = trainableBoost(family, parameters), inWeights = new Float64Array(2);
      const soft = { boost, bound: terms, maximizer, weights, unitCost: UNIT_COST, beta: BETA, sweeps: time ? 8 : 40 };
      for (const [b, t] of PROFILES.entries()) {
        revenue += addSoftGradient(soft, t, chains[b], deriveKey(key, 3, time, b), 1, inWeights) / TIMES;
      }
      const mean = inWeights.reduce((sum, g, i) => sum + g * weights[i] / 2, 0);
      estimates.push({ ...boost.gradient(), weights: inWeights.map((g, i) => weights[i] * (g - mean)) });
    }
    assertAlmostEquals(revenue, objective(parameters), 0.01);
    let largest = 0;
    for (const name of names) {
      const { data } = parameters[name], h = 1e-4;
      for (let p = 0; p < data.length; p++) {
        const [up, down] = [h, -h].map((step) => {
          const changed = { ...parameters, [name]: { data: data.slice() } };
          changed[name].data[p] += step;
          return objective(changed);
        });
        const exact = (up - down) / (2 * h), found = estimates.map((one) => one[name][p]);
        const mean = found.reduce((sum, g) => sum + g / TIMES, 0);
        const error = Math.sqrt(found.reduce((sum, g) => sum + (g - mean) ** 2, 0) / (TIMES - 1) / TIMES);
        // Besides chance: what kinks do to differences, and the integral's error.
        assert(Math.abs(mean - exact) < 5 * error + 4e-3, `${name} ${p}: ${mean} +- ${error}, not ${exact}`);
        largest = Math.max(largest, Math.abs(exact));
      }
    }
    assert(largest > 0.1, `${largest}: there must be something to be found`);
  });
});
