/**
 * Where chains of new profiles begin. Distributions are held to exact ones by chi-square, at 4.5 standard deviations: a false
 * alarm in less than 1 of 10^5 seeds, and the seeds are fixed.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import type { PriceKernels } from "../../src/kernels/kernels.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { randomKey } from "../../src/random/key.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { initialPoints, refreshChains } from "../../src/training/chains.ts";
import { defaultTraining } from "../../src/training/options.ts";
import { forEachDevice } from "../devices.ts";
import { chiSquareDeviation, equalBins, histogram } from "../statistics.ts";

const PRICES = [0.5, 0.7], TYPE = [0.52, 0.68], BETA = 40, NOISE = 1.5, ALARM = 4.5;

/** f(x) = <PRICES, x>: a best response takes each good whose type is above its price. */
const network: ConvexNetwork = {
  ...{ goods: 2, weightCount: 1, convex: true, activations: 1, groupMax: undefined },
  lowerBounds: () => undefined,
  initialWeights: () => new Float32Array(1),
  value: () => tf.zeros([1, 1]),
  slope: () => (points) => tf.zerosLike(points),
  bindOnHost: () => (point, slope) => {
    slope.set(PRICES);
    return PRICES[0] * point[0] + PRICES[1] * point[1];
  },
};

/** Initial points of `rows` participants of one type, with C chains and T perturbed types each. */
function pointsOf(rows: number, chains: number, initialPointsOfEach: number, seed = 1): Float32Array {
  const types = Float32Array.from({ length: 2 * rows }, (_, at) => TYPE[at % 2]);
  const options = {
    ...defaultTraining(settingProblem("U-1-2")),
    ...{ chains, initialPoints: initialPointsOfEach, initialPointNoise: NOISE },
  };
  return initialPoints(network, { bias: new Float32Array(1) }, types, options, BETA, randomKey(seed));
}

/** Whether points are at the upper end of the box. */
const taken = (points: Float32Array) => Array.from(points, (x) => x > 0.5 ? 1 : 0);
/** The chance that a good is bought by who has its type with logistic noise. */
const chance = (j: number) => 1 / (1 + Math.exp(-(TYPE[j] - PRICES[j]) * BETA / NOISE));

Deno.test("initial points are best responses to types with logistic noise, and within 1 / beta of them", () => {
  const rows = 8000, points = pointsOf(rows, 1, 1), both = [0, 0, 0, 0];
  const bought = taken(points);
  for (let row = 0; row < rows; row++) both[2 * bought[2 * row] + bought[2 * row + 1]]++;
  const [a, b] = [chance(0), chance(1)], expected = [(1 - a) * (1 - b), (1 - a) * b, a * (1 - b), a * b];
  const found = chiSquareDeviation(both, expected);
  assert(found < ALARM, `chi-square ${found} deviations high: ${both} of ${expected}`);
  // Half the noise, or twice as much, would be seen.
  for (const factor of [0.5, 2]) {
    const other = [0, 1].map((j) => 1 / (1 + Math.exp(-(TYPE[j] - PRICES[j]) * BETA / NOISE * factor)));
    const wrong = [(1 - other[0]) * (1 - other[1]), (1 - other[0]) * other[1], other[0] * (1 - other[1])];
    assert(chiSquareDeviation(both, [...wrong, other[0] * other[1]]) > ALARM, `noise by ${1 / factor}`);
  }
  const distances = points.map((x) => x > 0.5 ? 1 - x : x).map((distance) => distance * BETA);
  assert(
    distances.every((distance) => distance >= 0 && distance <= 1 + 1e-4),
    "in the box, within 1 / beta of a corner",
  );
  const uniform = chiSquareDeviation(histogram(distances, equalBins(() => 1, 20)), Array(20).fill(1 / 20));
  assert(uniform < ALARM, `distances: chi-square ${uniform} deviations high`);
});

Deno.test("each chain has a best response of its own as far as they go, and a place of its own", () => {
  const rows = 3000, C = 4;
  for (const T of [4, 2]) {
    const points = pointsOf(rows, C, T, 2), bought = taken(points), pairs = { own: 0, shared: 0 };
    assertEquals(new Set(points).size > 0.99 * points.length, true, "places of their own");
    for (let row = 0; row < rows; row++) {
      const first = (c: number) => bought[(row * C + c) * 2];
      pairs.own += first(0) * first(1);
      pairs.shared += first(0) === first(2) ? 1 : 0;
    }
    // Two chains with types of their own both buy with chance a^2; sharing one they always agree.
    const a = chance(0), deviation = Math.sqrt(rows * a * a * (1 - a * a));
    assert(Math.abs(pairs.own - rows * a * a) < ALARM * deviation, `${pairs.own} of ${rows}, expected ${a * a}`);
    if (T === 2) assertEquals(pairs.shared, rows);
    else assert(pairs.shared < 0.7 * rows, `${pairs.shared} of ${rows} agree`);
  }
});

Deno.test("a key gives the same points, another key others", () => {
  assertEquals(pointsOf(20, 4, 4, 3), pointsOf(20, 4, 4, 3));
  const [one, other] = [pointsOf(20, 4, 4, 3), pointsOf(20, 4, 4, 4)];
  assert(one.every((x, k) => x !== other[k]));
});

forEachDevice("new chains take the place of the oldest, with the slopes of u where they begin", async () => {
  const types = Float32Array.of(0.1, 0.1, 0.2, 0.2, 0.9, 0.3), m = 2, C = 2; // the last row is new
  const old = {
    chains: tf.tensor3d([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12].map((x) => x / 12), [3, C, m]),
    squareSlopes: tf.tensor2d([[1, 2], [3, 4], [5, 6]]),
  };
  // Slopes of f are the points themselves.
  const kernels = { slope: (_: unknown, points: Tensor3D) => tf.clone(points) } as unknown as PriceKernels;
  const before = tf.memory().numTensors;
  const points = Float32Array.of(0.5, 0.25, 1, 0);
  const next = refreshChains(kernels, { bias: tf.tensor1d([0]) }, types, points, old);
  assertEquals(tf.memory().numTensors - before, 3, "two results, and the weight of this test");
  const chains = await next.chains.data(), slopes = await next.squareSlopes.data();
  const expected = [5, 6, 7, 8, 9, 10, 11, 12].map((x) => x / 12).concat(Array.from(points));
  expected.forEach((x, k) => assertAlmostEquals(chains[k], x, 1e-6));
  // The mean over both chains of (t - slope)^2: (0.4^2 + 0.1^2) / 2 and (0.05^2 + 0.3^2) / 2.
  [3, 4, 5, 6, 0.085, 0.04625].forEach((x, k) => assertAlmostEquals(slopes[k], x, 1e-6));
});
