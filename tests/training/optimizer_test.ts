/** Optimisers made of transformations: the order of a chain, states of their own, and what steps leave. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { chain, optimizer, type Transformation } from "../../src/training/optimizer.ts";
import { forEachDevice } from "../devices.ts";

/** Times a factor. */
const scaled: Transformation<{ factor: number }> = {
  state: [],
  shared: (_, { factor }) => ({ factor }),
  update: ({ mul }, gradient, _, { factor }) => ({ update: mul(factor, gradient), state: {} }),
};

/** The sum of all that came in. */
const summed: Transformation<unknown> = {
  state: ["sum"],
  shared: () => ({}),
  update({ add }, gradient, { sum }) {
    const next = add(sum, gradient);
    return { update: next, state: { sum: next } };
  },
};

forEachDevice("a chain passes on what each link makes, and keeps their states", async () => {
  for (
    const [links, updates, states] of [
      [chain<{ factor: number }>(scaled, summed), [2, 2 + 3], [2, 5]],
      [chain<{ factor: number }>(summed, scaled), [2 * 1, 3 * (1 + 1)], [1, 2]],
    ] as const
  ) {
    const { init, step } = optimizer(links), parameters = { x: tf.tensor1d([10, 20]) };
    const gradients = { x: tf.tensor1d([1, -1]) };
    let state = init(parameters);
    assertEquals(Object.keys(state), ["sum"]);
    for (const [k, factor] of [2, 3].entries()) {
      const before = tf.memory().numTensors, next = step(parameters, gradients, state, { factor });
      assertEquals(tf.memory().numTensors - before, 2, "a parameter and a state");
      assertEquals(await next.parameters.x.data(), Float32Array.of(10 - updates[k], 20 + updates[k]));
      assertAlmostEquals((await next.state.sum.x.data())[0], states[k], 1e-6);
      state = next.state;
    }
  }
});
