/** The density of softened choices, equation (7), by hand. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { type Tensor, type Tensor3D, tf } from "../../src/deps/tfjs.ts";
import { softChoiceDensity } from "../../src/sampling/soft_choice.ts";
import { takeSteps } from "../../src/sampling/sampler.ts";
import { forEachDevice } from "../devices.ts";

forEachDevice("its logarithm is beta u, and its slope that of u", async () => {
  const types = tf.tensor3d([[[0.9, 0.2], [0.9, 0.2]], [[0.4, 0.7], [0.4, 0.7]]]); // 2 participants, 2 points each
  const points = tf.tensor3d([[[1, 0], [0.5, 1]], [[0, 1], [0.5, 0.5]]]), beta = 10;
  const before = tf.memory().numTensors;
  // f(x) = x_1^2 / 2 + 0.3 x_2
  const { logDensity, slope } = softChoiceDensity(
    (x) => {
      const [first, second] = tf.split(x, 2, 2);
      return tf.squeeze(tf.add(tf.mul(tf.square(first), 0.5), tf.mul(second, 0.3)), [2]);
    },
    (x) => tf.concat([tf.slice(x, [0, 0, 0], [2, 2, 1]), tf.fill([2, 2, 1], 0.3)], 2) as Tensor3D,
    () => types,
    beta,
  );
  const log = logDensity(points), slopes = slope(points);
  assertEquals(tf.memory().numTensors - before, 2);
  assertEquals([log.shape, slopes.shape], [[2, 2, 1], [2, 2, 2]]);
  const expected = [0.9 - 0.5, 0.45 + 0.2 - 0.125 - 0.3, 0.7 - 0.3, 0.2 + 0.35 - 0.125 - 0.15].map((u) => beta * u);
  (await log.data()).forEach((value, k) => assertAlmostEquals(value, expected[k], 1e-5));
  const ofU = [0.9 - 1, 0.2 - 0.3, 0.9 - 0.5, 0.2 - 0.3, 0.4, 0.7 - 0.3, 0.4 - 0.5, 0.7 - 0.3];
  (await slopes.data()).forEach((value, k) => assertAlmostEquals(value, ofU[k], 1e-6));
});

forEachDevice("steps free what is in between, and leave the chains that they were given", async () => {
  const chains = tf.tensor3d([[[0.5]]]), before = tf.memory().numTensors;
  const end = takeSteps(
    {
      init: (chains) => ({ chains: tf.clone(chains), steps: tf.scalar(0) as Tensor }),
      step: ({ chains, steps }, [a]) => ({ chains: tf.add(chains, 0.1 * a), steps: tf.add(tf.mul(steps, 10), a) }),
    },
    chains,
    [[1, 0], [2, 0], [3, 0]],
  );
  assertEquals(tf.memory().numTensors - before, 2);
  assertAlmostEquals((await end.chains.data())[0], 1.1, 1e-6);
  assertEquals([...await end.steps.data(), ...await chains.data()], [123, 0.5]);
});
