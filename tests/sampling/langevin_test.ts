/**
 * The stationary distribution of the sampler against the exact density on the box.
 *
 * 6,000 independent chains run until they are mixed; only their last states are used, which are independent samples.
 * With step scale 0.03 the discretisation is off by 1.5% of the width, which is far below what 6,000 samples can see. The
 * test fails where Pearson's chi-square over 20 bins of equal probability is more than 4.5 standard deviations high: a
 * false alarm in less than 1 of 10^5 seeds, and the seed is fixed. That it can fail is shown with a density of
 * another beta.
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { langevin, type LangevinOptions, type LangevinState } from "../../src/sampling/langevin.ts";
import { takeSteps } from "../../src/sampling/sampler.ts";
import { softChoiceDensity } from "../../src/sampling/soft_choice.ts";
import { adaptedStepSize, constantStepSize, STEP_SIZES } from "../../src/sampling/step_sizes.ts";
import type { Boundary } from "../../src/sampling/boundary.ts";
import { chiSquareDeviation, equalBins, histogram } from "../statistics.ts";
import { forEachDevice } from "../devices.ts";

const CHAINS = 6000, BINS = 20, SCALE = 0.03, STEPS = 400, ALARM = 4.5;

interface Case {
  readonly name: string;
  readonly beta: number;
  readonly type: number;
  /** f and f', convex. */
  readonly f: (x: number) => number;
  readonly slope: (x: Tensor3D) => Tensor3D;
  /** E[u'^2] under q, for the step size. */
  readonly square: number;
}

const CASES: readonly Case[] = [
  {
    name: "linear, falling",
    beta: 20,
    type: 0.3,
    f: (x) => 0.6 * x,
    slope: (x) => tf.fill(x.shape, 0.6),
    square: 0.09,
  },
  { name: "linear, rising", beta: 20, type: 0.9, f: (x) => 0.6 * x, slope: (x) => tf.fill(x.shape, 0.6), square: 0.09 },
  { name: "flat", beta: 20, type: 0.6, f: (x) => 0.6 * x, slope: (x) => tf.fill(x.shape, 0.6), square: 0.04 },
  {
    name: "piecewise linear, a kink inside",
    beta: 20,
    type: 0.5,
    f: (x) => Math.max(0.2 * x, 0.9 * x - 0.28),
    slope: (x) => tf.add(0.2, tf.mul(0.7, tf.step(tf.sub(x, 0.4)))),
    square: 0.12,
  },
];

/** Steps on the density of types with utilities u = t x - f(x), of which the slope of f is given. */
function run(
  slope: (x: Tensor3D) => Tensor3D,
  types: Tensor3D,
  start: Tensor3D,
  { steps, ...options }: LangevinOptions & { steps: number },
  key: RandomKey,
): LangevinState {
  const density = softChoiceDensity(() => tf.zeros([1, 1]), slope, () => types, options.beta);
  return takeSteps(langevin(density, options), start, Array.from({ length: steps }, (_, s) => deriveKey(key, s)));
}

async function lastStates(
  { beta, type, slope, square }: Case,
  boundary: Boundary,
  chains: number,
): Promise<Float32Array> {
  const shape: [number, number, number] = [1, chains, 1];
  const { chains: last } = run(
    slope,
    tf.fill(shape, type),
    tf.tensor3d(uniforms(randomKey(1), chains), shape),
    { beta, stepSize: adaptedStepSize(tf.fill(shape, square), SCALE, beta), steps: STEPS, boundary },
    randomKey(2),
  );
  return await last.data() as Float32Array;
}

function deviation(values: Float32Array, { beta, type, f }: Case, factor = 1): number {
  const edges = equalBins((x) => Math.exp(factor * beta * (type * x - f(x))), BINS);
  return chiSquareDeviation(histogram(values, edges), Array(BINS).fill(1 / BINS));
}

forEachDevice("reflected chains have the density exp(beta u) on the box", async () => {
  for (const known of CASES) {
    const values = await lastStates(known, "reflect", CHAINS);
    const found = deviation(values, known);
    assert(found < ALARM, `${known.name}: chi-square ${found} deviations high`);
    if (known.name === "flat") continue; // any beta gives the same density there
    const wrong = deviation(values, known, 1.3);
    assert(wrong > ALARM, `${known.name}: the test does not see a beta 1.3 times too high (${wrong})`);
  }
});

forEachDevice("projected chains pile up on the boundary instead", async () => {
  const values = await lastStates(CASES[0], "project", 2000);
  const onWall = values.filter((value) => value === 0).length / values.length;
  assert(onWall > 0.05, `share on the boundary: ${onWall}`);
  const reflected = await lastStates(CASES[0], "reflect", 2000);
  assert(reflected.filter((value) => value === 0).length === 0);
});

forEachDevice("one step is equation (13)", async () => {
  // With beta as large as this the noise is below rounding, and what is left is the drift.
  const start = tf.tensor3d([0.5, 0.5, 0.25, 0.75], [1, 2, 2]), types = tf.tensor3d([0.2, 0.9, 0.2, 0.9], [1, 2, 2]);
  const options = { beta: 1e14, stepSize: 0.1, steps: 3, boundary: "reflect" as const };
  const { chains, squareSlopes } = run((x) => tf.fill(x.shape, 0.5), types, start, options, randomKey(3));
  const values = await chains.data(), squares = await squareSlopes.data();
  [0.5 - 0.09, 0.5 + 0.12, 0.25 - 0.09, 0.75 + 0.12].forEach((x, k) => assertAlmostEquals(values[k], x, 1e-5));
  [0.09, 0.16, 0.09, 0.16].forEach((square, k) => assertAlmostEquals(squares[k], 3 * square, 1e-6));
});

forEachDevice("the noise has variance 2 eta / beta, and differs between steps and keys", async () => {
  const shape: [number, number, number] = [1, 20_000, 1];
  const after = async (steps: number, seed: number) => {
    const options = { beta: 50, stepSize: 0.01, steps, boundary: "reflect" as const };
    const { chains } = run((x) => tf.zerosLike(x), tf.zeros(shape), tf.fill(shape, 0.5), options, randomKey(seed));
    const values = await chains.data() as Float32Array;
    return { values, variance: values.reduce((sum, x) => sum + (x - 0.5) ** 2, 0) / values.length };
  };
  const one = await after(1, 4), two = await after(2, 4), other = await after(1, 5);
  // The relative error of a variance from 20,000 numbers is 1%; 5% is 5 deviations.
  assertAlmostEquals(one.variance / 0.0004, 1, 0.05);
  assertAlmostEquals(two.variance / 0.0008, 1, 0.05);
  assert(one.values[0] !== other.values[0]);
});

forEachDevice("adapted steps are scale / (beta g^2), with noise of at most half the box", async () => {
  const sizes = await adaptedStepSize(tf.tensor1d([1, 0.04, 0]), 0.3, 100).data();
  assertAlmostEquals(sizes[0], 0.003, 1e-5);
  assertAlmostEquals(sizes[1], 0.3 / (100 * 0.04) / (1 + 0.3 / 1250 / 0.04), 1e-4);
  assertAlmostEquals(Math.sqrt(2 * sizes[2] / 100), 0.5, 1e-5);
});

Deno.test("the constant rule's steps are scale / beta, up to the largest", () => {
  const options = { stepScale: 1.5, largestStep: 0.2 };
  assertEquals([5, 10, 100].map((beta) => constantStepSize({ ...options, beta })), [0.2, 0.15, 0.015]);
  assertEquals(Object.keys(STEP_SIZES), ["adapted", "constant"]);
});
