import { assert, assertAlmostEquals } from "@std/assert";
import { affineMaximizer as maximizerOf, unitSupply } from "../../../src/kernels/best_responses/affine_maximum.ts";
import { bindBoost, boosts, type BoostShape, type BoostSize, participantWeights } from "../../../src/networks/boost.ts";
import { trainableBoost } from "../../../src/networks/boost_gradient.ts";
import { deriveKey, randomKey } from "../../../src/random/key.ts";
import { normals, uniforms } from "../../../src/random/numbers.ts";
import { addProfileGradient } from "../../../src/training/unit_supply/smoothed_revenue.ts";

type Numbers = Record<string, { data: Float64Array }>;

const shape = (participants: number, goods: number, same: boolean): BoostShape => ({
  participants,
  goods,
  exchangeable: same,
  exchangeableGoods: same,
});
const CASES: readonly (readonly [BoostShape, BoostSize])[] = [
  [shape(2, 1, false), { kind: "joint", layers: 2, groups: 3, groupSize: 2 }],
  [shape(2, 1, true), { kind: "separate", layers: 1, groups: 3, groupSize: 3 }],
  [shape(3, 2, false), { kind: "separate", layers: 1, groups: 3, groupSize: 2 }],
  [shape(2, 3, true), { kind: "separate", layers: 2, groups: 3, groupSize: 2 }],
];
const UNIT_COST = 0.1, SMOOTHING = 0.3;

CASES.forEach(([shape, size], at) => {
  const { participants: n, goods: m } = shape, N = n * m, family = boosts(shape, size), key = randomKey(at);
  const parameters: Numbers = Object.fromEntries(
    Object.entries(family.initialParameters(key)).map(([name, { data }], k) => {
      const noise = normals(deriveKey(key, 1, k), data.length);
      return [name, { data: Float64Array.from(data, (value, p) => value + 0.2 * noise[p]) }];
    }),
  );
  const types = uniforms(deriveKey(key, 2), 30 * N), name = `${size.kind}, n = ${n}, m = ${m}, ${size.layers} layers`;
  /** The sum over the profiles, and its gradients. */
  const revenue = (parameters: Numbers) => {
    const boost = trainableBoost(family, parameters), weights = participantWeights(parameters.weights.data);
    const maximizer = maximizerOf(bindBoost(family, parameters), unitSupply(n, m)), inWeights = new Float64Array(n);
    const smoothed = { boost, maximizer, weights, unitCost: UNIT_COST, smoothing: SMOOTHING };
    let sum = 0;
    for (let b = 0; b < 30; b++) {
      sum += addProfileGradient(smoothed, types.subarray(b * N, (b + 1) * N), 1, inWeights);
    }
    return { sum, gradient: boost.gradient(), inWeights, maximizer, weights };
  };

  Deno.test(`the gradient is that of the smoothed revenue (${name})`, () => {
    const { gradient, inWeights, weights } = revenue(parameters), h = 1e-6;
    const mean = inWeights.reduce((sum, g, i) => sum + g * weights[i], 0) / n;
    const all: Record<string, Float64Array> = {
      ...gradient,
      weights: inWeights.map((g, i) => weights[i] * (g - mean)), // w = n softmax(raw)
    };
    for (const [name, { data }] of Object.entries(parameters)) {
      let close = 0;
      for (let p = 0; p < data.length; p++) {
        const [up, down] = [h, -h].map((step) => {
          const changed = { ...parameters, [name]: { data: data.slice() } };
          changed[name].data[p] += step;
          return revenue(changed).sum;
        });
        if (Math.abs((up - down) / (2 * h) - all[name][p]) < 1e-3 * (1 + Math.abs(all[name][p]))) close++;
      }
      // The revenue has kinks, on which a difference over 2 h may fall.
      assert(close >= 0.95 * data.length, `${name}: ${close} of ${data.length}`);
    }
  });

  Deno.test(`the smoothed revenue is what outcomes for scaled types earn (${name})`, () => {
    const { sum, maximizer, weights } = revenue(parameters), steps = 300;
    let expected = 0;
    for (let b = 0; b < 30; b++) {
      const t = types.subarray(b * N, (b + 1) * N),
        linear = Float64Array.from(t, (t, c) => weights[Math.floor(c / m)] * t);
      maximizer.forget();
      const scaled = (s: number) => maximizer.maximize(linear.map((l, c) => l + s * (t[c] - UNIT_COST)));
      for (let k = 0; k < steps; k++) {
        const { outcome } = scaled(SMOOTHING * ((2 * k + 1) / steps - 1));
        for (let c = 0; c < N; c++) expected += (t[c] - UNIT_COST) * outcome[c] / steps;
      }
      const middle = (scaled(SMOOTHING).value + scaled(-SMOOTHING).value) / 2;
      for (let i = 0; i < n; i++) {
        const { value } = maximizer.maximize(linear.map((l, c) => Math.floor(c / m) === i ? 0 : l));
        expected += (value - middle) / weights[i];
      }
    }
    assertAlmostEquals(sum, expected, 30 * 2e-3);
  });
});
