/**
 * Line moves against exact densities. Rows are independent, so that one chain of each is a sample of independent draws; the
 * limits are those of the Langevin tests: a false alarm in less than 1 of 10^5 seeds.
 */
import { assert, assertEquals } from "@std/assert";
import { type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { deriveKey, type RandomKey, randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { langevin } from "../../src/sampling/langevin.ts";
import { lineMoves } from "../../src/sampling/line_moves.ts";
import { takeSteps } from "../../src/sampling/sampler.ts";
import { forEachDevice } from "../devices.ts";
import { chiSquareDeviation, equalBins, histogram } from "../statistics.ts";

const BINS = 20, ALARM = 4.5;

/** Chains after one move along lines. */
const lineMove = (logDensity: (points: Tensor3D) => Tensor3D, chains: Tensor3D, key: RandomKey): Tensor3D =>
  takeSteps(lineMoves({ logDensity }), chains, [key]).chains;

/** The first coordinate of the first chain of each row. */
async function firstOfRows(chains: Tensor3D): Promise<Float32Array> {
  return await tf.slice(chains, [0, 0, 0], [chains.shape[0], 1, 1]).data() as Float32Array;
}

function deviation(values: Float32Array, density: (x: number) => number): number {
  return chiSquareDeviation(histogram(values, equalBins(density, BINS)), Array(BINS).fill(1 / BINS));
}

forEachDevice("chains moved along lines alone have the density exp(beta u), m = 1", async () => {
  const rows = 3000, C = 5, kink = (x: number) => x < 0.4 ? 4 * x : 1.6 - 14 * (x - 0.4);
  const logDensity = (points: Tensor3D): Tensor3D =>
    tf.minimum(tf.mul(points, 4), tf.sub(1.6, tf.mul(14, tf.sub(points, 0.4))));
  let chains = tf.tensor3d(uniforms(randomKey(1), rows * C), [rows, C, 1]);
  for (let k = 0; k < 12; k++) chains = lineMove(logDensity, chains, deriveKey(randomKey(2), k));
  const values = await firstOfRows(chains);
  const found = deviation(values, (x) => Math.exp(kink(x))), wrong = deviation(values, (x) => Math.exp(1.3 * kink(x)));
  assert(found < ALARM, `chi-square ${found} deviations high`);
  assert(wrong > ALARM, `the test does not see a beta 1.3 times too high (${wrong})`);
});

/** u of a bundle at its price: a ridge from (0, 1) to (1, 0), and a little dearer towards one end. */
const STEEP = 60, TILT = 1.5;
const ridge = (points: Tensor3D): Tensor3D =>
  tf.tidy(() => {
    const [x, y] = tf.split(points, 2, 2);
    return tf.sub(tf.mul(-TILT, x), tf.mul(STEEP, tf.abs(tf.sub(tf.add(x, y), 1)))) as Tensor3D;
  });
/** The density of x under it: y has weight (2 - exp(-60 x) - exp(-60 (1 - x))) / 60. */
const ridgeDensity = (x: number) => Math.exp(-TILT * x) * (2 - Math.exp(-STEEP * x) - Math.exp(-STEEP * (1 - x)));

forEachDevice("with line moves chains spread over a ridge that Langevin steps alone creep along", async () => {
  const rows = 1000, C = 8, stepSize = 0.15 / STEEP ** 2;
  const slopes = (points: Tensor3D): Tensor3D =>
    tf.tidy(() => {
      const [x, y] = tf.split(points, 2, 2), side = tf.mul(STEEP, tf.sign(tf.sub(tf.add(x, y), 1)));
      return tf.concat([tf.add(side, TILT), side], 2) as Tensor3D;
    });
  // All chains begin at one end, within the ridge's width.
  const u = uniforms(randomKey(3), rows * C * 2);
  const start = tf.tensor3d(u.map((value, k) => k % 2 === 0 ? 0.02 * value : 1 - 0.02 * value), [rows, C, 2]);
  const after = async (rounds: number, lines: boolean) => {
    let chains = start;
    for (let k = 0; k < rounds; k++) {
      const steps = langevin({ slope: (x) => tf.neg(slopes(x)) }, { beta: 1, stepSize, boundary: "reflect" });
      const key = deriveKey(randomKey(4), k);
      chains = takeSteps(steps, chains, Array.from({ length: 5 }, (_, s) => deriveKey(key, s))).chains;
      if (lines) chains = lineMove(ridge, chains, deriveKey(randomKey(5), k));
    }
    return await firstOfRows(chains);
  };
  const found = deviation(await after(25, true), ridgeDensity), alone = deviation(await after(25, false), ridgeDensity);
  assert(found < ALARM, `chi-square ${found} deviations high`);
  assert(alone > 5 * ALARM, `Langevin steps alone would do: ${alone}`);
});

forEachDevice("chains stay in the box, even from its corners; fewer than four do not move", async () => {
  const rows = 50, C = 6, m = 3, corners = uniforms(randomKey(6), rows * C * m).map((u) => Math.round(u));
  const flat = (points: Tensor3D): Tensor3D => tf.zeros([points.shape[0], points.shape[1], 1]);
  let chains = tf.tensor3d(corners, [rows, C, m]);
  for (let k = 0; k < 5; k++) chains = lineMove(flat, chains, deriveKey(randomKey(7), k));
  const values = await chains.data();
  assert(values.every((x) => x >= 0 && x <= 1));
  assert(values.some((x) => x > 0.1 && x < 0.9), "nothing moved");
  const few = tf.tensor3d(corners.slice(0, 3 * m), [1, 3, m]);
  assertEquals(await lineMove(flat, few, randomKey(8)).data(), await few.data());
});

forEachDevice("the same key gives the same moves", async () => {
  const chains = tf.tensor3d(uniforms(randomKey(9), 40 * 6 * 2), [40, 6, 2]);
  const move = (seed: number) => lineMove(ridge, chains, randomKey(seed)).data();
  assertEquals(await move(10), await move(10));
});
